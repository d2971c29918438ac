"""Double entry, beneath `ledger`: accounts, and movements whose entries sum to zero.

    find_account(ctx, role, unit, customer_id=None) -> Account | None
    open_account(ctx, role, unit, customer_id=None) -> Account
    lock(*accounts)                      hold them, in one order, until the transaction ends
    first(ctx, key, kind) -> Booked | None
    move(ctx, key, kind, source, legs, *, of=None, order_id=None, reason="") -> Booked

Movements and entries are only ever added. A wallet and suspense stay at or above zero, a debt at
or below; the issuing side takes the other end of everything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from shop import db
from shop.context import Context
from shop.errors import Conflict, NotFound

KEY_LENGTH = 128
"""of a caller's key; what is derived from it needs the rest of the column"""
UNIT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")

FIND_ACCOUNT = "SELECT id, balance FROM account WHERE store = ? AND name = ?"
OPEN_ACCOUNT = """
INSERT INTO account (store, unit, role, balance, name) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING"""
OPEN_FOR_CUSTOMER = """
INSERT INTO account (store, unit, role, customer_id, balance, name)
SELECT ?, ?, ?, id, 0, ? FROM customer WHERE id = ? AND store = ? ON CONFLICT DO NOTHING"""
FIND = "SELECT id, kind, source, order_id, of_id FROM movement WHERE store = ? AND key = ?"
APPEND = """
INSERT INTO movement (store, key, kind, source, reason, order_id, of_id, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"""
SUMS = """
SELECT a.role, SUM(e.amount) FROM entry e JOIN account a ON a.id = e.account_id
WHERE e.movement_id = ? AND a.role IN ('wallet', 'debt') GROUP BY a.role"""
CHANGE_LOT = """
UPDATE lot SET remaining = remaining + ? WHERE id = ? AND store = ? AND remaining + ? >= 0"""
CHANGE_ACCOUNT = """
UPDATE account SET balance = balance + ?
WHERE id = ? AND store = ?
  AND CASE role WHEN 'debt' THEN balance + ? <= 0 ELSE balance + ? >= 0 END"""


class Account(NamedTuple):
    id: int
    role: str
    balance: int | None = None
    """when it was read; None for the issuing side"""


class Leg(NamedTuple):
    """`amount` units onto an account, and into a lot of it."""

    account: Account
    amount: int
    lot: int | None = None


class Movement(NamedTuple):
    id: int
    kind: str
    source: str
    order_id: int | None
    of_id: int | None


@dataclass(frozen=True, slots=True)
class Booked:
    """What a call did: `wallet` and `debt` are the changes of the customer's two accounts (a debt
    grows downwards). `id` is the movement, None where nothing was left to do; `repeated` says
    that the key had done it before, and the figures are those of then."""

    id: int | None
    key: str
    wallet: int = 0
    debt: int = 0
    repeated: bool = False


def find_account(
    ctx: Context, role: str, unit: str, customer_id: int | None = None
) -> Account | None:
    found = db.row(FIND_ACCOUNT, ctx.code, _name(role, unit, customer_id))
    return Account(found[0], role, found[1]) if found else None


def open_account(ctx: Context, role: str, unit: str, customer_id: int | None = None) -> Account:
    """The account, made where there is none; NotFound for a customer of another store."""
    account = find_account(ctx, role, unit, customer_id)
    if account is None:
        name = _name(role, unit, customer_id)
        if customer_id is None:
            balance = None if role == "issued" else 0
            db.change(OPEN_ACCOUNT, ctx.code, unit, role, balance, name)
        else:
            db.change(OPEN_FOR_CUSTOMER, ctx.code, unit, role, name, customer_id, ctx.code)
        account = find_account(ctx, role, unit, customer_id)
        if account is None:
            raise NotFound
    return account


def _name(role: str, unit: str, customer_id: int | None) -> str:
    if not UNIT.fullmatch(unit):
        raise ValueError(f"not a unit: {unit!r}")
    return f"{role}:{unit}" if customer_id is None else f"{role}:{unit}:{customer_id}"


def lock(*accounts: Account) -> None:
    for number in sorted({account.id for account in accounts}):
        db.lock_row("account", number)


def find(ctx: Context, key: str) -> Movement | None:
    found = db.row(FIND, ctx.code, key)
    return Movement(*found) if found else None


def first(ctx: Context, key: str, kind: str) -> Booked | None:
    """The result of the movement that has this key; ValueError if it is of another kind."""
    movement = find(ctx, key)
    if movement is None:
        return None
    if movement.kind != kind:
        raise ValueError(f"the key {key!r} belongs to a {movement.kind}, not a {kind}")
    sums = dict(db.rows(SUMS, movement.id))
    return Booked(movement.id, key, sums.get("wallet", 0), sums.get("debt", 0), repeated=True)


def move(
    ctx: Context,
    key: str,
    kind: str,
    source: str,
    legs: Sequence[Leg],
    *,
    of: int | None = None,
    order_id: int | None = None,
    reason: str = "",
) -> Booked:
    """Book `legs`, which sum to zero, in the open transaction; once per `key`.

    Conflict `insufficient_balance` where an account or a lot does not hold what a leg takes: the
    transaction (or a savepoint around the call) must then be undone.
    """
    if not legs or sum(leg.amount for leg in legs) != 0:
        raise ValueError("the entries of a movement sum to zero")
    number = db.value(
        APPEND, ctx.code, key, kind, source, reason[:255], order_id, of, ctx.now_us
    )  # fmt: skip
    if number is None:
        done = first(ctx, key, kind)
        assert done is not None
        return done
    rows = [(ctx.code, number, leg.account.id, leg.lot, leg.amount) for leg in legs]
    db.insert("entry", "store, movement_id, account_id, lot_id, amount", *rows)
    booked = Booked(number, key)
    for account, amount in _change(ctx, legs).items():
        if account.role in ("wallet", "debt"):
            sums = {account.role: getattr(booked, account.role) + amount}
            booked = replace(booked, **sums)
    return booked


def _change(ctx: Context, legs: Sequence[Leg]) -> dict[Account, int]:
    """Carry the legs into lots and balances; the change per account."""
    lots: dict[int, int] = defaultdict(int)
    accounts: dict[Account, int] = defaultdict(int)
    for leg in legs:
        accounts[leg.account] += leg.amount
        if leg.lot is not None:
            lots[leg.lot] += leg.amount
    for lot, amount in sorted(lots.items()):
        if not db.change(CHANGE_LOT, amount, lot, ctx.code, amount):
            raise Conflict("insufficient_balance")
    for account, amount in sorted(accounts.items(), key=lambda item: item[0].id):
        if account.role == "issued":
            continue
        if not db.change(CHANGE_ACCOUNT, amount, account.id, ctx.code, amount, amount):
            raise Conflict("insufficient_balance")
    return accounts


def own_key(key: str) -> str:
    """A caller's key, checked."""
    if not 0 < len(key) <= KEY_LENGTH:
        raise ValueError(f"a key has 1 to {KEY_LENGTH} characters")
    return key
