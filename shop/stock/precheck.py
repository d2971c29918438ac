"""Looking first: while goods are being refused, the next who asks for them is refused by reading
alone, before anything is locked or written.

What a look refuses was so at that moment: it reads what `place` would read, and remembers only which
goods are worth a look. So nobody is refused while a unit is free, and where nothing was refused
lately it costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from shop import db
from shop.clock import MINUTE
from shop.context import Context

LASTS = MINUTE
"""that goods are looked at first after the last refusal"""
MOST = 10_000

Until = dict[tuple[str, str], int]
"""(store, SKU) -> microseconds, in this process"""


def _known() -> Until:
    return db.memory("precheck", dict)


def remember(ctx: Context, skus: Iterable[str]) -> None:
    """These goods were refused just now."""
    until = _known()
    if len(until) > MOST:
        until.clear()
    for sku in skus:
        until[ctx.code, sku] = ctx.now_us + LASTS


def is_worth_it(ctx: Context, skus: Iterable[str] | None = None) -> bool:
    """Whether one of these (None: anything in the store) was refused lately."""
    known = _known()
    if not known:
        return False
    if skus is None:
        return any(store == ctx.code for store, _ in list(known))  # other threads write to it
    now, worth = ctx.now_us, False
    for sku in skus:
        until = known.get((ctx.code, sku))
        if until is not None and until <= now:
            known.pop((ctx.code, sku), None)
        worth |= until is not None and until > now
    return worth
