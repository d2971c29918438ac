"""Orders as staff see them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Date, Page, Schema, Text
from shop.api.idempotent import idempotent, of_number
from shop.api.order_json import Order, OrderPage, order_json, orders_json
from shop.errors import NotFound
from shop.orders import order_list, order_view, orders
from shop.orders.order_view import OrderView
from shop.pickup import points

blp = Blueprint("admin_orders", __name__, admin=True, description="Orders, for staff")

STATES = ("pending", "paid", "completed", "cancelled")


class OrdersQuery(Page):
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))
    point = Text(32, metadata={"help": "code of a pickup point"})
    customer = ma.fields.Integer(validate=ma.validate.Range(1, 2**53))
    q = Text(100, metadata={"title": "Search", "help": "a number, a phone or a name"})
    first = Date(metadata={"title": "From", "help": "the first day"})
    last = Date(metadata={"title": "To", "help": "the last day"})
    sku = Text(255, metadata={"title": "SKU", "help": "of one of its lines", "unit": "sku"})
    source = Text(64, metadata={"title": "Price by", "help": "the plugin that priced a line"})


class Cancellation(Schema):
    reason = Text(64, 1, load_default="owner", metadata={"title": "Reason"})


class Note(Schema):
    text = Text(500, 1, required=True, metadata={"title": "Note", "help": "for colleagues"})


def order_for_staff(number: str) -> OrderView:
    """404 for a clerk of another point too."""
    order = order_view.load(ctx(), order_view.find(ctx(), number))
    if not points.is_mine(ctx(), order.point_id):
        raise NotFound
    return order


@blp.get("/orders", needs="orders:read")
@blp.arguments(OrdersQuery, location="query")
@blp.response(200, OrderPage)
def admin_list_orders(query: dict[str, Any]) -> Response:
    """Orders, the newest first"""
    if "point" in query:
        query["point"] = points.named(ctx(), query["point"]).id
    page = order_list.of_store(ctx(), **query)
    return answer(page | {"items": orders_json(ctx(), page["items"])})


@blp.get("/orders/<string:number>", needs="orders:read")
@blp.response(200, Order)
def admin_get_order(number: str) -> Response:
    """One order"""
    return answer(order_json(ctx(), order_for_staff(number)))


@blp.post("/orders/<string:number>/cancel", needs="orders:write")
@blp.arguments(Cancellation)
@blp.response(200, Order)
@of_number(order_for_staff)
@idempotent(required=False)
def admin_cancel_order(body: dict[str, Any], order_id: int) -> tuple[dict[str, Any], int]:
    """Cancel an order of which nothing was handed out; what was paid goes back"""
    return order_json(ctx(), orders.cancel_by_staff(ctx(), order_id, body["reason"])), 200


@blp.post("/orders/<string:number>/notes", needs="orders:write")
@blp.arguments(Note)
@blp.response(204)
@of_number(order_for_staff)
def admin_note_order(body: dict[str, Any], order_id: int) -> Response:
    """Write something down about an order; it stands among its events, with who wrote it"""
    orders.note(ctx(), order_id, body["text"])
    return Response(status=204)
