"""What has to be brought to its end though the plugin is switched off."""

from __future__ import annotations

from shop import Context, InUse, db, i18n
from shop.clock import rfc3339

from . import series

SALES = """
SELECT id, name, ends FROM flash_sale_sale
WHERE store = ? AND ended_at IS NULL ORDER BY ends LIMIT 100"""
UNPAID = """
SELECT o.number FROM orders o WHERE o.store = ? AND o.state = 'pending' AND EXISTS (
  SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.source = 'flash_sale')
ORDER BY o.id LIMIT 100"""


NEEDED = """
SELECT i.variant_id, s.id, s.name FROM flash_sale_sale s JOIN flash_sale_item i ON i.sale_id = s.id
WHERE s.store = ? AND s.ended_at IS NULL ORDER BY s.id, i.id"""


def goods_in_use(ctx: Context) -> list[InUse]:
    """The goods of sales that have not ended, and of series that make more of them."""
    found = [
        InUse(variant, i18n.say("flash_sale_in_use", ctx.locale, id=sale, name=name))
        for variant, sale, name in db.rows(NEEDED, ctx.code)
    ]
    for one in series.going_on(ctx):
        what = i18n.say("flash_sale_series_in_use", ctx.locale, id=one.id, name=one.name)
        found += [InUse(item["variant"], what) for item in one.items]
    return found


def open_work(ctx: Context) -> list[str]:
    """Sales whose units are set apart, and orders that keep units unpaid."""
    sales = [
        f"sale {sale} ({name}): its units go back at {rfc3339(ends)}"
        for sale, name, ends in db.rows(SALES, ctx.code)
    ]
    unpaid = [f"order {number}: unpaid" for (number,) in db.rows(UNPAID, ctx.code)]
    return sales + unpaid
