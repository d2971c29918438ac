"""A rebate for who brings friends that buy, as store credit; one hop, and every cent explained."""

from __future__ import annotations

from typing import Any

from shop import Adjustment, Change, Context, OrderView, Plugin, Problem, Quote, db, hookimpl
from shop.clock import DAY

from . import bindings, checkout, demo, models, personal, rewards, shown, telling
from .admin_api import MANAGE, READ, admin
from .api import public
from .cli import referral_rebate
from .invariants import INVARIANTS
from .settings import NAME, ReferralRebateOptions, ReferralRebateSettings

OPEN = """
SELECT COUNT(*) FROM (SELECT 1 FROM orders o WHERE o.store = ? AND o.state IN ('pending', 'paid')
  AND EXISTS (SELECT 1 FROM order_adjustment a WHERE a.order_id = o.id AND a.source = ?) LIMIT 1000
) AS standing"""
LATELY = """
SELECT 1 FROM referral_rebate_reward WHERE store = ? AND created_at > ? ORDER BY id DESC LIMIT 1"""
DAYS = 90
"""how long after a reward its order may still be refunded"""


class ReferralRebate(Plugin):
    """Store credit for who brings friends that buy."""

    name, version = NAME, "1.0"
    Settings = ReferralRebateSettings
    OrderOptions = ReferralRebateOptions
    models = (models.Invite, models.Binding, models.Reward)
    invariants = INVARIANTS
    blueprints = (public, admin)
    commands = (referral_rebate,)
    permissions = {READ: "See who invited whom, and rewards", MANAGE: "Judge rewards, unbind"}

    def jobs(self) -> dict[str, Any]:
        return {"tell": telling.tell}

    def open_work(self, ctx: Context) -> list[str]:
        found = []
        if standing := db.value(OPEN, ctx.code, NAME):
            found.append(
                f"open orders paid with credit, which a cancellation gives back: {standing}"
            )
        if db.row(LATELY, ctx.code, ctx.now_us - DAYS * DAY):
            found.append(f"orders of the last {DAYS} days earned rewards, which refunds settle")
        return found

    def personal_data(self, ctx: Context, customer_id: int) -> dict[str, Any]:
        return personal.data(ctx, customer_id)

    def forget(self, ctx: Context, customer_id: int) -> None:
        personal.forget(ctx, customer_id)

    def demo(self, ctx: Context) -> None:
        demo.fill(ctx)

    @hookimpl
    def adjust_quote(self, ctx: Context, quote: Quote, lane: str) -> list[Adjustment]:
        return checkout.adjust(ctx, quote) if lane == "spend" else []

    @hookimpl
    def check_quote(self, ctx: Context, quote: Quote) -> list[Problem]:
        if NAME not in quote.options:
            return []
        return bindings.check(ctx, quote) + checkout.check(ctx, quote)

    @hookimpl
    def order_placing(self, ctx: Context, order: OrderView) -> None:
        checkout.debit(ctx, order)
        bindings.placed(ctx, order.customer_id, order.id, order.options)

    @hookimpl
    def customer_joined(self, ctx: Context, customer: int, options: dict[str, Any]) -> None:
        bindings.joined(ctx, customer, options)

    @hookimpl
    def order_changed(self, ctx: Context, order: OrderView, change: Change) -> None:
        checkout.give_back(ctx, order)
        rewards.settle(ctx, order, change.kind)

    @hookimpl
    def present(self, ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
        return shown.of_orders(ctx, objects) if kind == "order" else {}
