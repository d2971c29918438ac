"""Recurring slots, for staff."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import Blueprint, answer, check_match, ctx, etag, idempotent
from shop.clock import rfc3339, to_us

from . import series
from .admin_api import MANAGE, READ
from .models import Series
from .schemas import AdminSeries, AdminSeriesPage, NewSeries, SeriesChanges, SeriesQuery

admin = Blueprint(
    "admin_flash_sale_series", __name__, admin=True, description="Recurring sales, for staff"
)


@admin.get("/flash_sale/series", needs=READ)
@admin.arguments(SeriesQuery, location="query")
@admin.response(200, AdminSeriesPage)
def admin_flash_sale_list_series(query: dict[str, Any]) -> Response:
    """Series, the newest first"""
    page = series.page(ctx(), **query)
    return answer(page | {"items": [document(item) for item in page["items"]]})


@admin.post("/flash_sale/series", needs=MANAGE)
@admin.arguments(NewSeries)
@admin.response(201, AdminSeries)
@idempotent(required=False)
def admin_flash_sale_create_series(body: dict[str, Any]) -> dict[str, Any]:
    """Make a sale that comes again; each slot is a sale of its own, made ahead of its start"""
    return document(series.create(ctx(), body))


@admin.get("/flash_sale/series/<int:series_id>", needs=READ)
@admin.response(200, AdminSeries)
def admin_flash_sale_get_series(series_id: int) -> Response:
    """A series"""
    return _answer(series.get(ctx(), series_id))


@admin.patch("/flash_sale/series/<int:series_id>", needs=MANAGE, match=True)
@admin.arguments(SeriesChanges)
@admin.response(200, AdminSeries)
def admin_flash_sale_change_series(body: dict[str, Any], series_id: int) -> Response:
    """Change the slots that are not made yet"""
    seen = series.get(ctx(), series_id).version
    check_match(series_id, seen)
    return _answer(series.change(ctx(), series_id, seen, body))


@admin.delete("/flash_sale/series/<int:series_id>", needs=MANAGE, match=True)
@admin.response(204)
def admin_flash_sale_stop_series(series_id: int) -> Response:
    """Make no more of it; sales that are made stay"""
    seen = series.get(ctx(), series_id).version
    check_match(series_id, seen)
    series.stop(ctx(), series_id, seen)
    return Response(status=204)


def document(found: Series) -> dict[str, Any]:
    slot = series.coming(ctx(), found)
    names = (
        "id", "name", "translations", "weekdays", "at", "minutes", "first_day", "last_day", "tag",
        "per_customer", "per_order", "when_sold_out", "prepay", "version",
    )  # fmt: skip
    return {
        **{name: getattr(found, name) for name in names},
        "problem": series.problem(ctx(), found),
        "items": series.named(ctx(), found),
        "next_slot": slot
        and {
            "day": str(slot.day),
            "starts": rfc3339(slot.starts),
            "ends": rfc3339(slot.ends),
        },
        "stopped_at": found.stopped_at and rfc3339(to_us(found.stopped_at)),
    }


def _answer(found: Series) -> Response:
    return answer(document(found), ETag=etag(found.id, found.version))
