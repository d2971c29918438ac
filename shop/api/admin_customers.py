"""Customers, for staff."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Instant, Page, Schema, Text
from shop.api.me import BalancePage, PersonalData, balances_json
from shop.clock import rfc3339
from shop.people import accounts, audit, personal_data

blp = Blueprint("admin_customers", __name__, admin=True, description="Customers")


class CustomerQuery(Page):
    q = Text(100, load_default="", metadata={"help": "part of a name, a phone or its last digits"})


class Customer(Schema):
    id = ma.fields.Integer(required=True)
    phone = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    tags = ma.fields.List(ma.fields.String(), required=True)
    locale = ma.fields.String(required=True)
    verified_at = Instant(
        required=True, allow_none=True, metadata={"help": "first login by a code"}
    )
    erased_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)


class CustomerPage(Schema):
    items = ma.fields.List(ma.fields.Nested(Customer), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class CustomerTags(Schema):
    tags = ma.fields.List(
        Text(50, 1), required=True, validate=validate.Length(max=50), metadata={"title": "Tags"}
    )


@blp.get("/customers", needs="customers:read")
@blp.arguments(CustomerQuery, location="query")
@blp.response(200, CustomerPage)
def admin_list_customers(query: dict[str, Any]) -> Response:
    """Customers, the newest first, found by name or phone"""
    page = accounts.search(ctx(), **query)
    return answer(page | {"items": [_document(item) for item in page["items"]]})


@blp.get("/customers/<int:customer_id>", needs="customers:read")
@blp.response(200, Customer)
def admin_get_customer(customer_id: int) -> Response:
    """A customer"""
    return answer(_document(accounts.get(ctx(), customer_id)))


@blp.patch("/customers/<int:customer_id>", needs="customers:write")
@blp.arguments(CustomerTags)
@blp.response(200, Customer)
def admin_change_customer(body: dict[str, Any], customer_id: int) -> Response:
    """Set a customer's tags"""
    return answer(_document(accounts.set_tags(ctx(), customer_id, body["tags"])))


@blp.get("/customers/<int:customer_id>/balances", needs="customers:read")
@blp.response(200, BalancePage)
def admin_list_customer_balances(customer_id: int) -> Response:
    """A customer's points, credit and whatever else he has"""
    accounts.get(ctx(), customer_id)
    return answer(balances_json(customer_id))


@blp.get("/customers/<int:customer_id>/export", needs="customers:read")
@blp.response(200, PersonalData)
def admin_export_customer(customer_id: int) -> Response:
    """Everything that is kept about a customer, to hand to him"""
    found = personal_data.export(ctx(), customer_id)
    audit.record(ctx(), "customer.export", f"customer:{customer_id}")
    return answer(found, Cache_Control="no-store")


@blp.delete("/customers/<int:customer_id>", needs="customers:write")
@blp.response(204)
def admin_erase_customer(customer_id: int) -> Response:
    """Erase a customer's phone and name; 409 `open_orders` while there are any"""
    personal_data.erase(ctx(), customer_id)
    return Response(status=204)


def _document(customer: dict[str, Any]) -> dict[str, Any]:
    times = ("verified_at", "erased_at", "created_at")
    return customer | {name: rfc3339(customer[name]) for name in times}
