"""Money in the hands of staff: recorded, refunded, owed."""

from __future__ import annotations

import secrets
from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.admin_orders import order_for_staff
from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Amount, Instant, Page, Quantity, Schema, Text
from shop.api.idempotent import idempotent
from shop.api.payments import DuePage, dues_json
from shop.clock import rfc3339
from shop.payments import dues, payments, receipts, refund_list, refunds

blp = Blueprint("admin_payments", __name__, admin=True, description="Payments, refunds, dues")


def RowId(**options: Any) -> ma.fields.Integer:
    return ma.fields.Integer(strict=True, validate=ma.validate.Range(1, 2**53 - 1), **options)


class RecordedPayment(Schema):
    provider = Text(64, load_default="", metadata={"title": "Provider"})
    method = Text(64, load_default="", metadata={"title": "Method", "help": "at_pickup, transfer"})
    amount = Amount(1, required=True, metadata={"title": "Amount received"})
    reference = Text(255, load_default="", metadata={"title": "Reference"})


class SuspenseMade(Schema):
    id = ma.fields.Integer(required=True)
    amount = Amount(required=True)
    reason = ma.fields.String(required=True)


class PaymentTaken(Schema):
    id = ma.fields.Integer(required=True, allow_none=True)
    amount = Amount(required=True, metadata={"help": "what was applied to the order"})
    suspense = ma.fields.Nested(SuspenseMade, required=True, allow_none=True)
    order = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    total = Amount(required=True)
    paid = Amount(required=True)
    balance = ma.fields.Integer(required=True)


class PaymentRow(Schema):
    id = ma.fields.Integer(required=True)
    provider = ma.fields.String(required=True)
    method = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    amount = Amount(required=True)
    reference = ma.fields.String(required=True)
    actor = ma.fields.String(required=True)
    created_at = Instant(required=True)
    accepted_at = Instant(required=True, allow_none=True)


class PaymentList(Schema):
    items = ma.fields.List(ma.fields.Nested(PaymentRow), required=True)
    next = ma.fields.String(required=True, allow_none=True)


LINE = {"help": "`id` of a line, as in the `lines` of `GET /admin/orders/{number}`"}


class RefundLine(Schema):
    line = RowId(required=True, metadata=LINE)
    quantity = Quantity(required=True)


class RefundAmount(Schema):
    """Money of one line, adjustment (a fee or deposit) or charge."""

    line = RowId(metadata=LINE)
    adjustment = RowId(metadata={"help": "`id` of one of the order's `adjustments`"})
    charge = RowId(metadata={"help": "`id` of one of the order's `charges`"})
    amount = Amount(1, required=True)

    exactly_one = ("charge", "adjustment", "line")


class NewRefund(Schema):
    """Either units of lines, or amounts."""

    lines = ma.fields.List(ma.fields.Nested(RefundLine), validate=ma.validate.Length(1, 2000))
    amounts = ma.fields.List(ma.fields.Nested(RefundAmount), validate=ma.validate.Length(1, 2000))
    reason = Text(255, load_default="", metadata={"title": "Reason"})
    restock = ma.fields.String(
        load_default="leave",
        validate=ma.validate.OneOf(refunds.RESTOCK),
        metadata={"title": "The goods", "help": "restore to stock, write off, or leave"},
    )

    exactly_one = ("amounts", "lines")

    @ma.validates_schema
    def each_once(self, data: dict[str, Any], **_: Any) -> None:
        named = [_name(row) for row in data.get("lines", data.get("amounts", []))]
        if len(set(named)) < len(named):
            raise ma.ValidationError("name each row once", "lines")


class RefundedRow(Schema):
    line = ma.fields.Integer(required=True, allow_none=True)
    adjustment = ma.fields.Integer(required=True, allow_none=True)
    charge = ma.fields.Integer(required=True, allow_none=True)
    quantity = ma.fields.Integer(required=True)
    amount = Amount(required=True)


