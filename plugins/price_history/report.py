"""How many prices are struck through, how many are not, and why."""

from __future__ import annotations

from collections import Counter
from typing import Any

from shop import Context, i18n

from . import reasons, why
from .settings import of_store


def report(ctx: Context) -> dict[str, Any]:
    """{profile, days, wished, shown, lowered, hidden, reasons: [{reason, words, count}]} of the
    published variants at which something would be struck through; `shown` counts those that are
    lowered, too."""
    rules = of_store(ctx)
    counts = Counter(item["reason"] for item in why.each(ctx))
    shown = sum(counts[name] for name in reasons.SHOWN)
    return {
        "profile": rules.profile,
        "days": rules.days,
        "wished": sum(counts.values()),
        "shown": shown,
        "lowered": counts["lowered"],
        "hidden": sum(counts.values()) - shown,
        "reasons": [
            {"reason": name, "words": _label(name), "count": counts[name]}
            for name in reasons.REASONS
            if counts[name]
        ],
    }


def _label(name: str) -> dict[str, str]:
    return {locale: i18n.say(f"price_history_is_{name}", locale) for locale in i18n.LOCALES}
