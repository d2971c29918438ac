"""Handing orders over at a pickup point, by the code or the QR token that the customer shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api import uploads
from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Amount, Quantity, Schema, Text
from shop.api.idempotent import idempotent
from shop.api.order_json import Order, order_json
from shop.errors import Invalid
from shop.pickup import pickup, pickup_codes

blp = Blueprint("admin_pickups", __name__, admin=True, description="Handing orders over")


class HandOutLine(Schema):
    line = ma.fields.Integer(
        strict=True, required=True, validate=validate.Range(1, 2**53),
        metadata={"help": "`id` of a line, as in the order's `lines`"},
    )  # fmt: skip
    quantity = Quantity(required=True)


class HandOutPayment(Schema):
    method = ma.fields.String(
        validate=validate.OneOf(("at_pickup", "transfer")),
        metadata={"help": "left out: at_pickup"},
    )
    amount = Amount(1, metadata={"help": "must be the whole balance; left out: the balance"})


class HandOut(Schema):
    lines = ma.fields.List(
        ma.fields.Nested(HandOutLine),
        validate=validate.Length(1, 2000),
        metadata={"help": "left out: all that waits"},
    )
    payment = ma.fields.Nested(
        HandOutPayment, metadata={"help": "the balance was taken in the same breath"}
    )


class UndoHandOut(Schema):
    reason = Text(255, 1, required=True, metadata={"title": "Reason"})


def of_code(view: Callable[..., Any]) -> Callable[..., Any]:
    """Find the order first, outside the transaction of what is done with it: a wrong code counts
    though it is refused."""

    @wraps(view)
    def wrapper(*args: Any, code: str) -> Any:
        return view(*args, order_id=pickup_codes.find(ctx(), code).id)

    return wrapper


@blp.get("/pickups/<string:code>", needs="pickups:read")
@blp.response(200, Order)
def admin_get_pickup(code: str) -> Response:
    """The order of a pickup code or QR token"""
    return answer(order_json(ctx(), pickup_codes.find(ctx(), code)))


class Scanned(Schema):
    code = ma.fields.String(required=True, metadata={"help": "what the QR code says"})


@blp.post("/pickup-scans", needs="pickups:read")
@blp.response(200, Scanned)
@blp.doc(requestBody=uploads.PICTURE)
def admin_scan_pickup() -> Response:
    """Read the QR code in a photograph or a frame of a camera"""
    return answer({"code": pickup_codes.scan(uploads.picture())})


@blp.post("/pickups/<string:code>/hand-out", needs="pickups:write")
@blp.arguments(HandOut)
@blp.response(200, Order)
@of_code
@idempotent()
def admin_hand_out(body: dict[str, Any], order_id: int) -> tuple[dict[str, Any], int]:
    """Hand over all that waits, or some of it; take the money with it if it is due"""
    lines = _lines(body["lines"]) if "lines" in body else None
    order = pickup.hand_out(ctx(), order_id, lines, body.get("payment"))
    return order_json(ctx(), order), 200


@blp.post("/pickups/<string:code>/undo", needs="pickups:write")
@blp.arguments(UndoHandOut)
@blp.response(200, Order)
@of_code
@idempotent(required=False)
def admin_undo_hand_out(body: dict[str, Any], order_id: int) -> tuple[dict[str, Any], int]:
    """Take the last hand-out back; money stays as it is"""
    return order_json(ctx(), pickup.undo(ctx(), order_id, body["reason"])), 200


@blp.post("/pickups/<string:code>/ready", needs="pickups:write")
@blp.response(200, Order)
@of_code
def admin_pickup_ready(order_id: int) -> Response:
    """Tell the customer that the order lies ready"""
    return answer(order_json(ctx(), pickup.ready(ctx(), order_id)))


def _lines(asked: list[dict[str, Any]]) -> dict[int, int]:
    lines = {item["line"]: item["quantity"] for item in asked}
    if len(lines) < len(asked):
        raise Invalid([{"path": "lines", "message": "a line twice"}])
    return lines
