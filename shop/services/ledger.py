"""What outlives an order: points, credit, debts, suspense. Lots, keys and exact books.

    grant(ctx, unit, customer_id, amount, key, source, *, order_id=None, reason="",
          available_at=None, expires_at=None) -> Booked
    spend(ctx, unit, customer_id, amount, key, source, order_id=None, reason="") -> Booked
    give_back(ctx, key_of_spend, total, source, key=None, grace_us=0, reason="") -> Booked
    claw_back(ctx, key_of_grant, total, source, key=None, reason="") -> Booked
    undo(ctx, key, reason="") -> Booked
    expire(ctx) -> int
    put_suspense(ctx, suspense_id, currency, amount, key) -> Booked
    settle_suspense(ctx, suspense_id, currency, amount, key) -> Booked
    move(ctx, key, kind, source, legs, *, of=None, order_id=None, reason="") -> Booked
    balance(ctx, unit, customer_id) -> {available, pending, debt, next_expiry}
    balances(ctx, customer_id) -> [{unit, available, pending, debt, next_expiry}]
    history(ctx, customer_id, unit, limit=20, after=None) -> {items, next}
    prove(ctx) -> [Finding(check, row, message)]

Amounts are whole units above zero, instants and `grace_us` microseconds, keys at most 128
characters and unique in the store: a key that has done its work does nothing again and returns
the first result, `repeated`. `give_back` and `claw_back` are cumulative: they bring what has come
back so far up to `total`, so they may be repeated without a key. An unknown key is NotFound; a
key of another kind of movement, or an amount out of range, is a ValueError.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from shop import db, money
from shop.context import Context
from shop.errors import Conflict, NotFound
from shop.services import books, jobs
from shop.services.balances import balance, balances, history
from shop.services.books import Account, Booked, Leg, Movement, move
from shop.services.proofs import prove

ADD_LOT = """
INSERT INTO lot (store, account_id, key, amount, remaining, available_at, expires_at)
VALUES (?, ?, ?, ?, 0, ?, ?) RETURNING id"""
OPEN_LOTS = """
SELECT id, remaining, available_at, expires_at FROM lot
WHERE account_id = ? AND store = ? AND remaining > 0
ORDER BY CASE WHEN expires_at IS NULL THEN 1 ELSE 0 END, expires_at, id"""
LOT_OF = "SELECT id, amount FROM lot WHERE store = ? AND key = ?"
ENTRIES = "SELECT COUNT(*) FROM entry WHERE lot_id = ?"
LAPSED = """
SELECT COALESCE(-SUM(e.amount), 0) FROM entry e JOIN movement m ON m.id = e.movement_id
WHERE e.lot_id = ? AND m.kind = 'expire'"""
LAPSING = """
SELECT DISTINCT l.account_id FROM lot l
WHERE l.store = ? AND l.remaining > 0 AND l.expires_at <= ? AND l.account_id > ?
ORDER BY l.account_id LIMIT 200"""
EFFECT = """
SELECT a.id, a.role, e.lot_id, SUM(e.amount), MAX(CASE WHEN m.id = ? THEN e.id ELSE 0 END)
FROM movement m JOIN entry e ON e.movement_id = m.id JOIN account a ON a.id = e.account_id
WHERE m.store = ? AND (m.id = ? OR m.of_id = ?) AND a.customer_id IS NOT NULL
GROUP BY a.id, a.role, e.lot_id ORDER BY 5 DESC"""
FOLLOWERS = "SELECT COUNT(*) FROM movement WHERE of_id = ?"
BACK = """
SELECT COALESCE(SUM(e.amount), 0) FROM movement m JOIN entry e ON e.movement_id = m.id
  JOIN account a ON a.id = e.account_id
