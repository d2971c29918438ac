"""What a customer sees of himself, takes with him, and erases."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Instant, Page, Schema
from shop.api.order_json import OrderPage, orders_json
from shop.clock import rfc3339
from shop.errors import Reject
from shop.ledger import balances
from shop.orders import order_list
from shop.people import accounts, personal_data

blp = Blueprint("me", __name__, description="The customer who is signed in")


class Me(Schema):
    phone = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    verified_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)


class Balance(Schema):
    unit = ma.fields.String(required=True, metadata={"help": "points, credit, CNY …"})
    available = ma.fields.Integer(required=True, metadata={"help": "can be spent now"})
    pending = ma.fields.Integer(required=True, metadata={"help": "later"})
    debt = ma.fields.Integer(required=True, metadata={"help": "the next grants pay it first"})
    next_expiry = Instant(required=True, allow_none=True)


class BalancePage(Schema):
    items = ma.fields.List(ma.fields.Nested(Balance), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class PersonalData(Schema):
    """Everything that is kept about a customer."""

    customer = ma.fields.Dict(required=True)
    orders = ma.fields.List(ma.fields.Dict(), required=True)
    balances = ma.fields.List(ma.fields.Dict(), required=True)
    events = ma.fields.List(ma.fields.Dict(), required=True)
    plugins = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Dict(),
        required=True,
        metadata={"help": "what each plugin holds, by its name; without those that hold nothing"},
    )
    sign_ins = ma.fields.List(ma.fields.Dict(), required=True)


@blp.get("/me", needs="me:read")
@blp.response(200, Me)
def get_me() -> Response:
    """Who is signed in"""
    return answer(me_json(accounts.get(ctx(), customer_id())))


@blp.get("/me/orders", needs="me:read")
@blp.arguments(Page, location="query")
@blp.response(200, OrderPage)
def list_my_orders(query: dict[str, Any]) -> Response:
    """The customer's orders, the newest first, also those made before signing in"""
    page = order_list.of_customer(ctx(), customer_id(), **query)
    return answer(page | {"items": orders_json(ctx(), page["items"])})


@blp.get("/me/balances", needs="me:read")
@blp.response(200, BalancePage)
def list_my_balances() -> Response:
    """Points, credit and whatever else the customer has"""
    return answer(balances_json(customer_id()))


@blp.get("/me/export", needs="me:read")
@blp.response(200, PersonalData)
def export_me() -> Response:
    """Everything that the store keeps about the customer"""
    name = f"{ctx().code}-me.json"
    return answer(
        personal_data.export(ctx(), customer_id()),
        Content_Disposition=f'attachment; filename="{name}"',
        Cache_Control="no-store",
    )


@blp.delete("/me", needs="me:write")
@blp.response(204)
def erase_me() -> Response:
    """Erase phone and name; 409 `open_orders` while there are any"""
    personal_data.erase(ctx(), customer_id())
    return Response(status=204)


def me_json(customer: dict[str, Any]) -> dict[str, Any]:
    times = {name: rfc3339(customer[name]) for name in ("verified_at", "created_at")}
    return {"phone": customer["phone"], "name": customer["name"], **times}


def balances_json(customer_id: int) -> dict[str, Any]:
    found = balances.balances(ctx(), customer_id)
    items = [item | {"next_expiry": rfc3339(item["next_expiry"])} for item in found]
    return {"items": items, "next": None}


def customer_id() -> int:
    """The caller's id. An owner may do everything, but has no orders or balances of his own."""
    caller = ctx().caller
    if caller.role != "customer" or caller.id is None:
        raise Reject("forbidden", 403, needs="me:read")
    return caller.id
