"""Money that came late, twice or odd, and what the owner does about it."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.admin_payments import with_times
from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Amount, Flag, Instant, Page, Schema, Text
from shop.payments import suspense

blp = Blueprint("admin_suspense", __name__, admin=True, description="Odd money")

STATES = ("open", "refunding", "refunded", "applied")


class Suspense(Schema):
    id = ma.fields.Integer(required=True)
    order = ma.fields.String(required=True, allow_none=True)
    payment_id = ma.fields.Integer(required=True, allow_none=True)
    provider = ma.fields.String(required=True)
    method = ma.fields.String(required=True)
    reference = ma.fields.String(required=True)
    reason = ma.fields.String(
        required=True, metadata={"help": "late, double, excess, short, currency or unknown"}
    )
    amount = Amount(required=True, metadata={"help": "what came"})
    refund_amount = Amount(
        required=True, metadata={"help": "what is on its way back, or for staff to give back"}
    )
    applied = Amount(required=True)
    refunded = Amount(required=True)
    rest = Amount(required=True)
    currency = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    created_at = Instant(required=True)
    settled_at = Instant(required=True, allow_none=True)


class SuspensePage(Schema):
    items = ma.fields.List(ma.fields.Nested(Suspense), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class SuspenseQuery(Page):
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))


class Application(Schema):
    order = Text(16, load_default="", metadata={"help": "an order's number; left out: its own"})


class GivenBack(Schema):
    done = Flag(
        load_default=False,
        metadata={"help": "it has been given back by other means; no provider is asked"},
    )


@blp.get("/suspense", needs="payments:read")
@blp.arguments(SuspenseQuery, location="query")
@blp.response(200, SuspensePage)
def admin_list_suspense(query: dict[str, Any]) -> Response:
    """Money in suspense, the newest first"""
    page = suspense.show(ctx(), **query)
    return answer(page | {"items": [with_times(row) for row in page["items"]]})


@blp.post("/suspense/<int:suspense_id>/apply", needs="payments:write")
@blp.arguments(Application)
@blp.response(200, Suspense)
def admin_apply_suspense(body: dict[str, Any], suspense_id: int) -> Response:
    """Pay an order with it; what is too much goes back"""
    return answer(with_times(suspense.apply(ctx(), suspense_id, body["order"])))


@blp.post("/suspense/<int:suspense_id>/refund", needs="orders:refund")
@blp.arguments(GivenBack)
@blp.response(200, Suspense)
def admin_refund_suspense(body: dict[str, Any], suspense_id: int) -> Response:
    """Give back what is left: by the provider, or by hand"""
    return answer(with_times(suspense.refund(ctx(), suspense_id, body["done"])))
