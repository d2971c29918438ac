"""Why prices are struck through or not, for staff."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import Blueprint, answer, ctx

from . import report, why
from .schemas import Report, WhyOne, WhyPage, WhyQuery

admin = Blueprint(
    "admin_price_history", __name__, admin=True, description="Struck-through prices, for staff"
)

READ = "price_history.read"


@admin.get("/price_history/variants", needs=READ)
@admin.arguments(WhyQuery, location="query")
@admin.response(200, WhyPage)
def admin_price_history_list_variants(query: dict[str, Any]) -> Response:
    """Published variants at which something would be struck through, with what is and why"""
    return answer(why.page(ctx(), **query))


@admin.get("/price_history/variants/<string:variant>", needs=READ)
@admin.response(200, WhyOne)
def admin_price_history_get_variant(variant: str) -> Response:
    """A variant, by its SKU or its number, with its latest prices"""
    return answer(why.one(ctx(), variant))


@admin.get("/price_history/report", needs=READ)
@admin.response(200, Report)
def admin_price_history_get_report() -> Response:
    """How many prices are struck through, how many are not, and why"""
    return answer(report.report(ctx()))