WHERE m.of_id = ? AND a.role = 'issued'"""
OWNER = """
SELECT a.customer_id, a.unit FROM entry e JOIN account a ON a.id = e.account_id
WHERE e.movement_id = ? AND a.customer_id IS NOT NULL LIMIT 1"""
UNIT = "SELECT unit FROM account WHERE id = ?"
GRACE = """
UPDATE lot SET expires_at = ? WHERE id = ? AND store = ? AND expires_at IS NOT NULL
  AND expires_at <= ?"""

__all__ = [
    "Booked", "Leg", "balance", "balances", "claw_back", "expire", "give_back", "grant", "history",
    "move", "prove", "put_suspense", "settle_suspense", "spend", "undo",
]  # fmt: skip


class Lot(NamedTuple):
    id: int
    remaining: int
    available_at: int
    expires_at: int | None


def grant(
    ctx: Context,
    unit: str,
    customer_id: int,
    amount: int,
    key: str,
    source: str,
    *,
    order_id: int | None = None,
    reason: str = "",
    available_at: int | None = None,
    expires_at: int | None = None,
) -> Booked:
    """Give; a debt is paid first, and the rest is a lot, due at `available_at` [now]."""
    _check(amount)
    books.own_key(key)
    with db.transaction():
        wallet = books.open_account(ctx, "wallet", unit, customer_id)
        books.lock(wallet)
        if done := books.first(ctx, key, "grant"):
            return done
        issued = books.open_account(ctx, "issued", unit)
        debt = books.find_account(ctx, "debt", unit, customer_id)
        pays = min(amount, -(debt.balance or 0)) if debt else 0
        due = ctx.now_us if available_at is None else available_at
        lot = db.value(ADD_LOT, ctx.code, wallet.id, key, amount, due, expires_at)
        legs = [Leg(issued, -amount)]
        if amount > pays:
            legs.append(Leg(wallet, amount - pays, lot))
        if debt and pays:
            legs.append(Leg(debt, pays))
        return move(ctx, key, "grant", source, legs, order_id=order_id, reason=reason)


def spend(
    ctx: Context,
    unit: str,
    customer_id: int,
    amount: int,
    key: str,
    source: str,
    order_id: int | None = None,
    reason: str = "",
) -> Booked:
    """Take from lots that are due, nearest to expiry first; all of it or Conflict
    `insufficient_balance` with `have` and `need`. Whether the customer may spend (a verified
    login) is for the caller to ask."""
    _check(amount)
    books.own_key(key)
    with db.transaction():
        wallet = books.find_account(ctx, "wallet", unit, customer_id)
        if wallet is None:
            raise Conflict("insufficient_balance", have=0, need=amount)
        lots = _lock(ctx, wallet, unit)
        if done := books.first(ctx, key, "spend"):
            return done
        due = [lot for lot in lots if lot.available_at <= ctx.now_us]
        legs, missing = _take(wallet, due, amount)
        if missing:
            raise Conflict("insufficient_balance", have=amount - missing, need=amount)
        legs.append(Leg(books.open_account(ctx, "issued", unit), amount))
        return move(ctx, key, "spend", source, legs, order_id=order_id, reason=reason)


def give_back(
    ctx: Context,
    key_of_spend: str,
    total: int,
    source: str,
    key: str | None = None,
    grace_us: int = 0,
    reason: str = "",
) -> Booked:
    """Bring what came back of a spend up to `total` (at most what was spent), into the very lots
    it came from, last taken first. A lot that has expired meanwhile lives again for `grace_us`;
    without grace what goes into it is lost. A debt is left to the next grant."""
    with db.transaction():
        spent = _find(ctx, key_of_spend, "spend")
        wallet, unit = _wallet_of(ctx, spent)
        _lock(ctx, wallet, unit)
        if key and (done := books.first(ctx, books.own_key(key), "give_back")):
            return done
        out = [leg for leg in _effect(ctx, spent) if leg.amount < 0]
        back = -db.value(BACK, spent.id)
        left = min(total, back - sum(leg.amount for leg in out)) - back
        legs = []
        for leg in out:
            if left > 0:
                legs.append(leg._replace(amount=min(left, -leg.amount)))
                left -= legs[-1].amount
        if not legs:
            return Booked(None, key or key_of_spend)
        for leg in legs if grace_us > 0 else ():
            db.change(GRACE, ctx.now_us + grace_us, leg.lot, ctx.code, ctx.now_us)
        return _follow(ctx, spent, key_of_spend, "give_back", key, source, legs, reason)


def claw_back(
    ctx: Context,
    key_of_grant: str,
    total: int,
    source: str,
    key: str | None = None,
    reason: str = "",
) -> Booked:
    """Bring what was taken back of a grant up to `total` (at most the grant): from its own lot,
    then from the customer's others, nearest to expiry first, then as a debt. What has expired in
    its own lot counts as taken: it is gone already."""
    with db.transaction():
        granted = _find(ctx, key_of_grant, "grant")
        wallet, unit = _wallet_of(ctx, granted)
        lots = _lock(ctx, wallet, unit)
        if key and (done := books.first(ctx, books.own_key(key), "claw_back")):
            return done
        lot, amount = db.row(LOT_OF, ctx.code, key_of_grant) or (0, 0)
        wanted = min(total, amount) - db.value(BACK, granted.id) - db.value(LAPSED, lot)
        if wanted <= 0:
            return Booked(None, key or key_of_grant)
        legs, rest = _take(wallet, sorted(lots, key=lambda other: other.id != lot), wanted)
        if rest:
            customer_id = db.value(OWNER, granted.id)
            legs.append(Leg(books.open_account(ctx, "debt", unit, customer_id), -rest))
        return _follow(ctx, granted, key_of_grant, "claw_back", key, source, legs, reason)


def undo(ctx: Context, key: str, reason: str = "") -> Booked:
    """Reverse a grant or spend (what is left of it), a give_back or a claw_back, once and exactly:
    lot by lot. Conflict `cannot_undo` where a lot has been used since or a debt paid."""
    with db.transaction():
        movement = books.find(ctx, key)
        if movement is None:
            raise NotFound
        if movement.kind not in ("grant", "spend", "give_back", "claw_back"):
            raise ValueError(f"a movement of kind {movement.kind} is not undone")
        _lock(ctx, *_wallet_of(ctx, movement))
        if done := books.first(ctx, f"{key}:undo", "undo"):
            return done
        legs = [leg._replace(amount=-leg.amount) for leg in _effect(ctx, movement) if leg.amount]
        if not legs:
            return Booked(None, key)
        root = movement if movement.of_id is None else movement._replace(id=movement.of_id)
        try:
            with db.savepoint():
                return _follow(ctx, root, key, "undo", f"{key}:undo", movement.source, legs, reason)
        except Conflict:
            raise Conflict("cannot_undo") from None


def expire(ctx: Context) -> int:
    """Book lots that have expired; how many wallets had one. What can be spent does not wait
    for this: lots know their time."""
    wallets, last = 0, 0
    while found := db.rows(LAPSING, ctx.code, ctx.now_us, last):
        for [last] in found:
            with db.transaction():
                _lock(ctx, Account(last, "wallet"), db.value(UNIT, last))
        wallets += len(found)
    return wallets


@jobs.handler("expire_lots", every=3600)
def expire_job(ctx: Context, data: dict[str, Any]) -> None:
    expire(ctx)


def put_suspense(ctx: Context, suspense_id: int, currency: str, amount: int, key: str) -> Booked:
    """Book money that came and is nobody's yet; it stands in a lot of its own."""
    _check(amount)
    books.own_key(key)
    with db.transaction():
        account = books.open_account(ctx, "suspense", currency)
        books.lock(account)
        if done := books.first(ctx, key, "suspense"):
            return done
        name = f"suspense:{suspense_id}"
        lot = db.value(ADD_LOT, ctx.code, account.id, name, amount, ctx.now_us, None)
        issued = books.open_account(ctx, "issued", currency)
        legs = [Leg(account, amount, lot), Leg(issued, -amount)]
        return move(ctx, key, "suspense", "core", legs)


