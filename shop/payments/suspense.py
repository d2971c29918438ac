"""Money that came late, twice or odd: it waits here until it is applied or given back.

Nothing in suspense makes an order paid by itself. What a provider can take back by itself goes by
a job; money that people handled is given back by staff, who then say so.
"""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.data import paging
from shop.errors import Conflict, NotFound, Reject
from shop.jobs import events, jobs
from shop.ledger import ledger
from shop.orders import order_view
from shop.payments import providers, receipts, refund_parts
from shop.people import audit

PUT = """
INSERT INTO suspense (store, order_id, payment_id, provider, method, reference, reason, amount,
  refund_amount, applied, refunded, currency, state, created_at, actor)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?) RETURNING id"""
COLUMNS = """s.id, s.order_id, s.payment_id, s.provider, s.method, s.reference, s.reason, s.amount,
  s.refund_amount, s.applied, s.refunded, s.currency, s.state, s.created_at, s.settled_at,
  o.number"""
NAMES = ("id", "order_id", "payment_id", "provider", "method", "reference", "reason", "amount",
         "refund_amount", "applied", "refunded", "currency", "state", "created_at", "settled_at",
         "order")  # fmt: skip
FROM = f"SELECT {COLUMNS} FROM suspense s LEFT JOIN orders o ON o.id = s.order_id"
GET = f"{FROM} WHERE s.store = ? AND s.id = ?"
OF_PAYMENT = f"{FROM} WHERE s.store = ? AND s.payment_id = ? ORDER BY s.id LIMIT 1"
LIST = f"{FROM} WHERE s.store = ? AND s.id < ? ORDER BY s.id DESC LIMIT ?"
LIST_STATE = f"{FROM} WHERE s.store = ? AND s.state = ? AND s.id < ? ORDER BY s.id DESC LIMIT ?"
SETTLE = """
UPDATE suspense SET applied = applied + ?, refunded = refunded + ?, refund_amount = 0,
  state = CASE WHEN applied + refunded + ? = amount THEN ? ELSE 'open' END,
  settled_at = CASE WHEN applied + refunded + ? = amount THEN ? ELSE settled_at END, actor = ?
WHERE store = ? AND id = ? AND applied + refunded + ? <= amount"""
SEND = """
UPDATE suspense SET state = 'refunding', refund_amount = ?
WHERE store = ? AND id = ? AND state = 'open' AND applied + refunded + ? <= amount"""


def put(
    ctx: Context,
    reason: str,
    amount: int,
    currency: str,
    provider: str,
    method: str = "",
    *,
    reference: str = "",
    order_id: int | None = None,
    payment_id: int | None = None,
    back: int = 0,
) -> int:
    """Keep `amount`; `back` of it is to be given back, at once where a provider can. The id.

    `reason`: late, double, excess, short, currency or unknown. The event `suspense.opened` is the
    alert.
    """
    with db.transaction():
        actor = audit.actor_of(ctx.caller)
        suspense_id = db.value(
            PUT, ctx.code, order_id, payment_id, provider, method, reference, reason, amount, back,
            currency, "open", ctx.now_us, actor,
        )  # fmt: skip
        ledger.put_suspense(ctx, suspense_id, currency, amount, f"suspense:{suspense_id}")
        events.record(
            ctx, "suspense.opened", order_id,
            suspense=suspense_id, reason=reason, amount=amount, currency=currency, back=back,
        )  # fmt: skip
        if back and payment_id is not None:
            _send_back(ctx, get(ctx, suspense_id), back)
        return suspense_id


def get(ctx: Context, suspense_id: int) -> dict[str, Any]:
    """Columns by name, and `rest`: what has neither been applied nor gone back."""
    return _view(db.row(GET, ctx.code, suspense_id))


def of_payment(ctx: Context, payment_id: int) -> dict[str, Any] | None:
    found = db.row(OF_PAYMENT, ctx.code, payment_id)
    return _view(found) if found else None


def show(
    ctx: Context, state: str = "", limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next}, the newest first."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    if state:
        found = db.rows(LIST_STATE, ctx.code, state, before, limit + 1)
    else:
        found = db.rows(LIST, ctx.code, before, limit + 1)
    return paging.page([_view(line) for line in found], limit, lambda item: (item["id"],))


