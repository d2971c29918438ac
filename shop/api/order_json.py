"""The Order of the API: its schema, and the document made of an OrderView."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shop.api.fields import Amount, Instant, Schema
from shop.clock import rfc3339
from shop.context import Context
from shop.orders.order_view import OrderView
from shop.plugins import presenting


class OrderLine(Schema):
    id = ma.fields.Integer(
        required=True, metadata={"help": "what refunds and hand-outs name as `line`"}
    )
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    label = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    handed_out = ma.fields.Integer(required=True)
    waiting = ma.fields.Integer(required=True, metadata={"help": "units still to be handed out"})
    refunded = ma.fields.Integer(required=True)
    refunded_amount = Amount(required=True)
    unit_price = Amount(required=True)
    amount = Amount(required=True)
    options = ma.fields.Dict(required=True)


class OrderAdjustment(Schema):
    id = ma.fields.Integer(required=True, metadata={"help": "what refunds name as `adjustment`"})
    kind = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    label = ma.fields.String(required=True)
    amount = ma.fields.Integer(required=True)
    refunded_amount = Amount(required=True)


class OrderCharge(Schema):
    id = ma.fields.Integer(required=True, metadata={"help": "what refunds name as `charge`"})
    label = ma.fields.String(required=True)
    amount = Amount(required=True)
    refunded_amount = Amount(required=True)
    due_at = Instant(required=True)


class OrderHold(Schema):
    by = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


class OrderWindow(Schema):
    id = ma.fields.Integer(required=True)
    starts = Instant(required=True)
    ends = Instant(required=True)
    cut_off = Instant(required=True)


class OrderPickup(Schema):
    point = ma.fields.String(required=True, allow_none=True)
    point_name = ma.fields.String(required=True, allow_none=True)
    window = ma.fields.Nested(OrderWindow, required=True, allow_none=True)
    code = ma.fields.String(required=True)
    ready_at = Instant(required=True, allow_none=True)


class OrderContact(Schema):
    name = ma.fields.String(required=True)
    phone = ma.fields.String(required=True)


class OrderPayment(Schema):
    provider = ma.fields.String(required=True)
    method = ma.fields.String(required=True)
    pay_by = Instant(required=True, allow_none=True)


class Order(Schema):
    number = ma.fields.String(required=True)
    token = ma.fields.String(metadata={"help": "only in the answer to the guest who ordered"})
    state = ma.fields.String(required=True)
    currency = ma.fields.String(required=True)
    lines = ma.fields.List(ma.fields.Nested(OrderLine), required=True)
    adjustments = ma.fields.List(ma.fields.Nested(OrderAdjustment), required=True)
    charges = ma.fields.List(ma.fields.Nested(OrderCharge), required=True)
    total = Amount(required=True)
    paid = Amount(required=True)
    refunded = Amount(required=True)
    balance = ma.fields.Integer(required=True)
    payment = ma.fields.Nested(OrderPayment, required=True)
    holds = ma.fields.List(ma.fields.Nested(OrderHold), required=True)
    pickup = ma.fields.Nested(OrderPickup, required=True)
    contact = ma.fields.Nested(OrderContact, required=True)
    note = ma.fields.String(required=True)
    placed_at = Instant(required=True)
    paid_at = Instant(required=True, allow_none=True)
    completed_at = Instant(required=True, allow_none=True)
    cancelled_at = Instant(required=True, allow_none=True)
    cancel_reason = ma.fields.String(required=True)
    extensions = ma.fields.Dict(required=True)


class OrderPage(Schema):
    items = ma.fields.List(ma.fields.Nested(Order), required=True)
    next = ma.fields.String(required=True, allow_none=True)


def order_json(ctx: Context, order: OrderView) -> dict[str, Any]:
    """One order in the API's shape, without a guest's token."""
    return orders_json(ctx, [order])[0]


def orders_json(ctx: Context, orders: list[OrderView]) -> list[dict[str, Any]]:
    documents = {order.id: _document(order) for order in orders}
    for order_id, words in presenting.extensions(ctx, "order", orders).items():
        if order_id in documents:
            documents[order_id]["extensions"] = words
    return list(documents.values())


def _document(order: OrderView) -> dict[str, Any]:
    window = None
    if order.window_id is not None:
        window = {
            "id": order.window_id,
            "starts": rfc3339(order.window_starts),
            "ends": rfc3339(order.window_ends),
            "cut_off": rfc3339(order.window_cut_off),
        }
    return {
        "number": order.number,
        "state": order.state,
        "currency": order.currency,
        "lines": [
            {
                "id": line.id,
                "sku": line.sku,
                "title": line.title,
                "label": line.label,
                "quantity": line.quantity,
                "handed_out": line.handed_out,
                "waiting": line.waiting,
                "refunded": line.refunded,
                "refunded_amount": line.refunded_amount,
                "unit_price": line.unit_price,
                "amount": line.amount,
                "options": line.options,
            }
            for line in order.lines
        ],
        "adjustments": [
            {
                "id": item.id,
                "kind": item.kind,
                "source": item.source,
                "label": item.label,
                "amount": item.amount,
                "refunded_amount": item.refunded_amount,
            }
            for item in order.adjustments
        ],
        "charges": [
            {
                "id": item.id,
                "label": item.label,
                "amount": item.amount,
                "refunded_amount": item.refunded_amount,
                "due_at": rfc3339(item.due_at),
            }
            for item in order.charges
        ],
        "total": order.total,
        "paid": order.paid,
        "refunded": order.refunded,
        "balance": order.balance,
        "payment": {
            "provider": order.provider,
            "method": order.method,
            "pay_by": rfc3339(order.pay_by),
        },
        "holds": order.holds,
        "pickup": {
            "point": order.point_code,
            "point_name": order.point_name,
            "window": window,
            "code": order.pickup_code,
            "ready_at": rfc3339(order.ready_at),
        },
        "contact": {"name": order.contact_name, "phone": order.contact_phone},
        "note": order.note,
        "placed_at": rfc3339(order.placed_at),
        "paid_at": rfc3339(order.paid_at),
        "completed_at": rfc3339(order.completed_at),
        "cancelled_at": rfc3339(order.cancelled_at),
        "cancel_reason": order.cancel_reason,
        "extensions": {},
    }
