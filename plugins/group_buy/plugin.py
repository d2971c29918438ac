"""Sell for less to those who buy together: teams that are complete in time, or get their money
back."""

from __future__ import annotations

from typing import Any

from shop import Change, Context, InUse, LinePrice, OrderView, Plugin, Problem, Quote, db, hookimpl

from . import campaigns, demo, ladder, members, models, ordering, personal, shown, teams, telling
from .admin_api import MANAGE, READ, admin
from .api import public
from .cli import group_buy
from .settings import NAME, GroupBuyOptions, GroupBuySettings

OPEN = """
SELECT code FROM group_buy_team WHERE store = ? AND state = 'open' ORDER BY id LIMIT 100"""
WAITING = """
SELECT o.number FROM group_buy_member m JOIN orders o ON o.id = m.order_id
JOIN group_buy_team t ON t.id = m.team_id
WHERE m.store = ? AND m.state = 'held' AND t.state <> 'open' ORDER BY m.id LIMIT 100"""
UNCLOSED = """
SELECT c.id, c.name FROM group_buy_campaign c WHERE c.store = ? AND c.closed_at IS NULL
AND EXISTS (SELECT 1 FROM group_buy_member m WHERE m.campaign_id = c.id AND m.state = 'paid')
ORDER BY c.id LIMIT 100"""


class GroupBuy(Plugin):
    """Sell for less to those who buy together."""

    name, version = NAME, "1.0"
    Settings = GroupBuySettings
    LineOptions = GroupBuyOptions
    models = (models.Campaign, models.Item, models.Team, models.Member)
    blueprints = (public, admin)
    commands = (group_buy,)
    permissions = {READ: "See campaigns and teams", MANAGE: "Make campaigns, complete teams"}

    def jobs(self) -> dict[str, Any]:
        return {
            "deadline": lambda ctx, data: teams.decide(ctx, data["team"]),
            "complete": members.release_all,
            "failed": members.cancel_all,
            "refuse": members.refuse,
            "close": ladder.close,
            "ladder": ladder.give,
            "show": campaigns.show,
            "tell": telling.tell,
        }

    def open_work(self, ctx: Context) -> list[str]:
        return [
            *(f"team {code} is open" for (code,) in db.rows(OPEN, ctx.code)),
            *(f"order {number} waits" for (number,) in db.rows(WAITING, ctx.code)),
            *(f"campaign {number} ({name}) is not closed"
              for number, name in db.rows(UNCLOSED, ctx.code)),
        ]  # fmt: skip

    def goods_in_use(self, ctx: Context) -> list[InUse]:
        return campaigns.goods_in_use(ctx)

    def personal_data(self, ctx: Context, customer_id: int) -> dict[str, Any]:
        return personal.data(ctx, customer_id)

    def demo(self, ctx: Context) -> None:
        demo.fill(ctx)

    @hookimpl
    def price_lines(self, ctx: Context, lines: list[Any]) -> dict[int, LinePrice]:
        return ordering.price_lines(ctx, lines)

    @hookimpl
    def check_quote(self, ctx: Context, quote: Quote) -> list[Problem]:
        return ordering.check_quote(ctx, quote)

    @hookimpl
    def check_cancel(self, ctx: Context, order: OrderView) -> list[Problem]:
        return members.check_cancel(ctx, order)

    @hookimpl
    def order_placing(self, ctx: Context, order: OrderView) -> None:
        members.join(ctx, order)

    @hookimpl
    def order_changed(self, ctx: Context, order: OrderView, change: Change) -> None:
        members.settle(ctx, order)

    @hookimpl
    def present(self, ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
        if kind == "order":
            return shown.of_orders(ctx, objects)
        return shown.of_variants(ctx, objects) if kind == "variant" else {}
