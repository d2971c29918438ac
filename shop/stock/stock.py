"""Units for sale: taken and given back by conditional UPDATEs, each with its movement row.

Rows are locked by variant, and within a variant `main` last: units of a closed pool flow on to
`main` without breaking that order. A refusal leaves what was already taken to the caller's
rollback.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from shop import db
from shop.catalog import version
from shop.context import Context
from shop.errors import Conflict, NotFound, Reject
from shop.people import audit
from shop.stock.movements import book

MAIN = "main"
SHOWN = 20
"""The catalogue shows `available` exactly up to here."""
MOST = 1_000_000_000
"""The most units of one pool."""

Units = tuple[int, str, int]
"""variant id, pool, units"""

TAKE = """
UPDATE stock SET on_hand = on_hand - ?
WHERE store = ? AND variant_id = ? AND pool = ? AND on_hand >= ? RETURNING on_hand"""
LEFT = """
SELECT v.sku, COALESCE(s.on_hand, 0)
FROM variant v LEFT JOIN stock s ON s.variant_id = v.id AND s.pool = ?
WHERE v.store = ? AND v.id = ?"""
GIVE = """
UPDATE stock SET on_hand = on_hand + ?
WHERE store = ? AND variant_id = ? AND pool = ? AND closed_at IS NULL RETURNING on_hand"""
PUT = """
INSERT INTO stock (store, variant_id, pool, on_hand) VALUES (?, ?, ?, ?)
ON CONFLICT (variant_id, pool) DO UPDATE SET on_hand = stock.on_hand + excluded.on_hand
WHERE stock.closed_at IS NULL RETURNING on_hand"""
VARIANT = "SELECT id, tracked FROM variant WHERE store = ? AND sku = ? AND archived_at IS NULL"
ADJUST = """
UPDATE stock SET on_hand = on_hand + ?
WHERE store = ? AND variant_id = ? AND pool = 'main' AND on_hand + ? BETWEEN 0 AND ?
RETURNING on_hand"""
FREE = """
SELECT variant_id, on_hand FROM stock WHERE store = ? AND pool = ? AND closed_at IS NULL
ORDER BY variant_id"""
IN_POOL = """
SELECT variant_id FROM stock WHERE store = ? AND pool = ? AND closed_at IS NULL
ORDER BY variant_id"""
SHUT = """
UPDATE stock SET closed_at = ?
WHERE store = ? AND variant_id = ? AND pool = ? AND closed_at IS NULL RETURNING on_hand"""
EMPTY = "UPDATE stock SET on_hand = 0 WHERE store = ? AND variant_id = ? AND pool = ?"
IN_POOLS = (
    "SELECT variant_id, pool, on_hand FROM stock WHERE variant_id IN (??) AND store || '' = ?"
)
LINE = """
SELECT l.order_id, l.variant_id, l.pool, l.handed_out, l.withdrawn, l.returned
FROM order_line l JOIN orders o ON o.id = l.order_id WHERE l.id = ? AND o.store = ?"""
TAKE_BACK = """
UPDATE order_line SET returned = returned + ?
WHERE id = ? AND returned + ? <= handed_out + withdrawn"""


def take(ctx: Context, units: Iterable[Units], order_id: int) -> None:
    """Take units for an order, all or a refusal: 409 `out_of_stock` (`sold_out` in a pool beside
    main) with `sku` and `left`.

    Variants that are not tracked are not passed.
    """
    moves, shown = [], False
    with db.transaction():
        for variant, pool, count in _in_order(units):
            left = db.value(TAKE, count, ctx.code, variant, pool, count)
            if left is None:
                sku, left = db.row(LEFT, pool, ctx.code, variant) or ("", 0)
                raise Conflict(short(pool), sku=sku, left=left)
            shown |= _shows(left + count, left)
            moves.append((variant, pool, -count))
        book(ctx, moves, "order", "", order_id)
        _touch(ctx, shown)


def give_back(
    ctx: Context, units: Iterable[Units], order_id: int, kind: str = "return", reason: str = ""
) -> None:
    """Give units of an order back to their pools, or to `main` where the pool is closed."""
    moves, shown = [], False
    with db.transaction():
        for variant, pool, count in _in_order(units):
            there, now = _give(ctx, variant, pool, count)
            shown |= _shows(now - count, now)
            moves.append((variant, there, count))
        book(ctx, moves, kind, reason, order_id)
        _touch(ctx, shown)


def adjust(ctx: Context, sku: str, delta: int, reason: str) -> int:
    """Change the stock of `main` by a signed delta; what is there then. 409 `stock_too_low` when
    it would fall below zero: what is reserved has left the stock already."""
    with db.transaction():
        found = db.row(VARIANT, ctx.code, sku)
        if found is None:
            raise NotFound
        variant, tracked = found
        if not tracked:
            raise Reject("not_tracked", sku=sku)
        db.rows(PUT, ctx.code, variant, MAIN, 0)
        now = db.value(ADJUST, delta, ctx.code, variant, delta, MOST)
        if now is None:
            left = db.row(LEFT, MAIN, ctx.code, variant)[1]  # type: ignore[index]
            if delta < 0:
                raise Conflict("stock_too_low", sku=sku, left=left)
            raise Reject("stock_too_high", sku=sku, left=left, limit=MOST)
        moves = [(variant, MAIN, delta)]
        book(ctx, moves, "delta", reason, None)
        audit.record(ctx, "stock.adjust", f"sku:{sku}", delta=delta, reason=reason)
        _touch(ctx, _shows(now - delta, now))
    return now


def left(ctx: Context, pool: str) -> dict[int, int]:
    """Free units by variant in a pool; none in a closed one."""
    return dict(db.rows(FREE, ctx.code, pool))


def in_pools(ctx: Context, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Free units by (variant_id, pool); a pool that there is not has none."""
    if not wanted:
        return {}
    ids = db.many({variant for variant, _ in wanted})
    free = {(row[0], row[1]): row[2] for row in db.rows(IN_POOLS, ids, ctx.code)}
    return {pair: free.get(pair, 0) for pair in wanted}


