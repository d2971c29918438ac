"""Every price that everyone can have: rows of (variant, source, amount, from, to).

`variant.price` is the catalogue price in force; the rows of source "catalogue" are its history.
A plugin's row stands over it while it is in force, in the order of the owner's file.

`store || ''` names the store without tempting SQLite's planner to its index: ids are the better
key, and without statistics it would read the whole store.
"""

from __future__ import annotations

from collections.abc import Iterable

from shop import db
from shop.catalog import version
from shop.context import Context
from shop.errors import NotFound

CATALOGUE = "catalogue"
COLUMNS = "store, variant_id, source, amount, starts, ends, pool"

CHANGE = "UPDATE variant SET price = ? WHERE store = ? AND id = ? AND price <> ?"
EXISTS = "SELECT 1 FROM variant WHERE store = ? AND id = ?"
CLOSE = """
UPDATE price SET ends = ?
WHERE store = ? AND variant_id = ? AND source = 'catalogue' AND ends IS NULL"""
IN_FORCE = """
SELECT v.id, v.price, p.source, p.amount
FROM variant v LEFT JOIN price p ON p.variant_id = v.id AND p.source IN (??)
  AND p.starts <= ? AND (p.ends IS NULL OR p.ends > ?)
WHERE v.id IN (??) AND v.store || '' = ?
ORDER BY v.id, p.starts, p.id"""
OVERRIDES = """
SELECT variant_id, source, amount, pool FROM price
WHERE variant_id IN (??) AND source <> 'catalogue' AND store || '' = ?
  AND starts <= ? AND (ends IS NULL OR ends > ?)
ORDER BY variant_id, starts, id"""
END = """
UPDATE price SET ends = ? WHERE store = ? AND source = ? AND {which} IN (??)
  AND starts < ? AND (ends IS NULL OR ends > ?)"""
DROP = "DELETE FROM price WHERE store = ? AND source = ? AND {which} IN (??) AND starts >= ?"
HORIZON = """
SELECT (SELECT MIN(starts) FROM price WHERE store = ? AND starts > ?{some}),
       (SELECT MIN(ends) FROM price WHERE store = ? AND ends > ?{some})"""


def set_catalogue_price(ctx: Context, variant_id: int, amount: int) -> bool:
    """The owner's price from now on; its history is kept. False if it was so already."""
    with db.transaction():
        if not db.change(CHANGE, amount, ctx.code, variant_id, amount):
            if not db.value(EXISTS, ctx.code, variant_id):
                raise NotFound
            return False
        db.change(CLOSE, ctx.now_us, ctx.code, variant_id)
        open_history(ctx, [(variant_id, amount)])
        version.touch(ctx)
    return True


def open_history(ctx: Context, prices: Iterable[tuple[int, int]]) -> None:
    """The first catalogue rows of new variants: (variant_id, amount)."""
    now = ctx.now_us
    lines = [(ctx.code, variant, CATALOGUE, amount, now, None, "") for variant, amount in prices]
    db.insert("price", COLUMNS, *lines)


def put_price(
    ctx: Context,
    variant_id: int,
    source: str,
    amount: int,
    starts: int,
    ends: int | None,
    pool: str = "",
) -> int:
    """A plugin's price, in force from `starts` until before `ends` (microseconds; None: until
    further notice); the row's id. Of two rows of one source the later start holds.

    A row with a `pool` is what the catalogue shows, with the units of that pool, while it is below
    the catalogue's price; a line is priced by the plugin's `price_lines`, which knows how many are
    wanted. Without one, carts take it too.

    The catalogue's own price is `set_catalogue_price`'s.
    """
    if source == CATALOGUE:
        raise ValueError("the catalogue's price is set by set_catalogue_price")
    if amount < 0 or (ends is not None and ends <= starts):
        raise ValueError("a price is at least 0 and ends after it starts")
    with db.transaction():
        if not db.value(EXISTS, ctx.code, variant_id):
            raise NotFound
        line = (ctx.code, variant_id, source, amount, starts, ends, pool)
        version.touch(ctx)
        return db.insert("price", COLUMNS, line)[0]


def end_prices(
    ctx: Context,
    source: str,
    *,
    ids: Iterable[int] | None = None,
    variant_ids: Iterable[int] | None = None,
) -> None:
    """End now the rows of a plugin with these `ids`, or all it has for these variants. Rows that
    have not begun go; what was in force stays as history."""
    which, chosen = ("id", ids) if ids is not None else ("variant_id", variant_ids)
    these, now = db.many(chosen or ()), ctx.now_us
    with db.transaction():
        db.change(END.format(which=which), now, ctx.code, source, these, now, now)
        db.change(DROP.format(which=which), ctx.code, source, these, now)
        version.touch(ctx)


def in_force(ctx: Context, variant_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """{variant_id: (amount, source)}: of the plugins' prices in force the one that stands first
    in the owner's file, else the catalogue's. Unknown variants are left out."""
    rank = {name: place for place, name in enumerate(ctx.plugins.names)}
    ids, now = db.many(variant_ids), ctx.now_us
    found: dict[int, tuple[int, str]] = {}
    for variant, price, source, amount in db.rows(IN_FORCE, db.many(rank), now, now, ids, ctx.code):
        best = found.setdefault(variant, (price, CATALOGUE))
        if source and rank[source] <= rank.get(best[1], len(rank)):
            found[variant] = (amount, source)
    return found


def overrides(ctx: Context, variant_ids: Iterable[int]) -> dict[int, tuple[int, str, str]]:
    """{variant_id: (amount, source, pool)}: the part of `in_force` that is not the catalogue's;
    asks nothing of a store without plugins, nor about no variants."""
    ids = list(variant_ids) if ctx.plugins.names else []
    if not ids:
        return {}
    rank = {name: place for place, name in enumerate(ctx.plugins.names)}
    now = ctx.now_us
    found: dict[int, tuple[int, str, str]] = {}
    for variant, source, amount, pool in db.rows(OVERRIDES, db.many(ids), ctx.code, now, now):
        if source not in rank:
            continue
        best = found.get(variant)
        if best is None or rank[source] <= rank[best[1]]:
            found[variant] = (amount, source, pool)
    return found


def horizon(ctx: Context, variant_ids: Iterable[int] | None = None) -> int | None:
    """When a price next changes by itself (microseconds): of these variants, else of the store."""
    now, code = ctx.now_us, ctx.code
    if variant_ids is None:
        found = db.row(HORIZON.format(some=""), code, now, code, now)
    else:
        ids = db.many(variant_ids)
        text = HORIZON.format(some=" AND variant_id IN (??)")
        found = db.row(text, code, now, ids, code, now, ids)
    return min((at for at in found or () if at is not None), default=None)
