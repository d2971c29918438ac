"""The events of a store, to be read."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.data import paging

FIND = """
SELECT e.id, e.kind, o.number, e.customer_id, e.data, e.at
FROM event e LEFT JOIN orders o ON o.id = e.order_id
WHERE e.store = ? AND e.id < ? {where} ORDER BY e.id DESC LIMIT ?"""
FILTERS = {
    "kind": "AND e.kind = ?",
    "order": "AND e.order_id = (SELECT id FROM orders WHERE store = e.store AND number = ?)",
    "customer": "AND e.customer_id = ?",
}
NAMES = ("id", "kind", "order", "customer", "data", "at")
NEWEST = 2**63 - 1


def find(
    ctx: Context, *, limit: int = 20, after: str | None = None, **filters: str | int
) -> dict[str, Any]:
    """A page {items, next}, the newest first, by `kind`, `order` (number) or `customer` (id)."""
    [before] = paging.decode(after, int) or (NEWEST,)
    asked = {name: wanted for name, wanted in filters.items() if wanted}
    where = " ".join(FILTERS[name] for name in asked)
    found = db.rows(FIND.format(where=where), ctx.code, before, *asked.values(), limit + 1)
    items = [dict(zip(NAMES, line, strict=True)) | {"data": db.load(line[4])} for line in found]
    return paging.page(items, limit, lambda event: (event["id"],))
