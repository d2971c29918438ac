"""Points: earned on what was bought and kept, spent at checkout, and always accounted for."""

from __future__ import annotations

from typing import Any

from shop import Adjustment, Change, Context, OrderView, Plugin, Problem, Quote, hookimpl

from . import admin_api, api, checkout, demo, expiring, obligations, presence, settling
from .cli import points_group
from .settings import NAME, PointsOptions, PointsSettings


class Points(Plugin):
    """A rebate that customers earn on goods and spend in this shop. The ledger is all it keeps."""

    name, version = NAME, "1.0"
    Settings = PointsSettings
    OrderOptions = PointsOptions
    blueprints = (api.blp, admin_api.blp)
    commands = (points_group,)
    permissions = {
        admin_api.READ: "See customers' points and the report",
        admin_api.MANAGE: "Give points to customers and take them",
    }
    periodic = {"find_expiring": 3600}

    @hookimpl
    def adjust_quote(self, ctx: Context, quote: Quote, lane: str) -> list[Adjustment]:
        return checkout.adjust(ctx, self.settings, quote) if lane == "spend" else []

    @hookimpl
    def check_quote(self, ctx: Context, quote: Quote) -> list[Problem]:
        return checkout.check(ctx, self.settings, quote)

    @hookimpl
    def order_placing(self, ctx: Context, order: OrderView) -> None:
        checkout.debit(ctx, self.settings, order)

    @hookimpl
    def order_changed(self, ctx: Context, order: OrderView, change: Change) -> None:
        settling.settle(ctx, self.settings, order, change)

    @hookimpl
    def present(self, ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
        shown = {
            "product": presence.goods,
            "variant": presence.goods,
            "cart": presence.carts,
            "order": presence.orders,
        }
        show = shown.get(kind)
        return show(ctx, self.settings, objects) if show else {}

    def jobs(self) -> dict[str, Any]:
        return {"find_expiring": expiring.find, "tell": expiring.tell}

    def open_work(self, ctx: Context) -> list[str]:
        return obligations.lines(ctx)

    def demo(self, ctx: Context) -> None:
        demo.fill(ctx)
