"""Try it for a fee and a deposit, then buy it or bring it back."""

from __future__ import annotations

from typing import Any

from shop import (
    Adjustment,
    Change,
    Context,
    InUse,
    LinePrice,
    OrderView,
    Plugin,
    Problem,
    Quote,
    db,
    hookimpl,
)
from shop.jobs import jobs

from . import demo, models, offers, ordering, personal, reminding, shown, trials
from .admin_api import MANAGE, READ, admin
from .api import public
from .cli import trial_then_buy
from .settings import NAME, TrialThenBuyOptions, TrialThenBuySettings

OPEN = """
SELECT o.number, t.state FROM trial_then_buy_trial t JOIN orders o ON o.id = t.order_id
WHERE t.store = ? AND t.state IN ('waiting', 'running', 'returned') ORDER BY t.id LIMIT 100"""


class TrialThenBuy(Plugin):
    """Try it for a fee and a deposit, then buy it or bring it back."""

    name, version = NAME, "1.0"
    Settings = TrialThenBuySettings
    LineOptions = TrialThenBuyOptions
    models = (models.Offer, models.Trial)
    blueprints = (public, admin)
    commands = (trial_then_buy,)
    permissions = {READ: "See offers and trials", MANAGE: "Make offers, take trials back"}

    def jobs(self) -> dict[str, Any]:
        return {
            "overdue": jobs.atomic(trials.charge_overdue),
            "remind": reminding.remind,
            "show": offers.show,
        }

    def open_work(self, ctx: Context) -> list[str]:
        return [f"order {number}: a trial is {state}" for number, state in db.rows(OPEN, ctx.code)]

    def goods_in_use(self, ctx: Context) -> list[InUse]:
        return offers.goods_in_use(ctx)

    def personal_data(self, ctx: Context, customer_id: int) -> dict[str, Any]:
        return personal.data(ctx, customer_id)

    def forget(self, ctx: Context, customer_id: int) -> None:
        personal.forget(ctx, customer_id)

    def demo(self, ctx: Context) -> None:
        demo.fill(ctx)

    @hookimpl
    def price_lines(self, ctx: Context, lines: list[Any]) -> dict[int, LinePrice]:
        return ordering.price_lines(ctx, lines)

    @hookimpl
    def adjust_quote(self, ctx: Context, quote: Quote, lane: str) -> list[Adjustment]:
        return ordering.deposits(ctx, quote) if lane == "fee" else []

    @hookimpl
    def check_quote(self, ctx: Context, quote: Quote) -> list[Problem]:
        return ordering.check_quote(ctx, quote)

    @hookimpl
    def order_placing(self, ctx: Context, order: OrderView) -> None:
        ordering.order_placing(ctx, order)

    @hookimpl
    def order_changed(self, ctx: Context, order: OrderView, change: Change) -> None:
        trials.settle_order(ctx, order)

    @hookimpl
    def present(self, ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
        if kind == "order":
            return shown.of_orders(ctx, objects)
        return shown.of_variants(ctx, objects) if kind == "variant" else {}
