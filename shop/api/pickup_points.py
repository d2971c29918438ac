"""Where and when an order can be fetched."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from shop.api.base import PUBLIC, Blueprint, answer, ctx
from shop.api.fields import Instant, Page, Schema
from shop.clock import rfc3339
from shop.pickup import points, windows

blp = Blueprint("pickup_points", __name__, description="Where and when to fetch an order")


class OpenWindow(Schema):
    id = ma.fields.Integer(required=True)
    starts = Instant(required=True)
    ends = Instant(required=True)
    cut_off = Instant(required=True, metadata={"help": "orders are taken until then"})
    left = ma.fields.Integer(
        required=True, allow_none=True, metadata={"help": "free places; null: no limit"}
    )


class OpenPoint(Schema):
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    address = ma.fields.String(required=True)
    instructions = ma.fields.String(required=True)
    opening_hours = ma.fields.String(required=True)
    windows = ma.fields.List(ma.fields.Nested(OpenWindow), required=True)


class OpenPointPage(Schema):
    items = ma.fields.List(ma.fields.Nested(OpenPoint), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/pickup-points", needs=PUBLIC)
@blp.arguments(Page, location="query")
@blp.response(200, OpenPointPage)
def list_pickup_points(query: dict[str, Any]) -> Response:
    """Pickup points with the windows that can still be ordered into"""
    page = points.page(ctx(), **query)
    found = windows.open_windows(ctx(), [point.id for point in page["items"]])
    items = [
        {"code": point.code, **points.words(ctx(), point), "windows": _shown(found[point.id])}
        for point in page["items"]
    ]
    return answer(page | {"items": items})


def _shown(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = ("starts", "ends", "cut_off")
    return [window | {name: rfc3339(window[name]) for name in times} for window in found]