def short(pool: str) -> str:
    """What too few units are called: of a pool beside main, all that was set apart is sold."""
    return "out_of_stock" if pool == MAIN else "sold_out"


def begin(ctx: Context, stocks: Iterable[tuple[int, int]]) -> None:
    """The rows in `main` of new variants: (variant_id, units)."""
    stocks = list(stocks)
    db.insert("stock", "store, variant_id, pool, on_hand",
              *((ctx.code, variant, MAIN, units) for variant, units in stocks))  # fmt: skip
    moves = [(variant, MAIN, units) for variant, units in stocks if units]
    book(ctx, moves, "delta", "initial stock", None)


def open_pool(ctx: Context, pool: str, units: Mapping[int, int]) -> None:
    """Move units ({variant_id: units}) out of `main` into a pool, new or open: 409 `out_of_stock`
    if `main` has too few, `pool_closed` if the pool was closed."""
    moves, shown = [], False
    with db.transaction():
        for variant, count in sorted(units.items()):
            if count < 1 or pool == MAIN:
                raise ValueError("a pool beside main gets at least one unit")
            if db.value(PUT, ctx.code, variant, pool, count) is None:
                raise Conflict("pool_closed", pool=pool)
            left = db.value(TAKE, count, ctx.code, variant, MAIN, count)
            if left is None:
                sku, left = db.row(LEFT, MAIN, ctx.code, variant) or ("", 0)
                raise Conflict("out_of_stock", sku=sku, left=left)
            shown |= _shows(left + count, left)
            moves += [(variant, MAIN, -count), (variant, pool, count)]
        book(ctx, moves, "transfer", pool, None)
        _touch(ctx, shown)


def to_main(ctx: Context, pool: str, units: Mapping[int, int]) -> None:
    """Move units ({variant_id: units}) of an open pool back to `main`, all or a refusal: 409
    `sold_out` with `sku` and `left`."""
    moves: list[Units] = []
    shown = False
    with db.transaction():
        for variant, count in sorted(units.items()):
            left = db.value(TAKE, count, ctx.code, variant, pool, count)
            if left is None:
                sku, left = db.row(LEFT, pool, ctx.code, variant) or ("", 0)
                raise Conflict(short(pool), sku=sku, left=left)
            now = db.value(PUT, ctx.code, variant, MAIN, count)
            shown |= _shows(left + count, left) or _shows(now - count, now)
            moves += [(variant, pool, -count), (variant, MAIN, count)]
        book(ctx, moves, "transfer", pool, None)
        _touch(ctx, shown)


def close_pool(ctx: Context, pool: str) -> dict[int, int]:
    """Close a pool; the rest flows back to `main`, and so does what comes back later. The units
    moved by variant; nothing when it is closed already."""
    moves: list[Units] = []
    rest: dict[int, int] = {}
    shown = False
    with db.transaction():
        for (variant,) in db.rows(IN_POOL, ctx.code, pool):
            count = db.value(SHUT, ctx.now_us, ctx.code, variant, pool)
            if not count:
                continue
            db.change(EMPTY, ctx.code, variant, pool)
            now = db.value(PUT, ctx.code, variant, MAIN, count)
            shown |= _shows(now - count, now)
            rest[variant] = count
            moves += [(variant, pool, -count), (variant, MAIN, count)]
        book(ctx, moves, "transfer", pool, None)
        _touch(ctx, shown)
    return rest


def take_back(ctx: Context, line_id: int, units: int, how: str, reason: str = "") -> None:
    """Goods of an order line come back, without money: `how` is "restore" (for sale again) or
    "write_off". At most what was handed out or withdrawn and has not come back before, else 409
    `not_returnable`."""
    if how not in ("restore", "write_off") or units < 1:
        raise ValueError("restore or write_off, at least one unit")
    with db.transaction():
        line = db.row(LINE, line_id, ctx.code)
        if line is None:
            raise NotFound
        order_id, variant, pool, handed_out, withdrawn, returned = line
        db.lock_row("orders", order_id)
        if not db.change(TAKE_BACK, units, line_id, units):
            raise Conflict("not_returnable", left=handed_out + withdrawn - returned)
        if not pool:
            return
        if how == "restore":
            give_back(ctx, [(variant, pool, units)], order_id, "return", reason)
        else:
            book(ctx, [(variant, pool, units)], "return", reason, order_id)
            book(ctx, [(variant, pool, -units)], "write_off", reason, order_id)


def _in_order(units: Iterable[Units]) -> list[Units]:
    """One entry per row, in the order in which rows are locked."""
    sums: dict[tuple[int, bool, str], int] = {}
    for variant, pool, count in units:
        if count < 1:
            raise ValueError(f"{count} units")
        key = (variant, pool == MAIN, pool)
        sums[key] = sums.get(key, 0) + count
    return [(variant, pool, sums[variant, last, pool]) for variant, last, pool in sorted(sums)]


def _give(ctx: Context, variant: int, pool: str, count: int) -> tuple[str, int]:
    """The pool that took the units, and what it holds now."""
    now = db.value(GIVE, count, ctx.code, variant, pool)
    if now is not None:
        return pool, now
    return MAIN, db.value(PUT, ctx.code, variant, MAIN, count)


def _shows(before: int, after: int) -> bool:
    return min(SHOWN, before) != min(SHOWN, after)


def _touch(ctx: Context, shown: bool) -> None:
    if shown:
        version.touch(ctx)
