"""How often something was tried: logins, one-time codes, wrong pickup codes, carts of a peer.

Counted in the database, so that every process sees the same number, and in a transaction of its
own, so that what is refused counts too.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from typing import NamedTuple

from shop import db
from shop.clock import DAY, SECOND
from shop.context import Context
from shop.errors import Reject
from shop.jobs import jobs

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
GIVE_BACK = """
UPDATE attempt SET count = count - 1
WHERE store = ? AND what = ? AND who = ? AND span = 0 AND count > 0"""
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


class Bound(NamedTuple):
    """At most `limit` tries of `what` by `who` in a span of `seconds`."""

    what: str
    who: str
    limit: int
    seconds: int


class Pause(NamedTuple):
    """After `free` tries of `what` by `who` each next one must wait: `first` seconds, then twice as
    long each time, up to `longest`. After `quiet` seconds without a counted try all is forgotten."""

    what: str
    who: str
    free: int
    first: int
    longest: int
    quiet: int


def count(ctx: Context, *limits: Bound | Pause) -> None:
    """Count one try against each limit; 429 `too_many_attempts` with `retry_after` if one is reached.
    What is refused counts against none, so that nobody makes a pause longer by knocking in it.

    Call it outside any transaction: one that is rolled back would take the count with it.
    """
    if db.database.in_transaction():
        raise RuntimeError("attempts are counted in a transaction of their own")
    with db.transaction():
        for limit in limits:
            if isinstance(limit, Bound):
                _count(ctx, limit)
            else:
                _slow_down(ctx, limit)


def _count(ctx: Context, limit: Bound) -> None:
    what, who, most, seconds = limit
    span = _span(ctx, seconds)
    if not db.change(COUNT, ctx.code, what, who, span, ctx.now_us, most):
        raise _too_many(ctx, span, seconds)


def _slow_down(ctx: Context, limit: Pause) -> None:
    what, who, *steps, quiet = limit
    pause = _pause(*steps)
    if not db.change(SLOW.format(pause=pause), ctx.code, what, who, ctx.now_us, quiet * SECOND):
        ends = db.value(WAIT.format(pause=pause), ctx.code, what, who) or ctx.now_us
        left = -((ctx.now_us - ends) // SECOND)
        raise Reject("too_many_attempts", 429, retry_after=max(left, 1))


def give_back(ctx: Context, what: str, who: str) -> None:
    """Take one try against a `Pause` back: it was right."""
    with db.transaction():
        db.change(GIVE_BACK, ctx.code, what, who)


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
