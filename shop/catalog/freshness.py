"""How fresh the catalogue is, as this process knows it; and what it may remember until it changes.

    sales = freshness.remembered(ctx, "flash_sale:running", lambda: db.rows(RUNNING, …))

What is remembered serves answers that everyone sees: lists, products and what `present` adds to them.
Quotes and orders read the tables.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple, TypeVar

from shop import db
from shop.context import Context
from shop.data.generations import Generations

T = TypeVar("T")
TRUSTED = 0.5
"""seconds that it is believed where the mark of this machine was not rung: what other machines
change is seen within a second"""
MOST = 1000
"""things that are remembered"""
NEVER = 2**63 - 1
READ = """
SELECT COALESCE((SELECT catalogue_version FROM store WHERE code = ?), 1),
  (SELECT MAX(starts) FROM price WHERE store = ? AND starts <= ?),
  (SELECT MAX(ends) FROM price WHERE store = ? AND ends <= ?),
  (SELECT MIN(starts) FROM price WHERE store = ? AND starts > ?),
  (SELECT MIN(ends) FROM price WHERE store = ? AND ends > ?)"""


class Freshness(NamedTuple):
    """What a store's public answers depend on. They are the same from `since`, when a price last
    began or ended, until before `until`, when the next one does (microseconds; the price horizon)."""

    version: int
    since: int
    until: int


class Known:
    """What this process knows of one database."""

    def __init__(self) -> None:
        self.stores: dict[str, tuple[bytes, float, Freshness]] = {}
        self.things: Generations[tuple[str, str, str], tuple[Freshness, object]] = Generations(MOST)


def read(ctx: Context) -> Freshness:
    """As it stands in the tables. Read it before what it describes: then an answer may be newer than
    its freshness, never older."""
    times = (ctx.code, ctx.now_us) * 4
    [[version, began, ended, begins, ends]] = db.rows(READ, ctx.code, *times)
    until = min(NEVER if begins is None else begins, NEVER if ends is None else ends)
    return Freshness(version, max(began or 0, ended or 0), until)


def known(code: str, now: int) -> Freshness | None:
    """Of a store at an instant, without a statement; None if it has to be read."""
    found = db.memory("freshness", Known).stores.get(code)
    if found is not None:
        mark, read_at, fresh = found
        if fresh.since <= now < fresh.until and mark == db.mark().read():
            return fresh if monotonic() - read_at < TRUSTED else None
    return None


def current(ctx: Context) -> Freshness:
    """`read`, when the mark was rung, when a price begins or ends, and twice a second."""
    fresh = known(ctx.code, ctx.now_us)
    if fresh is None:
        mark, now = db.mark().read(), monotonic()
        fresh = read(ctx)
        db.memory("freshness", Known).stores[ctx.code] = mark, now, fresh
    return fresh


def remembered(ctx: Context, what: str, read: Callable[[], T]) -> T:
    """What `read` answers, or answered since the catalogue last changed; per store and language.

    `what` begins with the plugin's name. It must be the same for everyone, depend on nothing but what
    `version.touch` is called for and on price rows, and not be changed. In a transaction it is read.
    """
    if db.opened():
        return read()
    fresh, key = current(ctx), (ctx.code, ctx.locale, what)
    things = db.memory("freshness", Known).things
    found = things.get(key)
    if found is None or found[0] != fresh:
        found = fresh, read()
        things.put(key, found)
    return found[1]  # type: ignore[return-value]
