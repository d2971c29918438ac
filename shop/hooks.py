"""The hook specifications: what the core asks its plugins, and nothing else.

Each is described, with its error behaviour, in docs/hooks.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from shop.carts.quote import Adjustment, LinePrice, Problem, Quote, QuoteLine
    from shop.context import Context
    from shop.jobs.events import Change, EventView
    from shop.orders.orders import OrderView

hookspec = pluggy.HookspecMarker("shop")
hookimpl = pluggy.HookimplMarker("shop")


class Hooks:
    @hookspec
    def price_lines(self, ctx: Context, lines: list[QuoteLine]) -> dict[int, LinePrice]:
        """Prices of some lines, by `line.index`. Read-only."""

    @hookspec
    def adjust_quote(self, ctx: Context, quote: Quote, lane: str) -> list[Adjustment]:
        """Discounts, spends or fees on a quote; lane is discount, spend or fee. Read-only."""

    @hookspec
    def check_quote(self, ctx: Context, quote: Quote) -> list[Problem]:
        """Reasons why this cannot be ordered as it is. Read-only."""

    @hookspec
    def check_cancel(self, ctx: Context, order: OrderView) -> list[Problem]:
        """Reasons why a customer may not cancel this paid order any more. Read-only."""

    @hookspec
    def order_placing(self, ctx: Context, order: OrderView) -> None:
        """In the placing transaction, stock taken: hold, claim, prepay, spend or Reject."""

    @hookspec
    def order_changed(self, ctx: Context, order: OrderView, change: Change) -> None:
        """After a change of an order, in its transaction, in a savepoint of this plugin."""

    @hookspec
    def customer_joined(self, ctx: Context, customer: int, options: dict[str, Any]) -> None:
        """Once, when the row of a customer was made."""

    @hookspec
    def reference_price(self, ctx: Context, variants: list[int]) -> dict[int, int | None]:
        """The highest honest struck-through price by variant; None hides it. Read-only."""

    @hookspec
    def present(self, ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
        """What stands under `extensions.<plugin>`, by the object's id. Read-only."""

    @hookspec
    def notify(self, ctx: Context, event: EventView) -> None:
        """A job after the commit of an event; may use the network; is retried."""
