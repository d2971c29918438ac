"""What points were issued and used in a span of time, and what the shop still owes."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shop import Context, Reject, db
from shop.clock import MINUTE, from_us, to_us

from . import rates
from .settings import UNIT

DAYS, QUARTER = 400, 15 * MINUTE
"""the longest span; every zone's days begin on a quarter of an hour"""
FIGURES = ("issued", "spent", "returned", "taken_back", "taken", "expired")
KINDS = {
    "grant": "issued",
    "spend": "spent",
    "give_back": "returned",
    "claw_back": "taken_back",
    "take": "taken",
    "expire": "expired",
}

MOVED = """
SELECT m.at / ?, CASE WHEN m.kind = 'spend' AND m.order_id IS NULL THEN 'take' ELSE m.kind END,
  CASE WHEN r.kind = 'spend' THEN 'spend' ELSE 'grant' END,
  -SUM(e.amount)
FROM entry e JOIN movement m ON m.id = e.movement_id LEFT JOIN movement r ON r.id = m.of_id
WHERE e.account_id = ? AND m.at >= ? AND m.at < ? GROUP BY 1, 2, 3"""
ISSUED = "SELECT id FROM account WHERE store = ? AND name = ?"
HELD = """
SELECT COALESCE(SUM(CASE WHEN l.available_at <= ? THEN l.remaining ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN l.available_at > ? THEN l.remaining ELSE 0 END), 0)
FROM lot l JOIN account a ON a.id = l.account_id
WHERE l.store = ? AND l.remaining > 0 AND a.unit = ? AND a.role = 'wallet'
  AND (l.expires_at IS NULL OR l.expires_at > ?)"""
OWED = """
SELECT COALESCE(-SUM(balance), 0) FROM account WHERE store = ? AND unit = ? AND role = 'debt'"""


def report(
    ctx: Context,
    settings: Any,
    first: date | None = None,
    last: date | None = None,
    by: str = "day",
) -> dict[str, Any]:
    """{first, last, items: [{period, issued, spent, returned, taken_back, taken, expired}], total,
    outstanding} of the days `first` to `last` [the 30 until today] by the store's calendar, in
    days or months; periods without movements are left out. What was spent on no order was `taken`. `outstanding` is now: {available,
    pending, worth, currency, debt}."""
    zone = ZoneInfo(ctx.store.timezone)
    last = last or ctx.now.astimezone(zone).date()
    last = min(max(last, date(2000, 1, 1)), date(2999, 12, 31))
    first = first or last - timedelta(days=29)
    if not 0 <= (last - first).days < DAYS:
        raise Reject("points_span", days=DAYS)
    sums: dict[str, Counter[str]] = {}
    for quarter, kind, root, amount in _moved(ctx, zone, first, last):
        day = from_us(quarter * QUARTER).astimezone(zone).date()
        period = f"{day:%Y-%m}" if by == "month" else day.isoformat()
        name = _figure(kind, root, amount)
        sums.setdefault(period, Counter())[name] += abs(amount)
    items = [{"period": period} | _figures(sums[period]) for period in sorted(sums)]
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "items": items,
        "total": _figures(sum(sums.values(), Counter())),
        "outstanding": outstanding(ctx, settings),
    }


def outstanding(ctx: Context, settings: Any) -> dict[str, Any]:
    """What customers hold now, and what it would pay at today's worth."""
    available, pending = db.rows(HELD, ctx.now_us, ctx.now_us, ctx.code, UNIT, ctx.now_us)[0]
    return {
        "available": available,
        "pending": pending,
        "worth": rates.spending(ctx, settings).worth(available + pending),
        "currency": ctx.store.currency,
        "debt": db.value(OWED, ctx.code, UNIT),
    }


def _moved(ctx: Context, zone: ZoneInfo, first: date, last: date) -> list[tuple[Any, ...]]:
    issued = db.value(ISSUED, ctx.code, f"issued:{UNIT}")
    starts, ends = (
        to_us(datetime.combine(day, time(), zone)) for day in (first, last + timedelta(days=1))
    )
    return db.rows(MOVED, QUARTER, issued, starts, ends) if issued else []


def _figure(kind: str, root: str, amount: int) -> str:
    """An undo counts as that which takes its way: back from a grant, or back to a wallet."""
    if kind in KINDS:
        return KINDS[kind]
    if root == "spend":
        return "returned" if amount > 0 else "spent"
    return "taken_back" if amount < 0 else "issued"


def _figures(sums: Counter[str]) -> dict[str, int]:
    return {name: sums[name] for name in FIGURES}
