"""Until the principal is back: friends' orders pay back what somebody has bought, order by order, the
oldest first, and never more than the goods money that is still in it."""

from __future__ import annotations

from typing import Any

from shop import Context, OrderView, db
from shop.orders import kept

from .models import Reward

OPEN = f"""
SELECT o.id, SUM({kept.MONEY})
FROM orders o JOIN order_line l ON l.order_id = o.id
WHERE o.customer_id = ? AND o.store || '' = ? AND o.state IN ('paid', 'completed')
GROUP BY o.id, o.placed_at ORDER BY o.placed_at, o.id"""
HAVE = """
SELECT account_id, SUM(granted - taken) FROM referral_rebate_reward
WHERE customer_id = ? AND store || '' = ? AND account_id IS NOT NULL GROUP BY account_id"""
IS_ONE = "SELECT 1 FROM referral_rebate_reward WHERE account_id = ? AND store || '' = ? LIMIT 1"


def open_ones(ctx: Context, customer_id: int) -> list[tuple[int, int]]:
    """[(order, room)] of a customer's purchases that are not paid back yet, his row held."""
    have = dict(db.rows(HAVE, customer_id, ctx.code))
    found = db.rows(OPEN, customer_id, ctx.code)
    rooms = [(order, int(money) - int(have.get(order, 0))) for order, money in found]
    return [(order, room) for order, room in rooms if room > 0]


def shrink(ctx: Context, order: OrderView) -> None:
    """The buyer's own refund lowers what is to be paid back; what is above it is taken back, the
    latest first."""
    from . import rewards

    if not db.row(IS_ONE, order.id, ctx.code):
        return
    db.lock_row("customer", order.customer_id)
    target = order.goods_kept if order.state in ("paid", "completed") else 0
    where = (Reward.account == order.id) & (Reward.store == ctx.code)
    found = list(Reward.select().where(where).order_by(Reward.id.desc()))
    excess = sum(reward.granted - reward.taken for reward in found) - target
    for reward in found:
        less = min(excess, reward.granted - reward.taken)
        if less > 0:
            reward.most = reward.granted - reward.taken - less
            rewards.take(ctx, reward, less)
            excess -= less


def shown(ctx: Context, customer_id: int) -> list[dict[str, Any]]:
    """[{order, principal, back, closed}] of a customer's purchases, the oldest first."""
    have = dict(db.rows(HAVE, customer_id, ctx.code))
    numbers = dict(db.rows(NUMBERS, customer_id, ctx.code))
    return [
        {"order": numbers[order], "principal": int(money), "back": int(have.get(order, 0)),
         "closed": have.get(order, 0) >= money}
        for order, money in db.rows(OPEN, customer_id, ctx.code)
        if money > 0
    ]  # fmt: skip


NUMBERS = "SELECT id, number FROM orders WHERE customer_id = ? AND store || '' = ?"
