"""`/storefront/…`: how many came, told by the pages themselves once a day and browser."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from marshmallow import fields

from shop import PUBLIC, Blueprint, Context, Date, Titled, answer, ctx, db
from shop.clock import from_us
from shop.orders import order_list

public = Blueprint("storefront", __name__, description="Visits")
admin = Blueprint("admin_storefront", __name__, admin=True, description="Visits, for staff")
READ = "storefront.read"
DAYS, MOST = 30, 400

COUNT = """
INSERT INTO storefront_visit (store, day, visits) VALUES (?, ?, 1)
ON CONFLICT (store, day) DO UPDATE SET visits = storefront_visit.visits + 1"""
FOUND = "SELECT day, visits FROM storefront_visit WHERE store = ? AND day >= ? AND day <= ?"
ORDERS = """
SELECT placed_at FROM orders
WHERE store = ? AND id >= ? AND id < ? AND placed_at >= ? AND placed_at < ?"""


class Days(Titled):
    first = Date(metadata={"title": "From", "help": "the first day"})
    last = Date(metadata={"title": "To", "help": "the last day"})


class Day(Titled):
    day = fields.String(required=True)
    visits = fields.Integer(required=True, metadata={"help": "browsers that came, each once a day"})
    orders = fields.Integer(required=True, metadata={"help": "that were placed, by any way"})
    conversion = fields.Integer(required=True, metadata={"unit": "percent"})


class Visits(Titled):
    items = fields.List(fields.Nested(Day), required=True)
    visits = fields.Integer(required=True)
    orders = fields.Integer(required=True)
    conversion = fields.Integer(required=True, metadata={"unit": "percent"})


@public.post("/storefront/visits", needs=PUBLIC)
@public.response(204)
def storefront_count_visit() -> Response:
    """Somebody came; nothing is kept of him"""
    with db.transaction():
        db.change(COUNT, ctx().code, _today(ctx()).isoformat())
    return Response(status=204)


@admin.get("/storefront/visits", needs=READ)
@admin.arguments(Days, location="query")
@admin.response(200, Visits)
def admin_storefront_visits(query: dict[str, Any]) -> Response:
    """Visits and orders by day, the last 30 if no days are named"""
    here = ctx()
    last = query.get("last") or _today(here)
    first = max(query.get("first") or last - timedelta(days=DAYS - 1), last - timedelta(days=MOST))
    zone = ZoneInfo(here.store.timezone)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    came = dict(db.rows(FOUND, here.code, first.isoformat(), last.isoformat()))
    placed: dict[date, int] = {}
    for (at,) in db.rows(ORDERS, here.code, *order_list.span(here, first, last)):
        day = _day(at, zone)
        placed[day] = placed.get(day, 0) + 1
    items = [
        _row(day.isoformat(), came.get(day.isoformat(), 0), placed.get(day, 0)) for day in days
    ]
    total = _row("", sum(row["visits"] for row in items), sum(row["orders"] for row in items))
    del total["day"]
    return answer({"items": items} | total)


def _row(day: str, visits: int, orders: int) -> dict[str, Any]:
    rate = round(100 * orders / visits) if visits else 0
    return {"day": day, "visits": visits, "orders": orders, "conversion": rate}


def _day(at: int, zone: ZoneInfo) -> date:
    return from_us(at).astimezone(zone).date()


def _today(here: Context) -> date:
    return here.now.astimezone(ZoneInfo(here.store.timezone)).date()
