"""Claims on scarce things that are not stock: window capacity, seats, quotas, limits per person.

A counter has a cap; a claim takes units of it under a key and gives them back once. Counters
are named `<plugin>:<what>:<id>`; the core's own begin with what they count.
"""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.errors import Conflict
from shop.people import identity

TAKE = """
UPDATE counter SET used = used + ? WHERE store = ? AND name = ?
AND (cap IS NULL OR used + ? <= cap) RETURNING id"""
GIVE = "UPDATE counter SET used = used - ? WHERE id = ?"
LOOK = "SELECT id, cap, used FROM counter WHERE store = ? AND name = ?"
HELD = """
SELECT c.id, c.units FROM claim c JOIN counter n ON n.id = c.counter_id
WHERE n.store = ? AND n.name = ? AND c.key = ? AND c.released_at IS NULL"""
WRITE = """
INSERT INTO claim (store, counter_id, key, who, units, order_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
OF_ORDERS = """
SELECT c.id, c.order_id, c.units, c.who FROM claim c JOIN counter n ON n.id = c.counter_id
WHERE n.store = ? AND n.name = ? AND c.order_id IN (??) AND c.released_at IS NULL
ORDER BY c.order_id DESC"""
OF_ORDER = """
SELECT id FROM claim WHERE order_id = ? AND store = ? AND released_at IS NULL
ORDER BY counter_id, id"""
LET_GO = """
UPDATE claim SET released_at = ? WHERE id = ? AND released_at IS NULL
RETURNING counter_id, units"""
SHRINK = """
UPDATE claim SET units = ? WHERE id = ? AND units = ? AND released_at IS NULL AND units > ?
RETURNING counter_id"""


def set_cap(ctx: Context, counter: str, cap: int | None) -> None:
    """Make the counter, or change its cap. What is used already stays, even above a lower cap."""
    with db.transaction():
        db.change(
            "INSERT INTO counter (store, name, cap, used) VALUES (?, ?, ?, 0)"
            " ON CONFLICT (store, name) DO UPDATE SET cap = excluded.cap",
            ctx.code, counter, cap,
        )  # fmt: skip


def left(ctx: Context, counter: str) -> int | None:
    """Units still free; None for a counter without a cap or not made yet."""
    found = db.row(LOOK, ctx.code, counter)
    return None if found is None or found[1] is None else max(0, found[1] - found[2])


def claim(
    ctx: Context,
    counter: str,
    key: str,
    units: int = 1,
    *,
    order_id: int | None = None,
    who: str | None = None,
    customer: int | None = None,
    code: str = "fully_claimed",
) -> None:
    """Take `units` of a counter that `set_cap` made; the same key again is no second claim.

    409 `code` with `left` when the cap is reached; 409 `already_claimed` when `who` holds one.
    `customer` is the person whom the counter, or `who`, counts: if he is the caller, signed in,
    orders that guests made of his phone and that nothing backs give way (see `identity`).
    """
    with db.transaction():
        try:
            _take(ctx, counter, key, units, order_id, who, code)
        except Conflict as refusal:
            _make_way(ctx, counter, customer, refusal, key, units, order_id, who, code)


def given_way(ctx: Context, counter: str, customer: int | None) -> int:
    """Return the units of a counter that would give way to the caller, if he is this customer."""
    return sum(row[2] for row in _giving_way(ctx, counter, customer))


def _giving_way(ctx: Context, counter: str, customer: int | None) -> list[tuple[Any, ...]]:
    orders = identity.giving_way(ctx, customer)
    return db.rows(OF_ORDERS, ctx.code, counter, db.many(orders)) if orders else []


def _make_way(
    ctx: Context, counter: str, customer: int | None, refusal: Conflict, key: str, units: int,
    order_id: int | None, who: str | None, code: str,
) -> None:  # fmt: skip
    """Release what gives way, the newest first and no more than is needed, or raise the refusal."""
    gone = []
    with db.savepoint():
        for claim_id, other, _, whose in _giving_way(ctx, counter, customer):
            if who is not None and whose != who:
                continue
            _let_go(ctx, claim_id)
            gone.append(other)
            try:
                _take(ctx, counter, key, units, order_id, who, code)
            except Conflict:
                continue
            identity.give_way(ctx, gone)
            return
        raise refusal


def _take(
    ctx: Context, counter: str, key: str, units: int, order_id: int | None, who: str | None,
    code: str,
) -> None:  # fmt: skip
    with db.transaction():
        counter_id = db.value(TAKE, units, ctx.code, counter, units)
        if counter_id is None:
            if db.row(HELD, ctx.code, counter, key):
                return
            if db.row(LOOK, ctx.code, counter) is None:
                raise ValueError(f"no counter {counter}: set_cap makes it")
            raise Conflict(code, left=left(ctx, counter) or 0)
        made = db.change(WRITE, ctx.code, counter_id, key, who, units, order_id, ctx.now_us)
        if not made:
            db.change(GIVE, units, counter_id)  # whoever catches this goes on in the transaction
            if not db.row(HELD, ctx.code, counter, key):
                raise Conflict("already_claimed")


def release(ctx: Context, counter: str, key: str) -> bool:
    """Give the claim of `key` back; False if there is none (any more)."""
    with db.transaction():
        held = db.row(HELD, ctx.code, counter, key)
        return held is not None and _let_go(ctx, held[0])


def shrink(ctx: Context, counter: str, key: str, units: int) -> int:
    """Lower the claim of `key` to `units` (0 releases it); how many were freed. A claim that is
    not held, or is that small already, stays."""
    with db.transaction():
        held = db.row(HELD, ctx.code, counter, key)
        if held is None:
            return 0
        if units <= 0:
            return held[1] if _let_go(ctx, held[0]) else 0
        freed = db.row(SHRINK, units, held[0], held[1], units)
        if freed is None:
            return 0
        db.change(GIVE, held[1] - units, freed[0])
        return int(held[1] - units)


def release_order(ctx: Context, order_id: int) -> None:
    """Give back whatever an order holds: it was cancelled or expired."""
    with db.transaction():
        for (claim_id,) in db.rows(OF_ORDER, order_id, ctx.code):
            _let_go(ctx, claim_id)


def _let_go(ctx: Context, claim_id: int) -> bool:
    """Who wins the UPDATE of the claim lowers the counter; a second one finds nothing."""
    freed = db.row(LET_GO, ctx.now_us, claim_id)
    if freed is None:
        return False
    db.change(GIVE, freed[1], freed[0])
    return True
