"""How often something was tried: logins, one-time codes, wrong pickup codes, carts of a peer.

Counted in the database, so that every process sees the same number, and in a transaction of its
own, so that what is refused counts too.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, IPv6Network

from shop import db
from shop.clock import DAY, SECOND
from shop.context import Context
from shop.errors import Reject
from shop.services import jobs

KEEP = 7 * DAY

COUNT = """
INSERT INTO attempt (store, what, who, span, count, tried_at) VALUES (?, ?, ?, ?, 1, ?)
ON CONFLICT (store, what, who, span) DO UPDATE SET
  count = attempt.count + 1, tried_at = excluded.tried_at
WHERE attempt.count < ?"""
REACHED = """
SELECT 1 FROM attempt WHERE store = ? AND what = ? AND who = ? AND span = ? AND count >= ?"""
CLEAR = "DELETE FROM attempt WHERE store = ? AND what = ? AND who = ?"
PURGE = "DELETE FROM attempt WHERE store = ? AND tried_at < ?"
SLOW = """
INSERT INTO attempt (store, what, who, span, count, tried_at) VALUES (?, ?, ?, 0, 1, ?)
ON CONFLICT (store, what, who, span) DO UPDATE SET
  count = CASE WHEN attempt.tried_at + ? <= excluded.tried_at THEN 1 ELSE attempt.count + 1 END,
  tried_at = excluded.tried_at
WHERE attempt.tried_at + {pause} <= excluded.tried_at"""
WAIT = """
SELECT attempt.tried_at + {pause} FROM attempt
WHERE store = ? AND what = ? AND who = ? AND span = 0"""
STEPS = 12
"""doublings of a pause that are spelled out; by then each has reached its longest"""


@lru_cache(maxsize=16_384)
def network_of(peer: str) -> str:
    """Return what a peer is counted by: an IPv4 address itself; of an IPv6 address its /64, in which
    whoever has one address has them all.
    >>> network_of("2001:db8:1:2:3::4"), network_of("203.0.113.7")
    ('2001:db8:1:2::/64', '203.0.113.7')
    """
    if ":" not in peer:
        return peer
    try:
        address = IPv6Address(peer.partition("%")[0])
    except AddressValueError:
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))


def count(ctx: Context, what: str, who: str, limit: int, seconds: int) -> None:
    """Count one try of `what` by `who`; past `limit` in a span of `seconds` it is 429
    `too_many_attempts` with `retry_after`.

    Call it outside any transaction: one that is rolled back would take the count with it.
    """
    if db.database.in_transaction():
        raise RuntimeError("attempts are counted in a transaction of their own")
    span = _span(ctx, seconds)
    with db.transaction():
        counted = db.change(COUNT, ctx.code, what, who, span, ctx.now_us, limit)
    if not counted:
        raise _too_many(ctx, span, seconds)


def slow_down(
    ctx: Context, what: str, who: str, free: int, first: int, longest: int, quiet: int
) -> None:
    """Count one try of `what` by `who`. After `free` tries each next one must wait: `first` seconds,
    then twice as long each time, up to `longest`; 429 `too_many_attempts` with `retry_after` before
    that. After `quiet` seconds without a counted try all is forgotten. What is refused counts
    nothing, so that nobody makes a pause longer by knocking in it.

    Call it outside any transaction, as `count`.
    """
    if db.database.in_transaction():
        raise RuntimeError("attempts are counted in a transaction of their own")
    pause = _pause(free, first, longest)
    with db.transaction():
        sql = SLOW.format(pause=pause)
        counted = db.change(sql, ctx.code, what, who, ctx.now_us, quiet * SECOND)
    if not counted:
        ends = db.value(WAIT.format(pause=pause), ctx.code, what, who) or ctx.now_us
        left = -((ctx.now_us - ends) // SECOND)
        raise Reject("too_many_attempts", 429, retry_after=max(left, 1))


@lru_cache(maxsize=64)
def _pause(free: int, first: int, longest: int) -> str:
    """SQL: microseconds to wait after that many tries."""
    steps = "".join(
        f" WHEN attempt.count < {free + step} THEN {min(first << (step - 1), longest) * SECOND}"
        for step in range(1, STEPS)
    )
    return f"CASE WHEN attempt.count < {free} THEN 0{steps} ELSE {longest * SECOND} END"


def check(ctx: Context, what: str, who: str, limit: int, seconds: int) -> None:
    """The same refusal once `limit` tries were counted; this one is not. For what counts only
    when it goes wrong, while even the right answer is refused after too many wrong ones."""
    span = _span(ctx, seconds)
    if db.row(REACHED, ctx.code, what, who, span, limit):
        raise _too_many(ctx, span, seconds)


def clear(ctx: Context, what: str, who: str) -> None:
    """Forget the tries of one who proved himself."""
    with db.transaction():
        db.change(CLEAR, ctx.code, what, who)


def _span(ctx: Context, seconds: int) -> int:
    """When the span of `seconds` that is running began."""
    return ctx.now_us - ctx.now_us % (seconds * SECOND)


def _too_many(ctx: Context, span: int, seconds: int) -> Reject:
    left = -((ctx.now_us - span) // SECOND - seconds)
    return Reject("too_many_attempts", 429, retry_after=max(left, 1))


@jobs.handler("purge_attempts", every=86_400)
def purge(ctx: Context, data: dict[str, object]) -> None:
    with db.transaction():
        db.change(PURGE, ctx.code, ctx.now_us - KEEP)
