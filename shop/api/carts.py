"""Carts: make one, fill it, look at its quote."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.base import PUBLIC, Blueprint, answer, ctx
from shop.api.fields import Amount, Name, Quantity, Schema, Text
from shop.carts import carts
from shop.carts.quote import Item

blp = Blueprint("carts", __name__, description="What a customer means to buy")


class LineOptions(ma.fields.Dict):
    """Per plugin what the client chose, under the plugin's name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            keys=ma.fields.String(validate=ma.validate.Length(1, 64)),
            values=ma.fields.Dict(),
            validate=ma.validate.Length(max=50),
            **options,
        )


class PickupChoice(Schema):
    point = Text(32, metadata={"help": "code of the pickup point"})
    window = ma.fields.Integer(strict=True, validate=ma.validate.Range(1, 2**53))


class Contact(Schema):
    name = Name(100)
    phone = Text(32)


class NewLine(Schema):
    sku = Text(255, 1, required=True)
    quantity = Quantity(load_default=1)
    options = LineOptions(load_default=dict)


class LineChanges(Schema):
    quantity = Quantity()
    options = LineOptions()


class CartChanges(Schema):
    options = LineOptions()
    pickup = ma.fields.Nested(PickupChoice)
    contact = ma.fields.Nested(Contact)
    note = Text(500)


class NewCart(Schema):
    """Nothing is needed to open a cart."""


class QuoteLine(Schema):
    id = ma.fields.Integer(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    unit_price = Amount(required=True)
    amount = Amount(required=True)
    options = ma.fields.Dict(required=True)
    label = ma.fields.String(required=True)


class QuoteAdjustment(Schema):
    id = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    label = ma.fields.String(required=True)
    amount = ma.fields.Integer(required=True)


class QuoteProblem(Schema):
    class Meta:
        unknown = ma.INCLUDE

    code = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)
    line = ma.fields.Integer(required=True, allow_none=True)


class Cart(Schema):
    id = ma.fields.String(required=True)
    lines = ma.fields.List(ma.fields.Nested(QuoteLine), required=True)
    adjustments = ma.fields.List(ma.fields.Nested(QuoteAdjustment), required=True)
    subtotal = Amount(required=True)
    total = Amount(required=True)
    currency = ma.fields.String(required=True)
    problems = ma.fields.List(ma.fields.Nested(QuoteProblem), required=True)
    options = ma.fields.Dict(required=True)
    pickup = ma.fields.Dict(required=True)
    contact = ma.fields.Dict(required=True)
    note = ma.fields.String(required=True)
    extensions = ma.fields.Dict(required=True)


def _shown(cart_id: str, status: int = 200) -> Response:
    return answer(carts.view(ctx(), cart_id), status)


@blp.post("/carts", needs=PUBLIC)
@blp.arguments(NewCart, required=False)
@blp.response(201, Cart)
def create_cart(body: dict[str, Any]) -> Response:
    """Open an empty cart"""
    return _shown(carts.create(ctx()), 201)


@blp.get("/carts/<string:cart_id>", needs=PUBLIC)
@blp.response(200, Cart)
def get_cart(cart_id: str) -> Response:
    """A cart with its quote and whatever stands in the way of ordering it"""
    return _shown(cart_id)


@blp.patch("/carts/<string:cart_id>", needs=PUBLIC)
@blp.arguments(CartChanges)
@blp.response(200, Cart)
def update_cart(body: dict[str, Any], cart_id: str) -> Response:
    """Set options, pickup, contact or note"""
    carts.patch(ctx(), cart_id, body)
    return _shown(cart_id)


@blp.post("/carts/<string:cart_id>/lines", needs=PUBLIC)
@blp.arguments(NewLine)
@blp.response(201, Cart)
def add_cart_line(body: dict[str, Any], cart_id: str) -> Response:
    """Put something in"""
    carts.add(ctx(), cart_id, Item(body["sku"], body["quantity"], body["options"]))
    return _shown(cart_id, 201)


@blp.patch("/carts/<string:cart_id>/lines/<int:line>", needs=PUBLIC)
@blp.arguments(LineChanges)
@blp.response(200, Cart)
def update_cart_line(body: dict[str, Any], cart_id: str, line: int) -> Response:
    """Change a line's quantity or options"""
    carts.change(ctx(), cart_id, line, body)
    return _shown(cart_id)


@blp.delete("/carts/<string:cart_id>/lines/<int:line>", needs=PUBLIC)
@blp.response(200, Cart)
def delete_cart_line(cart_id: str, line: int) -> Response:
    """Take a line out"""
    carts.remove(ctx(), cart_id, line)
    return _shown(cart_id)
