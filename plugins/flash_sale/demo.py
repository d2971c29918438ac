"""A sale in the demo store that runs; when it has ended, the next start makes another."""

from __future__ import annotations

from shop import Context, db
from shop.clock import HOUR

from . import sales

OPEN = "SELECT 1 FROM flash_sale_sale WHERE store = ? AND ended_at IS NULL AND ends > ? LIMIT 1"
GOODS = """
SELECT v.sku, v.price, s.on_hand FROM variant v
JOIN product p ON p.id = v.product_id JOIN stock s ON s.variant_id = v.id AND s.pool = 'main'
WHERE v.store = ? AND v.archived_at IS NULL AND v.tracked = ? AND p.status = 'published'
  AND s.on_hand >= 10 AND v.id = (
    SELECT MIN(o.id) FROM variant o WHERE o.product_id = p.id AND o.archived_at IS NULL)
ORDER BY v.price DESC, v.id LIMIT 3"""
LASTS = 6 * HOUR


def fill(ctx: Context) -> None:
    """The three dearest products at seven tenths of their price for some hours, two per customer."""
    with db.transaction():
        if db.row(OPEN, ctx.code, ctx.now_us):
            return
        goods = db.rows(GOODS, ctx.code, True)
        if not goods:
            return
        sales.create(ctx, {
            "name": "今晚限时抢购",
            "translations": {"en": {"name": "Tonight only"}},
            "ends": ctx.now_us + LASTS,
            "per_customer": 2,
            "items": [
                {"sku": sku, "price": price * 7 // 10, "quantity": min(20, units // 2)}
                for sku, price, units in goods
            ],
        })  # fmt: skip
