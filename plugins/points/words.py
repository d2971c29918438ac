"""A movement of points in words: the order it came from, the base, the rate."""

from __future__ import annotations

from typing import Any

from shop import Context, i18n, money
from shop.clock import rfc3339

from . import notes
from .settings import NAME

KINDS = {"give_back": "returned", "claw_back": "taken_back", "expire": "expired", "undo": "undone"}
OWN = {"points:earn": "earned", "points:spend": "spent", "points:grant": "granted",
       "points:take": "taken"}  # fmt: skip


def of(ctx: Context, item: dict[str, Any], order: str | None) -> dict[str, Any]:
    """{id, at, kind, points, debt, source, order, base, rate, words} of an item of the ledger's
    history. `points` is the change, a debt's included; `debt` what of it was owed before (above
    zero: paid) or is owed now (below). `base` and `rate` {points, per} are of what was earned."""
    kind, facts = kind_of(item), notes.read(item["reason"])
    rate = None
    if kind == "earned" and {"base", "points", "per"} <= facts.keys():
        rate = {"points": facts["points"], "per": facts["per"]}
    return {
        "id": item["id"],
        "at": rfc3339(item["at"]),
        "kind": kind,
        "points": item["wallet"] + item["debt"],
        "debt": item["debt"],
        "source": item["source"],
        "order": order,
        "base": facts["base"] if rate else None,
        "rate": rate,
        "words": _said(ctx, kind, item, order or "", facts),
    }


def kind_of(item: dict[str, Any]) -> str:
    """earned, spent, returned, taken_back, granted, taken, expired or undone."""
    if item["kind"] in KINDS:
        return KINDS[item["kind"]]
    own = OWN.get(":".join(item["key"].split(":")[:2])) if item["source"] == NAME else None
    return own or {"grant": "granted", "spend": "taken"}.get(item["kind"], item["kind"])


def _said(
    ctx: Context, kind: str, item: dict[str, Any], order: str, facts: dict[str, int | str]
) -> str:
    code, given = f"points_words_{kind}", {"order": order, "reason": item["reason"]}
    if kind in ("granted", "taken") and item["source"] != NAME and not item["reason"]:
        code, given = "points_words_elsewhere", {"source": item["source"]}
    elif kind == "earned" and "base" in facts:
        given |= {
            "base": _money(ctx, facts["base"]),
            "n": facts["points"],
            "per": _money(ctx, facts["per"]),
        }
    elif kind == "spent" and "amount" in facts:
        given["amount"] = _money(ctx, facts["amount"])
    elif kind in ("returned", "taken_back"):
        code = f"{code}_{facts['because']}" if "because" in facts else code
    said = i18n.say(code, ctx.locale, **given)
    if item["debt"] > 0:
        said += i18n.say("points_words_debt_paid", ctx.locale, points=item["debt"])
    elif item["debt"] < 0:
        said += i18n.say("points_words_debt", ctx.locale, points=-item["debt"])
    return said


def _money(ctx: Context, amount: Any) -> str:
    return money.show(int(amount), ctx.store.currency, ctx.locale)
