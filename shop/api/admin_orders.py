"""Orders as staff see them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Page, Schema, Text
from shop.api.order_json import Order, OrderPage, order_json, orders_json
from shop.errors import NotFound
from shop.services import order_list, order_view, orders, points
from shop.services.order_view import OrderView

blp = Blueprint("admin_orders", __name__, admin=True, description="Orders, for staff")

STATES = ("pending", "paid", "completed", "cancelled")


class OrdersQuery(Page):
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))
    point = Text(32, metadata={"help": "code of a pickup point"})
    customer = ma.fields.Integer(validate=ma.validate.Range(1, 2**53))


class Cancellation(Schema):
    reason = Text(64, 1, load_default="owner")


@blp.get("/orders", needs="orders:read")
@blp.arguments(OrdersQuery, location="query")
@blp.response(200, OrderPage)
def admin_list_orders(query: dict[str, Any]) -> Response:
    """Orders, the newest first"""
    point = points.named(ctx(), query["point"]).id if "point" in query else None
    page = order_list.of_store(
        ctx(),
        state=query.get("state", ""),
        point=point,
        customer=query.get("customer"),
        limit=query["limit"],
        after=query.get("after"),
    )
    return answer(page | {"items": orders_json(ctx(), page["items"])})


@blp.get("/orders/<string:number>", needs="orders:read")
@blp.response(200, Order)
def admin_get_order(number: str) -> Response:
    """One order"""
    return answer(order_json(ctx(), order_for_staff(number)))


@blp.post("/orders/<string:number>/cancel", needs="orders:write")
@blp.arguments(Cancellation)
@blp.response(200, Order)
def admin_cancel_order(body: dict[str, Any], number: str) -> Response:
    """Cancel an order of which nothing was handed out; what was paid goes back"""
    order = orders.cancel_by_staff(ctx(), order_for_staff(number).id, body["reason"])
    return answer(order_json(ctx(), order))


def order_for_staff(number: str) -> OrderView:
    """404 for a clerk of another point too."""
    order = order_view.load(ctx(), order_view.find(ctx(), number))
    if not points.is_mine(ctx(), order.point_id):
        raise NotFound
    return order