def apply(ctx: Context, suspense_id: int, number: str = "") -> dict[str, Any]:
    """The owner makes it part of what an order (its own, or the one named) has been paid; what is
    above the balance is given back.

    409 `suspense_settled`, `order_cancelled`; 422 `order_needed`, `wrong_currency`,
    `nothing_to_pay`.
    """
    with db.transaction():
        number = number or get(ctx, suspense_id)["order"] or ""
        if not number:
            raise Reject("order_needed")
        order = order_view.lock(ctx, order_view.find(ctx, number))
        row = lock(ctx, suspense_id)
        if row["state"] != "open":
            raise Conflict("suspense_settled", state=row["state"])
        if order.state == "cancelled":
            raise Conflict("order_cancelled")
        if order.currency != row["currency"]:
            raise Reject("wrong_currency", currency=row["currency"], expected=order.currency)
        amount = min(row["rest"], order.balance)
        if amount <= 0:
            raise Reject("nothing_to_pay")
        own = row["payment_id"] if order.id == row["order_id"] else None
        settle(ctx, row, amount, "applied")
        receipts.accept(
            ctx, order.id, amount, row["provider"], row["method"], row["reference"], own
        )  # fmt: skip
        audit.record(ctx, "suspense.apply", f"order:{number}", suspense=suspense_id, amount=amount)
        row = get(ctx, suspense_id)
        if row["rest"] and row["payment_id"] is not None:
            _send_back(ctx, row, row["rest"])
        return get(ctx, suspense_id)


def refund(ctx: Context, suspense_id: int, done: bool = False) -> dict[str, Any]:
    """The owner gives back what is left. Money that came by hand goes back by hand, and so does
    any with `done`: the owner has seen to it. Else the provider is asked, by a job.

    409 `suspense_settled`; 422 `refund_by_hand` where no provider can.
    """
    with db.transaction():
        row = lock(ctx, suspense_id)
        by_hand = done or providers.is_manual(row["provider"])
        if not row["rest"] or (row["state"] == "refunding" and not by_hand):
            raise Conflict("suspense_settled", state=row["state"])
        if not by_hand and row["payment_id"] is None:
            raise Reject("refund_by_hand")
        audit.record(
            ctx, "suspense.refund", f"suspense:{suspense_id}", amount=row["rest"], by_hand=by_hand
        )  # fmt: skip
        if by_hand:
            settle(ctx, row, row["rest"], "refunded")
        else:
            _send_back(ctx, row, row["rest"])
        return get(ctx, suspense_id)


def settle(ctx: Context, row: dict[str, Any], amount: int, how: str) -> None:
    """Take `amount` out, under the row's lock: it was applied, or refunded."""
    applied, refunded = (amount, 0) if how == "applied" else (0, amount)
    changed = db.change(
        SETTLE, applied, refunded, amount, how, amount, ctx.now_us, audit.actor_of(ctx.caller),
        ctx.code, row["id"], amount,
    )  # fmt: skip
    if not changed:
        raise Conflict("suspense_settled", state=row["state"])
    key = f"suspense:{row['id']}:{row['applied'] + row['refunded']}"
    jobs.cancel(ctx, jobs.CORE, "refund_suspense", key)
    ledger.settle_suspense(ctx, row["id"], row["currency"], amount, key)
    events.record(ctx, f"suspense.{how}", row["order_id"], suspense=row["id"], amount=amount)


def lock(ctx: Context, suspense_id: int) -> dict[str, Any]:
    """Read under its lock, after the order's if both are needed."""
    db.lock_row("suspense", suspense_id)
    return get(ctx, suspense_id)


def _send_back(ctx: Context, row: dict[str, Any], amount: int) -> None:
    """A provider's money: a keyed job asks for it."""
    db.change(SEND, amount, ctx.code, row["id"], amount)
    key = f"suspense:{row['id']}:{row['applied'] + row['refunded']}"
    data = {"suspense": row["id"], "amount": amount, "key": key}
    jobs.schedule(ctx, jobs.CORE, "refund_suspense", key, ctx.now_us, data)


@jobs.handler("refund_suspense")
@jobs.network
def refund_by_provider(ctx: Context, data: dict[str, Any]) -> None:
    """Ask the provider outside any transaction; what it has done is settled."""
    row = get(ctx, data["suspense"])
    if row["state"] != "refunding" or row["refund_amount"] != data["amount"]:
        return
    payment = providers.payment(ctx, row["payment_id"])
    key = f"{ctx.code}:{data['key']}"
    if not providers.ask(ctx, row["provider"], "refund", payment, data["amount"], key):
        refund_parts.ask_again(ctx, "refund_suspense", data["key"], data)
        return
    with db.transaction():
        row = lock(ctx, data["suspense"])
        if row["state"] == "refunding":
            settle(ctx, row, data["amount"], "refunded")


def _view(found: tuple[Any, ...] | None) -> dict[str, Any]:
    if found is None:
        raise NotFound
    row = dict(zip(NAMES, found, strict=True))
    row["rest"] = row["amount"] - row["applied"] - row["refunded"]
    return row
