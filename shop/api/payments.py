"""Paying an order, and what payment providers say."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, request

from shop.api.access import order_for_caller
from shop.api.base import PUBLIC, Blueprint, answer, ctx
from shop.api.fields import Amount, Instant, Page, Schema
from shop.api.me import customer_id
from shop.api.orders import OrderQuery, PaymentChoice
from shop.clock import rfc3339
from shop.payments import dues, notices, payments, providers

blp = Blueprint("payments", __name__, description="Paying")


class PaymentMethod(Schema):
    provider = ma.fields.String(required=True)
    method = ma.fields.String(required=True)
    title = ma.fields.String(required=True, metadata={"help": "in the caller's language"})
    prepaid = ma.fields.Boolean(
        required=True, metadata={"help": "an order that is not paid in time expires"}
    )


class PaymentMethods(Schema):
    items = ma.fields.List(ma.fields.Nested(PaymentMethod), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class StartedPayment(Schema):
    id = ma.fields.Integer(required=True)
    provider = ma.fields.String(required=True)
    method = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    amount = Amount(required=True)
    currency = ma.fields.String(required=True)
    data = ma.fields.Dict(
        required=True, metadata={"help": "what this provider's client needs; instructions"}
    )


class NoticeTaken(Schema):
    state = ma.fields.String(
        required=True, metadata={"help": "applied, suspense, parked or repeated"}
    )


class Due(Schema):
    id = ma.fields.Integer(required=True)
    order = ma.fields.String(required=True)
    customer_id = ma.fields.Integer(required=True)
    source = ma.fields.String(required=True)
    label = ma.fields.String(required=True)
    amount = Amount(required=True)
    open = Amount(required=True, metadata={"help": "what is not paid of it"})
    currency = ma.fields.String(required=True)
    due_at = Instant(required=True)
    created_at = Instant(required=True)


class DuePage(Schema):
    items = ma.fields.List(ma.fields.Nested(Due), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/payment-methods", needs=PUBLIC)
@blp.response(200, PaymentMethods)
def list_payment_methods() -> Response:
    """The ways to pay, the default first"""
    return answer({"items": providers.methods(ctx()), "next": None})


@blp.post("/orders/<string:number>/payments", needs=PUBLIC)
@blp.arguments(OrderQuery, location="query")
@blp.arguments(PaymentChoice)
@blp.response(201, StartedPayment)
def start_payment(query: dict[str, Any], body: dict[str, Any], number: str) -> Response:
    """Begin to pay what an order still owes; asked again, the same payment goes on"""
    order = order_for_caller(number)
    return answer(payments.start(ctx(), order.id, body["provider"], body["method"]), 201)


@blp.post("/payments/<string:provider>/notify", needs=PUBLIC)
@blp.response(200, NoticeTaken)
def notify_payment(provider: str) -> Response:
    """A payment provider's message, in the form of that provider and signed by it"""
    notice = notices.read(ctx(), provider, request)
    return answer({"state": notices.accept_notice(ctx(), provider, notice)})


@blp.get("/me/dues", needs="me:read")
@blp.arguments(Page, location="query")
@blp.response(200, DuePage)
def list_my_dues(query: dict[str, Any]) -> Response:
    """What the customer still owes after an order was paid, the earliest due first"""
    return answer(dues_json(dues.show(ctx(), customer_id(), **query)))


def dues_json(page: dict[str, Any]) -> dict[str, Any]:
    times = ("due_at", "created_at")
    items = [
        {name: rfc3339(value) if name in times else value for name, value in due.items()}
        for due in page["items"]
    ]
    for item in items:
        del item["order_id"]
    return page | {"items": items}
