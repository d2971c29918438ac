"""Prices of the past for three goods of the demo store that want to strike one through: one asked it
for a month, one never, one for two days only. What they cost now stays."""

from __future__ import annotations

from datetime import timedelta

from shop import Context, db
from shop.catalog import prices
from shop.clock import DAY

GOODS = """
SELECT v.id, v.price, v.compare_at FROM variant v JOIN product p ON p.id = v.product_id
JOIN price r ON r.variant_id = v.id AND r.source = 'catalogue' AND r.ends IS NULL
WHERE v.store = ? AND v.archived_at IS NULL AND p.status = 'published' AND v.compare_at > v.price
  AND r.starts < ? ORDER BY v.id LIMIT 3"""
CHANGED = """
SELECT 1 FROM price r JOIN variant v ON v.id = r.variant_id
WHERE v.store = ? AND v.compare_at IS NOT NULL AND r.source = 'catalogue' AND r.ends IS NOT NULL
LIMIT 1"""
COURSES = ((40, 2), (), (3, 1))
"""days ago that the price was raised to what is struck through, and lowered again"""


def fill(ctx: Context) -> None:
    """Once: in a store where a struck-through price has any history it does nothing."""
    with db.transaction():
        goods = db.rows(GOODS, ctx.code, ctx.now_us - 50 * DAY)
        if db.value(CHANGED, ctx.code):
            return
        for (variant, price, compare_at), course in zip(goods, COURSES, strict=False):
            for days, amount in zip(course, (compare_at, price), strict=False):
                then = ctx.at(ctx.now - timedelta(days=days))
                prices.set_catalogue_price(then, variant, amount)
