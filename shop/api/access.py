"""The order that a customer's or guest's request is about."""

from __future__ import annotations

from flask import request

from shop.api.base import ctx
from shop.orders import order_access
from shop.orders.order_view import OrderView


def given_token() -> str:
    """The order's token: `Authorization: Bearer or_…`, or `?token=` for a link."""
    _, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if bearer.startswith(order_access.PREFIX):
        return bearer
    return request.args.get("token", "")


def order_for_caller(number: str) -> OrderView:
    """The caller's own order, or 404: another's and a missing one look the same."""
    return order_access.for_customer(ctx(), number, given_token())
