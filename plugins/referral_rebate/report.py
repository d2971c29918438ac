"""What inviting brought, and what it cost."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.orders import kept

from .settings import UNIT
from .shown import BOUGHT

FRIENDS = """
SELECT COUNT(*), SUM(CASE WHEN first_order_id IS NULL THEN 0 ELSE 1 END),
  SUM(CASE WHEN removed_at IS NULL THEN 0 ELSE 1 END)
FROM referral_rebate_binding WHERE store = ?"""
SALES = f"""
SELECT COUNT(DISTINCT o.id),
  COALESCE(SUM({kept.MONEY}), 0),
  COALESCE(SUM((l.quantity - l.refunded) * COALESCE(l.cost, 0)), 0)
{BOUGHT} WHERE b.store = ?"""
REWARDS = """
SELECT kind, COALESCE(SUM(CASE WHEN round > 0 THEN amount ELSE 0 END), 0),
  COALESCE(SUM(granted - taken), 0),
  SUM(CASE WHEN state = 'held' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'void' THEN 1 ELSE 0 END),
  SUM(CASE WHEN state = 'refused' THEN 1 ELSE 0 END)
FROM referral_rebate_reward WHERE store = ? GROUP BY kind"""
LEDGER = """
SELECT m.kind, SUM(e.amount) FROM account a JOIN entry e ON e.account_id = a.id
JOIN movement m ON m.id = e.movement_id
WHERE a.store = ? AND a.unit = ? AND a.customer_id IS NOT NULL GROUP BY m.kind"""


def report(ctx: Context) -> dict[str, Any]:
    """{invited, bought, removed, orders, sales, cost, referrers, newcomers, taken_back, spent,
    expired, outstanding, held, void, refused, earned, currency}: customers, their orders and goods
    money kept; credit of both kinds that stands, what of it was spent, expired, and can still be;
    `earned` is sales less cost less credit that stands."""
    invited, bought, removed = (int(count or 0) for count in db.row(FRIENDS, ctx.code) or (0,) * 3)
    orders, sales, cost = (int(count) for count in db.row(SALES, ctx.code) or (0,) * 3)
    kinds = {row[0]: [int(count or 0) for count in row[1:]] for row in db.rows(REWARDS, ctx.code)}
    nothing = [0] * 5
    referrer, newcomer = kinds.get("referrer", nothing), kinds.get("newcomer", nothing)
    booked = {kind: int(amount) for kind, amount in db.rows(LEDGER, ctx.code, UNIT)}
    stands = referrer[1] + newcomer[1]
    return {
        "invited": invited, "bought": bought, "removed": removed, "orders": orders,
        "sales": sales, "cost": cost, "referrers": referrer[1], "newcomers": newcomer[1],
        "taken_back": -booked.get("claw_back", 0),
        "spent": -booked.get("spend", 0) - booked.get("give_back", 0),
        "expired": -booked.get("expire", 0), "outstanding": sum(booked.values()),
        "held": referrer[2] + newcomer[2], "void": referrer[3] + newcomer[3],
        "refused": referrer[4] + newcomer[4], "earned": sales - cost - stands,
        "currency": ctx.store.currency,
    }  # fmt: skip
