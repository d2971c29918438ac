"""What a customer has, read from lots, whatever the jobs have done yet."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.data import paging

BALANCES = """
SELECT a.unit, MIN(CASE a.role WHEN 'debt' THEN a.balance ELSE 0 END),
  COALESCE(SUM(CASE WHEN l.available_at <= ? THEN l.remaining ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN l.available_at > ? THEN l.remaining ELSE 0 END), 0),
  MIN(l.expires_at)
FROM account a LEFT JOIN lot l ON l.account_id = a.id AND l.remaining > 0
  AND (l.expires_at IS NULL OR l.expires_at > ?)
WHERE a.store = ? AND a.customer_id = ? GROUP BY a.unit ORDER BY a.unit"""
HISTORY = """
SELECT m.id, m.key, m.kind, m.source, m.reason, m.order_id, m.at, e.wallet, e.debt
FROM (
  SELECT e.movement_id, SUM(CASE a.role WHEN 'wallet' THEN e.amount ELSE 0 END) AS wallet,
    SUM(CASE a.role WHEN 'debt' THEN e.amount ELSE 0 END) AS debt
  FROM entry e JOIN account a ON a.id = e.account_id
  WHERE a.store = ? AND a.customer_id = ? AND a.unit = ? AND e.movement_id < ?
  GROUP BY e.movement_id ORDER BY e.movement_id DESC LIMIT ?
) e JOIN movement m ON m.id = e.movement_id ORDER BY m.id DESC"""
NOTHING = {"available": 0, "pending": 0, "debt": 0, "next_expiry": None}


def balances(ctx: Context, customer_id: int) -> list[dict[str, Any]]:
    """[{unit, available, pending, debt, next_expiry}] of every unit the customer ever had."""
    found = db.rows(BALANCES, *(ctx.now_us,) * 3, ctx.code, customer_id)
    return [
        {
            "unit": unit,
            "available": available,
            "pending": pending,
            "debt": -debt,
            "next_expiry": next_expiry,
        }
        for unit, debt, available, pending, next_expiry in found
    ]


def balance(ctx: Context, unit: str, customer_id: int) -> dict[str, Any]:
    """{available, pending, debt, next_expiry}: amounts >= 0; the instant (microseconds) when the
    next of it expires, or None."""
    found = (item for item in balances(ctx, customer_id) if item["unit"] == unit)
    return NOTHING | {name: value for name, value in next(found, {}).items() if name != "unit"}


def history(
    ctx: Context, customer_id: int, unit: str, limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next}: movements of the wallet and the debt, the newest first. An item is {id, key,
    kind, source, reason, order_id, at (microseconds), wallet, debt}, the last two as changes."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    names = ("id", "key", "kind", "source", "reason", "order_id", "at", "wallet", "debt")
    found = db.rows(HISTORY, ctx.code, customer_id, unit, before, limit + 1)
    items = [dict(zip(names, line, strict=True)) for line in found]
    return paging.page(items, limit, lambda item: (item["id"],))
