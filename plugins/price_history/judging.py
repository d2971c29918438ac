"""The price rows of many variants, read at once and judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from shop import Context, db
from shop.catalog import prices

from .settings import Rules, of_store
from .walk import FOREVER, Judged, Row, Unknown, judge

ROW = "p.source, p.amount, p.starts, p.ends, p.pool, p.id"
ROWS = f"""
WITH v AS MATERIALIZED (
  SELECT w.id, w.price, w.compare_at, w.tracked, COALESCE(
    (SELECT MAX(e.ends) FROM price e WHERE e.variant_id = w.id AND e.ends <= ?), 0) - ? AS known
  FROM variant w WHERE w.id IN (??) AND w.store || '' = ?{{some}})
SELECT v.id, v.price, v.compare_at, v.tracked, v.known, {ROW}
FROM v JOIN price p ON p.variant_id = v.id AND p.ends > v.known AND p.starts <= ?
UNION ALL
SELECT v.id, v.price, v.compare_at, v.tracked, v.known, {ROW}
FROM v JOIN price p ON p.variant_id = v.id AND p.ends IS NULL AND p.starts <= ?"""
"""Only rows of the window, however long the history: `known` lies one window before the last
change. In two halves, since PostgreSQL would read the whole history for their OR."""
IN_QUESTION = """
  AND (w.compare_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM price o WHERE o.variant_id = w.id AND o.ends > ?)
    OR EXISTS (SELECT 1 FROM price o WHERE o.variant_id = w.id AND o.source <> 'catalogue'
      AND o.ends IS NULL)
    OR EXISTS (SELECT 1 FROM price o WHERE o.variant_id = w.id AND o.source = 'catalogue'
      AND o.starts > ?))"""
"""A variant that the owner compares with nothing, whose price did not change within the window and
which has been on sale for long enough costs what it always did: there is nothing to say of it."""
ALL, SOME = ROWS.format(some=""), ROWS.format(some=IN_QUESTION)
EARLIER = f"""
SELECT p.variant_id, {ROW} FROM price p
WHERE p.variant_id IN (??) AND p.store || '' = ? AND p.starts <= ?
  AND (p.ends IS NULL OR p.ends > ?)"""

Facts = dict[int, tuple[int, int | None, bool, int]]
"""(catalogue price, compare_at, tracked, since when the rows are known) by variant"""


def in_question(ctx: Context, variants: Iterable[int]) -> dict[int, Judged]:
    """Those of the variants that there is something to say of."""
    rule, now = of_store(ctx), ctx.now_us
    some = (now - rule.window, now - rule.least)
    found = db.rows(SOME, now, rule.window, db.many(variants), ctx.code, *some, now, now)
    return _judged(ctx, rule, found)


def of(ctx: Context, variants: Iterable[int]) -> dict[int, Judged]:
    """All of the variants that this store has."""
    rule, now = of_store(ctx), ctx.now_us
    found = db.rows(ALL, now, rule.window, db.many(variants), ctx.code, now, now)
    return _judged(ctx, rule, found)


def _judged(ctx: Context, rule: Rules, found: list[tuple[Any, ...]]) -> dict[int, Judged]:
    facts: Facts = {row[0]: (row[1], row[2], bool(row[3]), row[4]) for row in found}
    rows = _by_variant((row[0], *row[5:]) for row in found)
    judged, reach = _judge(ctx, rule, facts, rows), rule.window
    while unknown := facts.keys() - judged.keys():  # rows came and went without a new price
        reach *= 2
        since = min(facts[variant][3] for variant in unknown) - reach
        facts |= {variant: (*facts[variant][:3], since) for variant in unknown}
        earlier = db.rows(EARLIER, db.many(unknown), ctx.code, ctx.now_us, since)
        judged |= _judge(ctx, rule, facts, _by_variant(earlier))
    return judged


def _judge(
    ctx: Context, rule: Rules, facts: Facts, rows: dict[int, list[Row]]
) -> dict[int, Judged]:
    """Those of the variants for which these rows are enough."""
    rank = {name: place for place, name in enumerate(ctx.plugins.names)}
    judged, now = {}, ctx.now_us
    for variant, found in rows.items():
        price, compare_at, tracked, known = facts[variant]
        in_force = _in_force(found, now, price, tracked, rank)
        beside = None if in_force[1] == prices.CATALOGUE else price
        shown = (*in_force, beside if compare_at is None else compare_at)
        try:
            judged[variant] = judge(found, known, now, shown, rule)
        except Unknown:
            continue
    return judged


def _by_variant(found: Iterable[tuple[Any, ...]]) -> dict[int, list[Row]]:
    """Rows in the order in which they began, of (variant, *ROW)."""
    rows: dict[int, list[Row]] = defaultdict(list)
    for variant, source, amount, starts, ends, pool, _ in sorted(found, key=itemgetter(3, 6)):
        rows[variant].append(Row(source, amount, starts, FOREVER if ends is None else ends, pool))
    return rows


def _in_force(
    rows: list[Row], now: int, normal: int, tracked: bool, rank: dict[str, int]
) -> tuple[int, str]:
    """(price, source) as the catalogue shows it: of the plugin that stands first in the file, and
    of its rows the one that began last; with a pool only where it is below the normal price."""
    best: Row | None = None
    for row in rows:
        mine = row.source in rank and row.starts <= now < row.ends
        if mine and (best is None or rank[row.source] <= rank[best.source]):
            best = row
    if best is None or (best.pool and not (tracked and best.amount < normal)):
        return normal, prices.CATALOGUE
    return best.amount, best.source
