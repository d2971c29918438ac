"""After every change of an order: what it deserves now, less what is booked already.

Points spent on it come back in proportion to what was refunded, to the very lots they came from;
points earned are granted when it completes and taken back as its goods money goes back.
"""

from __future__ import annotations

from typing import Any

from shop import Change, Context, OrderView
from shop.clock import DAY
from shop.jobs import events
from shop.ledger import ledger
from shop.payments import spending

from . import notes, rates
from .bookings import Booked, OfOrder, earn_key, of_orders
from .rates import Rate
from .settings import NAME, UNIT


def settle(ctx: Context, settings: Any, order: OrderView, change: Change) -> None:
    """Under the order's lock. What an order earned while the plugin was off is not made up for;
    one that earned before and is only completed anew keeps what it earned."""
    booked = of_orders(ctx, [order.id])[order.id]
    if booked.spent:
        return_spent(ctx, settings, order, booked.spent)
    if booked.earned or NAME in ctx.plugins.by_name:
        settle_earned(ctx, settings, order, booked, may_grant=change.kind == "completed")


def return_spent(ctx: Context, settings: Any, order: OrderView, spent: Booked) -> None:
    """All of a cancelled order's; else what belongs to the part that was refunded."""
    total = spending.due_back(ctx, order, NAME, spent.amount)
    if total <= spent.back:
        return
    because = "cancelled" if order.state == "cancelled" else "refunded"
    done = ledger.give_back(
        ctx, spent.key, total, NAME,
        grace_us=settings.grace_days * DAY, reason=notes.write(because=because),
    )  # fmt: skip
    if done.id is not None:
        facts = {"points": done.wallet, "because": because}
        events.record(ctx, "points.returned", order.id, order.customer_id, **facts)


def settle_earned(
    ctx: Context, settings: Any, order: OrderView, booked: OfOrder, *, may_grant: bool
) -> None:
    rate = rate_of(ctx, settings, booked)
    deserved = rate.earned(order.goods_kept) if order.state == "completed" else 0
    missing = deserved - sum(grant.kept for grant in booked.earned)
    if missing > 0 and may_grant:
        _grant(ctx, settings, order, rate, len(booked.earned), missing)
    elif missing < 0:
        _take_back(ctx, order, booked.earned, -missing)


def rate_of(ctx: Context, settings: Any, booked: OfOrder) -> Rate:
    """That of the grant which stands: a new setting never changes what an order has earned. An
    order whose points were all taken back is completed at today's, if there is one today."""
    for grant in reversed(booked.earned):
        if grant.rate and (grant.kept or NAME not in ctx.plugins.by_name):
            return grant.rate
    return rates.earning(ctx, settings)


def _grant(
    ctx: Context, settings: Any, order: OrderView, rate: Rate, number: int, points: int
) -> None:
    """A debt is paid first. Both terms run from the completion, however late this is booked."""
    since = order.completed_at or ctx.now_us
    available = since + settings.available_days * DAY
    expires = since + settings.expires_days * DAY if settings.expires_days else None
    reason = notes.write(base=order.goods_kept, points=rate.points, per=rate.minor)
    done = ledger.grant(
        ctx, UNIT, order.customer_id, points, earn_key(order.id, number), NAME,
        order_id=order.id, reason=reason, available_at=available, expires_at=expires,
    )  # fmt: skip
    if not done.repeated:
        facts = {"points": points, "base": order.goods_kept, "debt_paid": done.debt}
        events.record(ctx, "points.earned", order.id, order.customer_id, **facts)


def _take_back(ctx: Context, order: OrderView, grants: list[Booked], points: int) -> None:
    """Of the last grant first; what was spent of it becomes a debt, what expired is gone."""
    because = "refunded" if order.state == "completed" else "undone"
    for grant in reversed(grants):
        less = min(points, grant.kept)
        if not less:
            continue
        done = ledger.claw_back(
            ctx, grant.key, grant.back + less, NAME, reason=notes.write(because=because)
        )
        points -= less
        if done.id is not None:
            facts = {"points": -(done.wallet + done.debt), "debt": -done.debt, "because": because}
            events.record(ctx, "points.taken_back", order.id, order.customer_id, **facts)
