"""The rules of points, for programs and in words."""

from __future__ import annotations

from typing import Any

from shop import Context, i18n, money

from . import rates
from .rates import Rate

DAYS = ("available_days", "expires_days", "grace_days", "notice_days")
BOUNDS = ("least_points", "least_share", "greatest_share")


def document(ctx: Context, settings: Any) -> dict[str, Any]:
    earn, spend = rates.earning(ctx, settings), rates.spending(ctx, settings)
    return {
        "currency": ctx.store.currency,
        "earn": {"points": earn.points, "per": earn.minor},
        "spend": {"points": spend.points, "per": spend.minor},
        **{name: getattr(settings, name) for name in (*DAYS, *BOUNDS)},
        "words": _words(ctx, settings, earn),
    }


def store_name(ctx: Context) -> str:
    """In the caller's language."""
    return ctx.store.translations.get(ctx.locale, {}).get("name") or ctx.store.name


def _words(ctx: Context, settings: Any, earn: Rate) -> list[str]:
    """Only what applies in this shop."""
    found: list[tuple[str, dict[str, Any]]] = []
    if earn.points:
        per = _money(ctx, earn.minor)
        found.append(("points_rule_earn", {"n": earn.points, "per": per}))
        if settings.available_days:
            found.append(("points_rule_available", {"days": settings.available_days}))
        if settings.expires_days:
            found.append(("points_rule_expires", {"days": settings.expires_days}))
    worth = settings.spend_unit * 10 ** money.precision(ctx.store.currency)
    facts = {"points": settings.spend_per_unit, "worth": _money(ctx, worth)}
    found.append(("points_rule_spend", facts))
    if settings.greatest_share < 100:
        found.append(("points_rule_greatest", {"share": settings.greatest_share}))
    if settings.least_share:
        found.append(("points_rule_share", {"share": settings.least_share}))
    if settings.least_points > 1:
        found.append(("points_rule_least", {"points": settings.least_points}))
    found.append(("points_rule_refund", {"days": settings.grace_days}))
    found.append(("points_rule_here", {"store": store_name(ctx)}))
    return [i18n.say(code, ctx.locale, **given) for code, given in found]


def _money(ctx: Context, amount: int) -> str:
    return money.show(amount, ctx.store.currency, ctx.locale)
