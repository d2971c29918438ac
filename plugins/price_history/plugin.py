"""A price is struck through only where it was really asked before."""

from __future__ import annotations

from typing import Any

from shop import Context, Plugin, hookimpl
from shop.config import StoreConfig

from . import demo, shown
from .admin_api import admin
from .api import public
from .cli import price_history
from .settings import COUNTRIES, NAME, PriceHistorySettings, mistakes, profile_of, rules


class PriceHistory(Plugin):
    """Strike a price through only where it was the lowest one before the reduction."""

    name, version = NAME, "1.0"
    Settings = PriceHistorySettings
    blueprints = (public, admin)
    commands = (price_history,)
    permissions = {"price_history.read": "See why prices are struck through or not"}

    def check(self, store: StoreConfig) -> list[str]:
        profile = profile_of(self.settings, store.country)
        given = {key: getattr(self.settings, key) for key in PriceHistorySettings().fields}
        return [f"{key}: {text}" for key, text in mistakes(given, profile)]

    def notes(self, store: StoreConfig) -> list[str]:
        rule = rules(self.settings, store.country)
        if self.settings.profile:
            why = "as the file says"
        elif store.country in COUNTRIES:
            why = f"for {store.country}, the store's country"
        else:
            why = f"the strictest, for {store.country or 'this country'} has none of its own"
        return [f"profile {rule.profile}, looks back {rule.days} days: {why}"]

    def demo(self, ctx: Context) -> None:
        demo.fill(ctx)

    @hookimpl
    def reference_price(self, ctx: Context, variants: list[int]) -> dict[int, int | None]:
        return shown.reference_prices(ctx, variants)

    @hookimpl
    def present(self, ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
        return shown.present(ctx, kind, objects)
