"""`/admin/console/…`: the figures behind the console's pages."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from shop import Amount, Blueprint, Date, Titled, answer, ctx

from . import reports

admin = Blueprint("admin_console", __name__, admin=True, description="What was sold, for staff")
READ = "console.read"


class Days(Titled):
    first = Date(metadata={"title": "From", "help": "the first day"})
    last = Date(metadata={"title": "To", "help": "the last day"})


def count(**options: Any) -> fields.Integer:
    return fields.Integer(required=True, **options)


def refunded_then() -> Amount:
    return Amount(required=True, metadata={"help": "on these days, whenever it was ordered"})


class Day(Titled):
    day = fields.String(required=True)
    orders, sales, refunded = count(), Amount(required=True), refunded_then()


class Total(Titled):
    orders, sales, refunded = count(), Amount(required=True), refunded_then()
    average = Amount(required=True, metadata={"help": "of an order"})
    cancelled = count(metadata={"help": "orders, not among the others"})


class Customers(Titled):
    buyers = count()
    returning = count(metadata={"help": "had ordered before"})
    repeat_rate = count(metadata={"unit": "percent"})


class Sales(Titled):
    first, last = fields.Date(required=True), fields.Date(required=True)
    currency = fields.String(required=True)
    items = fields.List(fields.Nested(Day), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Nested(Total, required=True)
    customers = fields.Nested(Customers, required=True)


class Good(Titled):
    sku, title = fields.String(required=True), fields.String(required=True)
    units, returned, orders = count(), count(), count()
    sales, refunded = Amount(required=True), Amount(required=True)


class Goods(Titled):
    items = fields.List(fields.Nested(Good), required=True)
    next = fields.String(required=True, allow_none=True)


class Source(Titled):
    source = fields.String(required=True, metadata={"help": "catalogue, or the plugin"})
    units, orders = count(), count()
    sales, refunded = Amount(required=True), Amount(required=True)


class Sources(Titled):
    items = fields.List(fields.Nested(Source), required=True)
    next = fields.String(required=True, allow_none=True)


class Reason(Titled):
    reason = fields.String(required=True)
    refunds, refunded = count(), Amount(required=True)


class Returns(Titled):
    items = fields.List(fields.Nested(Reason), required=True)
    next = fields.String(required=True, allow_none=True)


class PickupToday(Titled):
    point, name = fields.String(required=True), fields.String(required=True)
    window, orders, collected = count(), count(), count()
    starts, ends = fields.String(required=True), fields.String(required=True)


class Low(Titled):
    sku, title = fields.String(required=True), fields.String(required=True)
    on_hand = count(metadata={"unit": "units"})


class Alerts(Titled):
    unpaid, refunds, suspense, dead_jobs = count(), count(), count(), count()


class Missing(Titled):
    plugin, what = fields.String(required=True), fields.String(required=True)
    sku = fields.String(required=True, metadata={"help": "of the variant that was deleted"})


class Today(Titled):
    day, currency = fields.Date(required=True), fields.String(required=True)
    sales = fields.Nested(Total, required=True)
    pickups = fields.List(fields.Nested(PickupToday), required=True)
    alerts = fields.Nested(Alerts, required=True)
    problems = fields.List(
        fields.Nested(Missing), required=True, metadata={"help": "campaigns of deleted goods"}
    )
    low_stock = fields.List(fields.Nested(Low), required=True)


def _days(query: dict[str, Any]) -> tuple[Any, Any]:
    return reports.days_of(ctx(), query.get("first"), query.get("last"))


def _listed(items: list[dict[str, Any]]) -> Response:
    return answer({"items": items, "next": None})


@admin.get("/console/today", needs=READ)
@admin.response(200, Today)
def admin_console_today() -> Response:
    """Orders, money, pickups and whatever needs a hand, today"""
    return answer(reports.today(ctx()))


@admin.get("/console/sales", needs=READ)
@admin.arguments(Days, location="query")
@admin.response(200, Sales)
def admin_console_sales(query: dict[str, Any]) -> Response:
    """Sales by day, and who came back"""
    return answer(reports.sales(ctx(), *_days(query)))


@admin.get("/console/goods", needs=READ)
@admin.arguments(Days, location="query")
@admin.response(200, Goods)
def admin_console_goods(query: dict[str, Any]) -> Response:
    """Sales by product, the 200 that sold most"""
    return _listed(reports.goods(ctx(), *_days(query)))


@admin.get("/console/sources", needs=READ)
@admin.arguments(Days, location="query")
@admin.response(200, Sources)
def admin_console_sources(query: dict[str, Any]) -> Response:
    """Sales by campaign: whose price it was"""
    return _listed(reports.sources(ctx(), *_days(query)))


@admin.get("/console/returns", needs=READ)
@admin.arguments(Days, location="query")
@admin.response(200, Returns)
def admin_console_returns(query: dict[str, Any]) -> Response:
    """Refunds of orders placed in the span, by their reasons"""
    return _listed(reports.returns(ctx(), *_days(query)))
