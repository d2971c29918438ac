"""Ordering, and an order as its customer sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.access import order_for_caller
from shop.api.base import PUBLIC, Blueprint, answer, ctx
from shop.api.carts import Contact, LineOptions, NewLine, PickupChoice
from shop.api.fields import Amount, Schema, Text
from shop.api.idempotent import idempotent, of_number
from shop.api.order_json import Order, order_json
from shop.carts import carts
from shop.carts.quote import Basket, Item
from shop.errors import Invalid
from shop.orders import order_access, orders
from shop.orders.orders import Draft
from shop.people import accounts
from shop.stock import precheck

blp = Blueprint("orders", __name__, description="Orders for pickup")


class PaymentChoice(Schema):
    provider = Text(64, load_default="")
    method = Text(64, load_default="")


class NewOrder(Schema):
    """Either the id of a cart, or lines."""

    cart = Text(32, 1)
    lines = ma.fields.List(ma.fields.Nested(NewLine), validate=ma.validate.Length(1, 2000))
    options = LineOptions()
    contact = ma.fields.Nested(Contact)
    pickup = ma.fields.Nested(PickupChoice)
    payment = ma.fields.Nested(PaymentChoice)
    expected_total = Amount(metadata={"help": "409 quote_changed if the total is another"})
    note = Text(500)

    exactly_one = ("cart", "lines")

    @ma.validates_schema
    def options_of_lines(self, data: dict[str, Any], **_: Any) -> None:
        if "cart" in data and "options" in data:
            raise ma.ValidationError("the cart has its own options", "options")


class OrderQuery(Schema):
    token = Text(100, metadata={"help": "the guest's order token, for a link"})


def _with_token(document: dict[str, Any]) -> dict[str, Any]:
    """The guest who ordered is the only one to be shown the token."""
    if ctx().caller.role != "guest":
        return document
    return document | {"token": order_access.token(ctx(), document["number"])}


def _again(document: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A replay. A guest's key is not a password: without the cart's id, or the peer that ordered a
    moment ago, it tells that the order was placed, but gives nothing to open or fetch it with."""
    if ctx().caller.role != "guest":
        return document
    if "cart" in body or order_access.ordered_here(ctx(), document["number"]):
        return _with_token(document)
    pickup = document["pickup"] | {"code": ""}
    return document | {"pickup": pickup, "extensions": {}}


def _look(body: dict[str, Any]) -> Callable[[], None] | None:
    """A look at the goods before the transaction, while orders are being refused."""
    if not precheck.is_worth_it(ctx()):
        return None
    return lambda: orders.look(ctx(), _draft(body))


@blp.post("/orders", needs=PUBLIC)
@blp.arguments(NewOrder)
@blp.response(201, Order)
@idempotent(_with_token, again=_again, look=_look)
def create_order(body: dict[str, Any]) -> dict[str, Any]:
    """Place an order, from a cart or in one call"""
    return order_json(ctx(), orders.place(ctx(), _draft(body)))


@blp.get("/orders/<string:number>", needs=PUBLIC)
@blp.arguments(OrderQuery, location="query")
@blp.response(200, Order)
def get_order(query: dict[str, Any], number: str) -> Response:
    """An order, for its customer or the guest who holds its token"""
    return answer(order_json(ctx(), order_for_caller(number)))


@blp.post("/orders/<string:number>/cancel", needs=PUBLIC)
@blp.arguments(OrderQuery, location="query")
@blp.response(200, Order)
@of_number(order_for_caller)
@idempotent(required=False)
def cancel_order(query: dict[str, Any], order_id: int) -> tuple[dict[str, Any], int]:
    """Cancel: an unpaid order always, a paid one until its window's cut-off"""
    return order_json(ctx(), orders.cancel_by_customer(ctx(), order_id)), 200


def _draft(body: dict[str, Any]) -> Draft:
    """The body as a Draft; what it leaves out, the cart or the account may know."""
    stored: dict[str, Any] = {"pickup": {}, "contact": {}, "note": ""}
    if "cart" in body:
        basket, stored = carts.basket(ctx(), body["cart"])
    else:
        items = [Item(line["sku"], line["quantity"], line["options"]) for line in body["lines"]]
        basket = Basket(items, body.get("options", {}))
    if len(basket.items) > (most := ctx().config.limits.lines):
        raise Invalid([{"path": "lines", "message": f"at most {most}"}])
    contact = stored["contact"] | body.get("contact", {})
    if ctx().caller.role == "customer":
        known = accounts.get(ctx(), ctx().caller.id or 0)
        contact = {"name": known["name"], "phone": known["phone"]} | contact
    missing = [name for name in ("name", "phone") if not contact.get(name)]
    if missing:
        raise Invalid([{"path": f"contact.{name}", "message": "missing"} for name in missing])
    pickup, payment = body.get("pickup") or stored["pickup"], body.get("payment", {})
    return Draft(
        basket,
        contact["name"],
        accounts.e164(ctx(), contact["phone"]),
        pickup.get("point"),
        pickup.get("window"),
        payment.get("provider", ""),
        payment.get("method", ""),
        body.get("expected_total"),
        body.get("note") or stored["note"],
        body.get("cart"),
    )
