"""Customers who have points or owe some."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.clock import rfc3339
from shop.data import paging

from .settings import UNIT

HOLDERS = """
SELECT c.id, c.phone, c.name, c.verified_at
FROM customer c
WHERE c.store || '' = ? AND c.id < ? AND EXISTS (
  SELECT 1 FROM account a WHERE a.customer_id = c.id AND a.unit = ? AND a.balance <> 0)
ORDER BY c.id DESC LIMIT ?"""
HOLDING = """
SELECT a.customer_id,
  COALESCE(SUM(CASE WHEN l.available_at <= ? THEN l.remaining ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN l.available_at > ? THEN l.remaining ELSE 0 END), 0),
  MAX(CASE a.role WHEN 'debt' THEN -a.balance ELSE 0 END), MIN(l.expires_at)
FROM account a LEFT JOIN lot l ON l.account_id = a.id AND l.remaining > 0
  AND (l.expires_at IS NULL OR l.expires_at > ?)
WHERE a.customer_id IN (??) AND a.store || '' = ? AND a.unit = ? GROUP BY a.customer_id"""
NOBODY = 2**63 - 1


def page(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """{items, next}, the newest customer first: {id, phone, name, verified_at, available, pending,
    debt, next_expiry}. What has expired and is not yet booked shows as nothing."""
    [before] = paging.decode(after, int) or (NOBODY,)
    found = db.rows(HOLDERS, ctx.code, before, UNIT, limit + 1)
    shown = paging.page(found, limit, lambda row: (row[0],))
    ids = db.many([row[0] for row in shown["items"]])
    holding = {row[0]: row[1:] for row in db.rows(HOLDING, *(ctx.now_us,) * 3, ids, ctx.code, UNIT)}
    items = []
    for number, phone, name, verified_at in shown["items"]:
        available, pending, debt, next_expiry = holding[number]
        items.append({
            "id": number, "phone": phone, "name": name, "verified_at": rfc3339(verified_at),
            "available": available, "pending": pending, "debt": debt,
            "next_expiry": rfc3339(next_expiry),
        })  # fmt: skip
    return shown | {"items": items}
