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

from shop import db, money
from shop.context import Context
from shop.errors import Conflict, NotFound
from shop.ledger import lots, postings
from shop.ledger.balances import balance, balances, history
from shop.ledger.lots import expire
from shop.ledger.postings import Account, Booked, Leg, Movement, move
from shop.ledger.proofs import prove

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

__all__ = [
    "Booked", "Leg", "balance", "balances", "claw_back", "expire", "give_back", "grant", "history",
    "move", "prove", "put_suspense", "settle_suspense", "spend", "undo",
]  # fmt: skip


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
    postings.own_key(key)
    with db.transaction():
        wallet = postings.open_account(ctx, "wallet", unit, customer_id)
        postings.lock(wallet)
        if done := postings.first(ctx, key, "grant"):
            return done
        issued = postings.open_account(ctx, "issued", unit)
        debt = postings.find_account(ctx, "debt", unit, customer_id)
        pays = min(amount, -(debt.balance or 0)) if debt else 0
        due = ctx.now_us if available_at is None else available_at
        lot = lots.add(ctx, wallet, key, amount, due, expires_at)
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
    postings.own_key(key)
    with db.transaction():
        wallet = postings.find_account(ctx, "wallet", unit, customer_id)
        if wallet is None:
            raise Conflict("insufficient_balance", have=0, need=amount)
        held = lots.hold(ctx, wallet, unit)
        if done := postings.first(ctx, key, "spend"):
            return done
        due = [lot for lot in held if lot.available_at <= ctx.now_us]
        legs, missing = lots.take(wallet, due, amount)
        if missing:
            raise Conflict("insufficient_balance", have=amount - missing, need=amount)
        legs.append(Leg(postings.open_account(ctx, "issued", unit), amount))
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
        lots.hold(ctx, wallet, unit)
        if key and (done := postings.first(ctx, postings.own_key(key), "give_back")):
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
        if grace_us > 0:
            lots.revive(ctx, [leg.lot for leg in legs], ctx.now_us + grace_us)
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
        held = lots.hold(ctx, wallet, unit)
        if key and (done := postings.first(ctx, postings.own_key(key), "claw_back")):
            return done
        lot, amount = lots.of(ctx, key_of_grant)
        wanted = min(total, amount) - db.value(BACK, granted.id) - lots.lapsed(lot)
        if wanted <= 0:
            return Booked(None, key or key_of_grant)
        legs, rest = lots.take(wallet, sorted(held, key=lambda other: other.id != lot), wanted)
        if rest:
            customer_id = db.value(OWNER, granted.id)
            legs.append(Leg(postings.open_account(ctx, "debt", unit, customer_id), -rest))
        return _follow(ctx, granted, key_of_grant, "claw_back", key, source, legs, reason)


def undo(ctx: Context, key: str, reason: str = "") -> Booked:
    """Reverse a grant or spend (what is left of it), a give_back or a claw_back, once and exactly:
    lot by lot. Conflict `cannot_undo` where a lot has been used since or a debt paid."""
    with db.transaction():
        movement = postings.find(ctx, key)
        if movement is None:
            raise NotFound
        if movement.kind not in ("grant", "spend", "give_back", "claw_back"):
            raise ValueError(f"a movement of kind {movement.kind} is not undone")
        lots.hold(ctx, *_wallet_of(ctx, movement))
        if done := postings.first(ctx, f"{key}:undo", "undo"):
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


def put_suspense(ctx: Context, suspense_id: int, currency: str, amount: int, key: str) -> Booked:
    """Book money that came and is nobody's yet; it stands in a lot of its own."""
    _check(amount)
    postings.own_key(key)
    with db.transaction():
        account = postings.open_account(ctx, "suspense", currency)
        postings.lock(account)
        if done := postings.first(ctx, key, "suspense"):
            return done
        name = f"suspense:{suspense_id}"
        lot = lots.add(ctx, account, name, amount, ctx.now_us, None)
        issued = postings.open_account(ctx, "issued", currency)
        legs = [Leg(account, amount, lot), Leg(issued, -amount)]
        return move(ctx, key, "suspense", "core", legs)


def settle_suspense(ctx: Context, suspense_id: int, currency: str, amount: int, key: str) -> Booked:
    """Take money out of suspense again: applied to an order, or refunded. Never more than
    stands there: Conflict `insufficient_balance`."""
    _check(amount)
    postings.own_key(key)
    with db.transaction():
        account = postings.open_account(ctx, "suspense", currency)
        postings.lock(account)
        if done := postings.first(ctx, key, "settle"):
            return done
        lot, _ = lots.of(ctx, f"suspense:{suspense_id}")
        issued = postings.open_account(ctx, "issued", currency)
        legs = [Leg(account, -amount, lot), Leg(issued, amount)]
        return move(ctx, key, "settle", "core", legs)


def _check(amount: int) -> None:
    if not 0 < amount <= money.MAX:
        raise ValueError(f"an amount above zero, not {amount}")


def _find(ctx: Context, key: str, kind: str) -> Movement:
    movement = postings.find(ctx, key)
    if movement is None:
        raise NotFound
    if movement.kind != kind:
        raise ValueError(f"the key {key!r} belongs to a {movement.kind}, not a {kind}")
    return movement


def _wallet_of(ctx: Context, movement: Movement) -> tuple[Account, str]:
    customer_id, unit = db.row(OWNER, movement.id) or (None, "")
    return postings.open_account(ctx, "wallet", unit, customer_id), unit


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
    issued = postings.open_account(ctx, "issued", db.value(UNIT, legs[0].account.id))
    legs = [*legs, Leg(issued, -sum(leg.amount for leg in legs))]
    key = key or f"{key_of}:{kind}:{db.value(FOLLOWERS, root.id)}"
    return move(
        ctx, key, kind, source, legs, of=root.id, order_id=root.order_id, reason=reason
    )  # fmt: skip
