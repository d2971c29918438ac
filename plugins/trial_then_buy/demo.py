"""An offer in the demo store: its dearest product for three days; another when that is over."""

from __future__ import annotations

from shop import Context, db

from . import offers

OPEN = """
SELECT 1 FROM trial_then_buy_offer WHERE store = ? AND (ends IS NULL OR ends > ?) LIMIT 1"""
DEAREST = """
SELECT v.sku, v.price FROM variant v JOIN product p ON p.id = v.product_id
LEFT JOIN stock s ON s.variant_id = v.id AND s.pool = 'main'
WHERE v.store = ? AND v.archived_at IS NULL AND p.status = 'published'
  AND (v.tracked = ? OR s.on_hand >= 5)
ORDER BY v.price DESC, v.id LIMIT 1"""


def fill(ctx: Context) -> None:
    with db.transaction():
        found = db.row(DEAREST, ctx.code, False)
        if found is None or db.row(OPEN, ctx.code, ctx.now_us):
            return
        sku, price = found
        facts = {"sku": sku, "fee": price // 10, "deposit": price // 2, "days": 3}
        offers.create(ctx, facts)
