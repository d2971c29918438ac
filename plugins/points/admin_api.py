"""`/admin/points/…`: what customers have, and what the shop owes them."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response

from shop import Blueprint, Page, answer, ctx, idempotent
from shop.people import accounts

from . import holders, report, staff, wallet
from .schemas import Balance, Grant, History, Holders, Report, ReportQuery, Take
from .settings import NAME

blp = Blueprint("admin_points", __name__, admin=True, description="Points, for staff")
READ, MANAGE = "points.read", "points.manage"


@blp.get("/points/customers", needs=READ)
@blp.arguments(Page, location="query")
@blp.response(200, Holders)
def admin_points_customers(query: dict[str, Any]) -> Response:
    """Customers who have points or owe some, the newest first"""
    return answer(holders.page(ctx(), **query))


@blp.get("/points/customers/<int:customer_id>", needs=READ)
@blp.response(200, Balance)
def admin_points_balance(customer_id: int) -> Response:
    """What a customer has"""
    return answer(_balance(customer_id))


@blp.get("/points/customers/<int:customer_id>/history", needs=READ)
@blp.arguments(Page, location="query")
@blp.response(200, History)
def admin_points_history(query: dict[str, Any], customer_id: int) -> Response:
    """A customer's movements in words, the newest first"""
    accounts.get(ctx(), customer_id)
    return answer(wallet.history(ctx(), customer_id, **query))


@blp.post("/points/customers/<int:customer_id>/grant", needs=MANAGE)
@blp.arguments(Grant)
@blp.response(201, Balance)
@idempotent()
def admin_points_grant(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Give points, with a reason that the customer reads; what the customer has then"""
    staff.grant(
        ctx(), customer_id, body["points"], body["reason"], secrets.token_hex(16),
        body.get("expires_days"),
    )  # fmt: skip
    return _balance(customer_id)


@blp.post("/points/customers/<int:customer_id>/take", needs=MANAGE)
@blp.arguments(Take)
@blp.response(201, Balance)
@idempotent()
def admin_points_take(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Take points that the customer could spend, with a reason; what the customer has then"""
    staff.take(ctx(), customer_id, body["points"], body["reason"], secrets.token_hex(16))
    return _balance(customer_id)


@blp.get("/points/report", needs=READ)
@blp.arguments(ReportQuery, location="query")
@blp.response(200, Report)
def admin_points_report(query: dict[str, Any]) -> Response:
    """Points issued, spent and expired by day or month, and what the shop owes now"""
    return answer(report.report(ctx(), ctx().settings(NAME), **query))


def _balance(customer_id: int) -> dict[str, Any]:
    accounts.get(ctx(), customer_id)
    return wallet.balance(ctx(), ctx().settings(NAME), customer_id)
