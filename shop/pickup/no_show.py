"""Orders that nobody fetched: a reminder at the window's end, then the owner's rule.

An order on hold could not be fetched, so its time does not run; the hours of grace begin with
the reminder, even one that came late.
"""

from __future__ import annotations

from typing import Any

from shop import db
from shop.clock import HOUR
from shop.context import Context
from shop.jobs import events, jobs
from shop.orders import order_view, orders

EVERY = 300
DAY = 24 * HOUR
CHUNK = 500

OPEN = """
SELECT o.id FROM orders o JOIN pickup_window w ON w.id = o.window_id
WHERE o.store = ? AND o.state IN ('pending', 'paid') AND w.ends <= ? AND {due}
  AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = o.id AND h.released_at IS NULL)
ORDER BY o.id LIMIT ?"""
UNREMINDED = OPEN.format(due="o.reminded_at IS NULL")
UNFETCHED = OPEN.format(
    due="""o.reminded_at <= ? AND o.id > ?
  AND NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.handed_out > 0)"""
)
REMINDED = "UPDATE orders SET reminded_at = ? WHERE id = ? AND reminded_at IS NULL"


@jobs.handler("no_show", every=EVERY)
def follow_up(ctx: Context, data: dict[str, Any]) -> None:
    """Remind, and have cancelled where the store's rule says so."""
    while due := db.rows(UNREMINDED, ctx.code, ctx.now_us, CHUNK):
        for (order_id,) in due:
            _remind(ctx, order_id)
    if ctx.store.orders.no_show == "cancel":
        _cancel_due(ctx)


def _remind(ctx: Context, order_id: int) -> None:
    """Once: who wins the UPDATE appends the event."""
    with db.transaction():
        if db.change(REMINDED, ctx.now_us, order_id):
            events.record(ctx, "order.reminder", order_id)


def _cancel_due(ctx: Context) -> None:
    """A job for each, so that one that fails keeps no other; tried anew every day. Orders of
    which something was fetched stay for the owner to decide."""
    before, last = ctx.now_us - ctx.store.orders.no_show_hours * HOUR, 0
    while due := db.rows(UNFETCHED, ctx.code, ctx.now_us, before, last, CHUNK):
        with db.transaction():
            for (order_id,) in due:
                key = f"order:{order_id}:{ctx.now_us // DAY}"
                jobs.schedule(
                    ctx, jobs.CORE, "cancel_no_show", key, ctx.now_us, {"order": order_id}
                )
        last = due[-1][0]


@jobs.handler("cancel_no_show")
@jobs.atomic
def cancel(ctx: Context, data: dict[str, Any]) -> None:
    order = order_view.lock(ctx, data["order"])
    untouched = not any(line.handed_out for line in order.lines)
    if order.state in ("pending", "paid") and untouched and not order.holds:
        orders.cancel(ctx, order.id, "no_show")