class RefundPart(Schema):
    payment = ma.fields.Integer(required=True)
    provider = ma.fields.String(required=True)
    method = ma.fields.String(required=True)
    amount = Amount(required=True)
    state = ma.fields.String(required=True, metadata={"help": "pending or done"})
    tries = ma.fields.Integer(required=True, metadata={"help": "how often the provider was asked"})
    error = ma.fields.String(required=True)
    job = ma.fields.String(required=True, allow_none=True, metadata={"help": "its job's state"})


class Refund(Schema):
    id = ma.fields.Integer(required=True)
    order = ma.fields.String(required=True)
    amount = Amount(required=True)
    currency = ma.fields.String(required=True)
    state = ma.fields.String(required=True, metadata={"help": "pending or done"})
    provider = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    restock = ma.fields.String(required=True)
    actor = ma.fields.String(required=True)
    created_at = Instant(required=True)
    done_at = Instant(required=True, allow_none=True)
    rows = ma.fields.List(ma.fields.Nested(RefundedRow), required=True)
    parts = ma.fields.List(ma.fields.Nested(RefundPart), required=True)


class RefundsQuery(Page):
    state = ma.fields.String(validate=ma.validate.OneOf(("pending", "done")))


class RefundPage(Schema):
    items = ma.fields.List(ma.fields.Nested(Refund), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/orders/<string:number>/payments", needs="payments:read")
@blp.response(200, PaymentList)
def admin_list_payments(number: str) -> Response:
    """The payments of an order, started and accepted"""
    found = receipts.of_order(ctx(), order_for_staff(number).id)
    return answer({"items": [with_times(item) for item in found], "next": None})


@blp.post("/orders/<string:number>/payments", needs="payments:write")
@blp.arguments(RecordedPayment)
@blp.response(201, PaymentTaken)
@idempotent()
def admin_record_payment(body: dict[str, Any], number: str) -> dict[str, Any]:
    """Record money received; of a transfer, what is too much waits in suspense"""
    return payments.record(ctx(), order_for_staff(number).id, **body)


@blp.post("/orders/<string:number>/refunds", needs="orders:refund")
@blp.arguments(NewRefund)
@blp.response(201, Refund)
@idempotent()
def admin_refund_order(body: dict[str, Any], number: str) -> dict[str, Any]:
    """Refund units of lines, or amounts; never above what is still kept"""
    refund_id = refunds.refund(
        ctx(),
        order_for_staff(number).id,
        f"staff:{secrets.token_hex(16)}",
        lines={row["line"]: row["quantity"] for row in body.get("lines", ())},
        amounts={_name(row): row["amount"] for row in body.get("amounts", ())},
        reason=body["reason"],
        restock=body["restock"],
    )
    return refund_json(refund_list.get(ctx(), refund_id))


@blp.get("/refunds", needs="payments:read")
@blp.arguments(RefundsQuery, location="query")
@blp.response(200, RefundPage)
def admin_list_refunds(query: dict[str, Any]) -> Response:
    """Refunds, the newest first; pending ones are still to be handed over or on their way"""
    page = refund_list.show(ctx(), **query)
    return answer(page | {"items": [refund_json(item) for item in page["items"]]})


@blp.post("/refunds/<int:refund_id>/done", needs="orders:refund")
@blp.response(200, Refund)
def admin_confirm_refund(refund_id: int) -> Response:
    """Say that the money has gone back"""
    return answer(refund_json(refund_list.confirm(ctx(), refund_id)))


@blp.get("/dues", needs="payments:read")
@blp.arguments(Page, location="query")
@blp.response(200, DuePage)
def admin_list_dues(query: dict[str, Any]) -> Response:
    """What customers still owe after their orders were paid, the earliest due first"""
    return answer(dues_json(dues.show(ctx(), **query)))


def with_times(row: dict[str, Any]) -> dict[str, Any]:
    """A service's row in the API's shape: instants written out, our own ids of orders left out."""
    return {
        name: rfc3339(value) if name.endswith("_at") else value
        for name, value in row.items()
        if name != "order_id"
    }


def refund_json(refund: dict[str, Any]) -> dict[str, Any]:
    return with_times(refund)


def _name(row: dict[str, Any]) -> tuple[str, int]:
    """("line", 7) of a row of a refund."""
    [named] = [(kind, row[kind]) for kind in ("line", "adjustment", "charge") if kind in row]
    return named