def settle_suspense(ctx: Context, suspense_id: int, currency: str, amount: int, key: str) -> Booked:
    """Take money out of suspense again: applied to an order, or refunded. Never more than
    stands there: Conflict `insufficient_balance`."""
    _check(amount)
    books.own_key(key)
    with db.transaction():
        account = books.open_account(ctx, "suspense", currency)
        books.lock(account)
        if done := books.first(ctx, key, "settle"):
            return done
        found = db.row(LOT_OF, ctx.code, f"suspense:{suspense_id}")
        if found is None:
            raise NotFound
        issued = books.open_account(ctx, "issued", currency)
        legs = [Leg(account, -amount, found[0]), Leg(issued, amount)]
        return move(ctx, key, "settle", "core", legs)


def _check(amount: int) -> None:
    if not 0 < amount <= money.MAX:
        raise ValueError(f"an amount above zero, not {amount}")


def _lock(ctx: Context, wallet: Account, unit: str) -> list[Lot]:
    """Hold the wallet and book what has expired in it; its open lots, nearest to expiry first."""
    books.lock(wallet)
    lots = []
    for lot in (Lot(*line) for line in db.rows(OPEN_LOTS, wallet.id, ctx.code)):
        if lot.expires_at is not None and lot.expires_at <= ctx.now_us:
            issued = books.open_account(ctx, "issued", unit)
            legs = [Leg(wallet, -lot.remaining, lot.id), Leg(issued, lot.remaining)]
            move(ctx, f"expire:{lot.id}:{db.value(ENTRIES, lot.id)}", "expire", "core", legs)
        else:
            lots.append(lot)
    return lots


def _take(wallet: Account, lots: Iterable[Lot], amount: int) -> tuple[list[Leg], int]:
    """Legs that take `amount` from the lots in turn, and what they lack."""
    legs = []
    for lot in lots:
        if amount:
            legs.append(Leg(wallet, -min(amount, lot.remaining), lot.id))
            amount += legs[-1].amount
    return legs, amount


def _find(ctx: Context, key: str, kind: str) -> Movement:
    movement = books.find(ctx, key)
    if movement is None:
        raise NotFound
    if movement.kind != kind:
        raise ValueError(f"the key {key!r} belongs to a {movement.kind}, not a {kind}")
    return movement


def _wallet_of(ctx: Context, movement: Movement) -> tuple[Account, str]:
    customer_id, unit = db.row(OWNER, movement.id) or (None, "")
    return books.open_account(ctx, "wallet", unit, customer_id), unit


def _effect(ctx: Context, movement: Movement) -> list[Leg]:
    """What a movement and those that follow from it have done to the customer together, the lot
    taken last first."""
    found = db.rows(EFFECT, movement.id, ctx.code, movement.id, movement.id)
    return [Leg(Account(number, role), amount, lot) for number, role, lot, amount, _ in found]


def _follow(
    ctx: Context,
    root: Movement,
    key_of: str,
    kind: str,
    key: str | None,
    source: str,
    legs: list[Leg],
    reason: str,
) -> Booked:
    """Book what follows from a grant or spend; the issuing side takes the other end."""
    issued = books.open_account(ctx, "issued", db.value(UNIT, legs[0].account.id))
    legs = [*legs, Leg(issued, -sum(leg.amount for leg in legs))]
    key = key or f"{key_of}:{kind}:{db.value(FOLLOWERS, root.id)}"
    return move(
        ctx, key, kind, source, legs, of=root.id, order_id=root.order_id, reason=reason
    )  # fmt: skip
