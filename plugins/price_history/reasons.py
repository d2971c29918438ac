"""Why a price is struck through or is not, in one code and in words."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from shop import Context, i18n, money
from shop.clock import DAY, from_us

from .settings import of_store
from .walk import FOREVER, Judged

SHOWN = ("shown", "lowered")
HIDDEN = (
    "above_lowest", "no_reduction", "risen", "no_history", "other_price", "not_above",
    "other_plugin",
)  # fmt: skip
REASONS = (*SHOWN, *HIDDEN, "not_wished")
"""in the order in which they are reported"""


def reason(found: Judged) -> str:
    """One of `REASONS`, as far as this plugin is concerned."""
    wish = found.wished
    if wish is None:
        return "not_wished"
    if wish <= found.price:
        return "not_above"
    if found.reference is None or not found.reduced:
        return found.code
    if found.reference <= found.price:
        return "above_lowest"
    return "shown" if wish <= found.reference else "lowered"


def words(ctx: Context, why: str, found: Judged) -> dict[str, str]:
    """The reason in each language."""
    return {locale: _say(ctx, why, found, locale) for locale in i18n.LOCALES}


def _say(ctx: Context, why: str, found: Judged, locale: str) -> str:
    zone, rule = ZoneInfo(ctx.store.timezone), of_store(ctx)

    def amount(value: int | None) -> str:
        return "" if value is None else money.show(value, ctx.store.currency, locale)

    def time(at: int | None) -> str:
        return (
            "…" if at is None or at >= FOREVER else f"{from_us(at).astimezone(zone):%Y-%m-%d %H:%M}"
        )

    lowest = found.lowest
    facts: dict[str, Any] = {
        "wish": amount(found.wished),
        "price": amount(found.price),
        "days": rule.days,
        "least": rule.least // DAY,
        "since": time(found.since),
        "lowest": amount(lowest and lowest.amount),
        "begins": time(lowest and lowest.starts),
        "ends": time(lowest and lowest.ends),
    }
    return i18n.say(f"price_history_{why}", locale, **facts)
