"""A separate stock at a low price for a short time."""

from __future__ import annotations

from typing import Any

from shop import Change, Context, InUse, LinePrice, OrderView, Plugin, Problem, Quote, hookimpl

from . import demo, limits, models, obligations, presented, pricing, sales, series
from .admin_api import admin
from .admin_series import admin as admin_series
from .api import public
from .cli import flash_sale
from .settings import NAME, FlashSaleSettings


class FlashSale(Plugin):
    """Sell a separate stock at a low price for a short time."""

    name, version = NAME, "1.0"
    Settings = FlashSaleSettings
    models = (models.Series, models.Sale, models.SaleItem)
    blueprints = (public, admin, admin_series)
    commands = (flash_sale,)
    permissions = {
        "flash_sale.read": "See sales and what they earned",
        "flash_sale.manage": "Make, change and end sales",
    }
    periodic = {"slots": 300}

    def jobs(self) -> dict[str, Any]:
        return {
            "end": sales.end_due,
            "announce": sales.announce_due,
            "slots": series.make_slots,
        }

    def open_work(self, ctx: Context) -> list[str]:
        return obligations.open_work(ctx)

    def goods_in_use(self, ctx: Context) -> list[InUse]:
        return obligations.goods_in_use(ctx)

    def demo(self, ctx: Context) -> None:
        demo.fill(ctx)

    @hookimpl
    def price_lines(self, ctx: Context, lines: list[Any]) -> dict[int, LinePrice]:
        return pricing.price_lines(ctx, lines)

    @hookimpl
    def check_quote(self, ctx: Context, quote: Quote) -> list[Problem]:
        return limits.check_quote(ctx, quote)

    @hookimpl
    def order_placing(self, ctx: Context, order: OrderView) -> None:
        limits.order_placing(ctx, order)

    @hookimpl
    def order_changed(self, ctx: Context, order: OrderView, change: Change) -> None:
        if change.kind in ("refunded", "cancelled"):
            limits.settle(ctx, order)

    @hookimpl
    def present(self, ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
        return presented.present(ctx, kind, objects)
