"""What goes on when the plugin is switched off."""

from __future__ import annotations

from shop import Context, db
from shop.clock import DAY

from .settings import UNIT

MANY, DAYS = 1000, 90
"""orders are counted up to here; how long after its last movement an order may still be refunded"""
OPEN = """
SELECT COUNT(*) FROM (
  SELECT 1 FROM orders o WHERE o.store = ? AND o.state IN ('pending', 'paid') AND EXISTS (
    SELECT 1 FROM order_adjustment a WHERE a.order_id = o.id AND a.source = 'points') LIMIT ?
) AS standing"""
LAST = """
SELECT m.at FROM account a JOIN entry e ON e.account_id = a.id
JOIN movement m ON m.id = e.movement_id
WHERE a.store = ? AND a.name = ? AND m.source = 'points' AND m.order_id IS NOT NULL
ORDER BY e.movement_id DESC LIMIT 1"""


def lines(ctx: Context) -> list[str]:
    """Two cheap looks: this is asked at every change of an order that bears our mark."""
    found = []
    if standing := db.value(OPEN, ctx.code, MANY):
        some = f"{MANY} or more" if standing == MANY else standing
        found.append(f"open orders paid with points, which a cancellation gives back: {some}")
    last = db.value(LAST, ctx.code, f"issued:{UNIT}")
    if last is not None and last > ctx.now_us - DAYS * DAY:
        found.append(f"orders of the last {DAYS} days earned or took points, which refunds settle")
    return found
