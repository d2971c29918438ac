"""Stock: changed by signed deltas with a reason, never overwritten."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Instant, Page, Schema, Text
from shop.api.idempotent import idempotent
from shop.catalog.product_document import LENGTHS
from shop.errors import NotFound
from shop.stock import movements, stock

blp = Blueprint("admin_stock", __name__, admin=True, description="Stock, for its owner")


class StockDelta(Schema):
    sku = Text(LENGTHS["sku"], 1, required=True, metadata={"title": "SKU", "unit": "sku"})
    delta = ma.fields.Integer(
        required=True,
        strict=True,
        validate=[validate.Range(-stock.MOST, stock.MOST), validate.NoneOf([0])],
        metadata={"title": "Change", "help": "12 more, -3 fewer", "unit": "units"},
    )
    reason = Text(255, 1, required=True, metadata={"title": "Reason"})


class StockLevel(Schema):
    sku = ma.fields.String(required=True)
    on_hand = ma.fields.Integer(required=True, metadata={"unit": "units"})


class Movement(Schema):
    id = ma.fields.Integer(required=True)
    pool = ma.fields.String(required=True)
    delta = ma.fields.Integer(required=True, metadata={"unit": "units"})
    kind = ma.fields.String(
        required=True, metadata={"help": "order, return, delta, transfer or write_off"}
    )
    reason = ma.fields.String(required=True)
    order = ma.fields.String(required=True, allow_none=True)
    actor = ma.fields.String(required=True)
    at = Instant(required=True)


class MovementPage(Schema):
    items = ma.fields.List(ma.fields.Nested(Movement), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.post("/stock", needs="stock:write")
@blp.arguments(StockDelta)
@blp.response(200, StockLevel)
@idempotent(required=False)
def admin_adjust_stock(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Change the stock of a variant by so many units; with a key, once"""
    return {"sku": body["sku"], "on_hand": stock.adjust(ctx(), **body)}, 200


@blp.get("/stock/<path:sku>/movements", needs="products:read")
@blp.arguments(Page, location="query")
@blp.response(200, MovementPage)
def admin_list_movements(query: dict[str, Any], sku: str) -> Response:
    """Why the stock of a variant changed, newest first"""
    if not sku.isprintable():
        raise NotFound
    return answer(movements.of_sku(ctx(), sku, **query))
