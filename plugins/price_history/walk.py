"""From the price rows of one variant to the highest price that may honestly be struck through.

The README has the definition in words. Everything here is arithmetic: no statement, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .settings import Rules

FOREVER = 2**62
"""the end of a row that is open"""


class Row(NamedTuple):
    """A price row that has begun, in force from `starts` until before `ends`."""

    source: str
    amount: int
    starts: int
    ends: int
    pool: str = ""


class Judged(NamedTuple):
    """What the rows of a variant say now.

    `wished` is what would be struck through if nobody objected: what the owner wrote, else the
    normal price beside a plugin's. `code`: reduced, no_reduction (the price never changed, as far as is known), risen (it last
    changed upwards), no_history (it was not on sale for long enough) or other_price (a row lower
    than the price shown is in force); `reference` is None for the last two. `since` is when the
    price now in force began, of progressive reductions the first. The window ends there if the
    price is `reduced`, else now. `lowest` is the row that decides, `first` when the earliest row of
    the window began.
    """

    price: int
    source: str
    wished: int | None
    code: str
    reduced: bool
    since: int | None
    starts: int
    ends: int
    first: int
    lowest: Row | None
    reference: int | None


Shown = tuple[int, str, int | None]
"""price and source as the catalogue shows them, and what is wished"""


class Unknown(Exception):
    """The answer lies further back than the rows that are known."""


def judge(rows: Sequence[Row], known: int, now: int, shown: Shown, rules: Rules) -> Judged:
    """`rows` are all rows of the variant that have begun by `now` and end after `known`. Raises
    Unknown if earlier ones are needed."""
    if len(rows) == 1 and rows[0].amount == shown[0] and rows[0].ends > now:
        return _constant(rows[0], known, now, shown, rules)
    in_force = [row.amount for row in rows if row.starts <= now < row.ends]
    honest = bool(in_force) and min(in_force) == shown[0]
    since, code = _since(rows, known, now, shown[0], rules) if honest else (None, "other_price")
    reduced = code == "reduced"
    ends = since if reduced and since is not None else now
    starts = ends - rules.window
    if starts < known:
        raise Unknown
    seen = _during(rows, starts, ends if reduced else ends + 1)
    first = min((row.starts for row in seen), default=ends)
    lowest = min(seen, key=lambda row: (row.amount, -row.starts), default=None)
    if honest and ends - first < rules.least:
        code = "no_history"
    known_price = lowest is not None and code not in ("no_history", "other_price")
    reference = lowest.amount if lowest is not None and known_price else None
    return Judged(*shown, code, reduced, since, starts, ends, first, lowest, reference)


def _constant(row: Row, known: int, now: int, shown: Shown, rules: Rules) -> Judged:
    """Of a price that never changed, the usual case: what `judge` says, for much less."""
    starts = now - rules.window
    if starts < known or row.starts <= known:
        raise Unknown
    young = now - row.starts < rules.least
    code, reference = ("no_history", None) if young else ("no_reduction", row.amount)
    return Judged(*shown, code, False, row.starts, starts, now, row.starts, row, reference)


def _during(rows: Sequence[Row], starts: int, ends: int) -> list[Row]:
    """The rows that were in force at some instant from `starts` until before `ends`."""
    return [row for row in rows if max(row.starts, starts) < min(row.ends, ends)]


def _since(rows: Sequence[Row], known: int, now: int, price: int, rules: Rules) -> tuple[int, str]:
    """When the price now in force began, and whether it fell to that or rose."""
    at, before = _began(rows, known, _edge(rows, now + 1), price)
    if before is None:
        return at, "no_reduction"
    if before < price:
        return at, "risen"
    while rules.progressive:
        first, higher = _began(rows, known, _edge(rows, at), before)
        if higher is None or higher < before or at - first > rules.window:
            break
        at, before = first, higher
    return at, "reduced"


def _began(rows: Sequence[Row], known: int, at: int, price: int) -> tuple[int, int | None]:
    """The beginning of the stretch at `price` that goes on at `at`, and the price before it; None
    if nothing was on sale then."""
    while True:
        if at <= known:
            raise Unknown
        before = [row.amount for row in rows if row.starts < at <= row.ends]
        if not before:
            return at, None
        if min(before) != price:
            return at, min(before)
        at = _edge(rows, at)


def _edge(rows: Sequence[Row], before: int) -> int:
    """When a row last began or ended before an instant."""
    return max(at for row in rows for at in (row.starts, row.ends) if at < before)
