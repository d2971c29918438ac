"""What each grant put into a wallet and what remains of it, beneath `ledger`.

A wallet is used only under its lock, and taking the lock books what has expired in it: so what
can be spent, and what counts as gone, never depend on when a job last ran.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from shop import db
from shop.context import Context
from shop.jobs import jobs
from shop.ledger import postings
from shop.ledger.postings import Account, Leg, move

ADD = """
INSERT INTO lot (store, account_id, key, amount, remaining, available_at, expires_at)
VALUES (?, ?, ?, ?, 0, ?, ?) RETURNING id"""
OPEN = """
SELECT id, remaining, available_at, expires_at FROM lot
WHERE account_id = ? AND store = ? AND remaining > 0
ORDER BY CASE WHEN expires_at IS NULL THEN 1 ELSE 0 END, expires_at, id"""
OF = "SELECT id, amount FROM lot WHERE store = ? AND key = ?"
ENTRIES = "SELECT COUNT(*) FROM entry WHERE lot_id = ?"
LAPSED = """
SELECT COALESCE(-SUM(e.amount), 0) FROM entry e JOIN movement m ON m.id = e.movement_id
WHERE e.lot_id = ? AND m.kind = 'expire'"""
LAPSING = """
SELECT DISTINCT l.account_id, a.unit FROM lot l JOIN account a ON a.id = l.account_id
WHERE l.store = ? AND l.remaining > 0 AND l.expires_at <= ? AND l.account_id > ?
ORDER BY l.account_id LIMIT 200"""
REVIVE = "UPDATE lot SET expires_at = ? WHERE id IN (??) AND store = ? AND expires_at <= ?"


class Lot(NamedTuple):
    id: int
    remaining: int
    available_at: int
    expires_at: int | None


def add(
    ctx: Context, account: Account, key: str, amount: int, available_at: int, expires_at: int | None
) -> int:
    """A lot that nothing is in yet; entries fill it. Its id."""
    return int(db.value(ADD, ctx.code, account.id, key, amount, available_at, expires_at))


def hold(ctx: Context, wallet: Account, unit: str) -> list[Lot]:
    """Lock the wallet, book what has expired; its open lots, nearest to expiry first."""
    postings.lock(wallet)
    lots = []
    for lot in (Lot(*line) for line in db.rows(OPEN, wallet.id, ctx.code)):
        if lot.expires_at is not None and lot.expires_at <= ctx.now_us:
            issued = postings.open_account(ctx, "issued", unit)
            legs = [Leg(wallet, -lot.remaining, lot.id), Leg(issued, lot.remaining)]
            move(ctx, f"expire:{lot.id}:{db.value(ENTRIES, lot.id)}", "expire", "core", legs)
        else:
            lots.append(lot)
    return lots


def take(wallet: Account, lots: Iterable[Lot], amount: int) -> tuple[list[Leg], int]:
    """Legs that take `amount` from the lots in turn, and what these lack."""
    legs = []
    for lot in lots:
        if amount:
            legs.append(Leg(wallet, -min(amount, lot.remaining), lot.id))
            amount += legs[-1].amount
    return legs, amount


def of(ctx: Context, key: str) -> tuple[int, int]:
    """(id, amount) of the lot that a grant made."""
    found = db.row(OF, ctx.code, key)
    if found is None:
        raise ValueError(f"no lot has the key {key!r}")
    return found[0], found[1]


def lapsed(lot: int) -> int:
    """What has expired in it so far, under the lock."""
    return int(db.value(LAPSED, lot))


def revive(ctx: Context, ids: Iterable[int | None], expires_at: int) -> None:
    """Give those that have expired a later expiry, for what comes back into them."""
    db.change(REVIVE, expires_at, db.many(ids), ctx.code, ctx.now_us)


def expire(ctx: Context) -> int:
    """Book lots that have expired; how many wallets had one."""
    wallets, last = 0, 0
    while found := db.rows(LAPSING, ctx.code, ctx.now_us, last):
        for last, unit in found:
            with db.transaction():
                hold(ctx, Account(last, "wallet"), unit)
        wallets += len(found)
    return wallets


@jobs.handler("expire_lots", every=3600)
def expire_job(ctx: Context, data: dict[str, Any]) -> None:
    expire(ctx)
