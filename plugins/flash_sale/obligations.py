"""What has to be brought to its end though the plugin is switched off."""

from __future__ import annotations

from shop import Context, db
from shop.clock import rfc3339

SALES = """
SELECT id, name, ends FROM flash_sale_sale
WHERE store = ? AND ended_at IS NULL ORDER BY ends LIMIT 100"""
UNPAID = """
SELECT o.number FROM orders o WHERE o.store = ? AND o.state = 'pending' AND EXISTS (
  SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.source = 'flash_sale')
ORDER BY o.id LIMIT 100"""


def open_work(ctx: Context) -> list[str]:
    """Sales whose units are set apart, and orders that keep units unpaid."""
    sales = [
        f"sale {sale} ({name}): its units go back at {rfc3339(ends)}"
        for sale, name, ends in db.rows(SALES, ctx.code)
    ]
    unpaid = [f"order {number}: unpaid" for (number,) in db.rows(UNPAID, ctx.code)]
    return sales + unpaid
