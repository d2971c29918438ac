"""Money accepted: a payment that is part of what its order has been paid."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.errors import Reject
from shop.jobs import events
from shop.orders import order_view, orders
from shop.orders.order_view import OrderView
from shop.people import audit

COLUMNS = """
store, order_id, provider, method, state, amount, reference, payer, actor, data, created_at"""
TAKE = """
UPDATE orders SET paid = paid + ?
WHERE id = ? AND store = ? AND state <> 'cancelled' AND paid + ? <= total"""
ACCEPT = """
UPDATE payment SET state = 'accepted', amount = ?, accepted_at = ?, actor = ?, reference = ?, payer = ?
WHERE id = ? AND store = ? AND state <> 'accepted'"""
LIST = """
SELECT id, provider, method, state, amount, reference, actor, created_at, accepted_at
FROM payment WHERE store = ? AND order_id = ? ORDER BY id"""
LISTED = ("id", "provider", "method", "state", "amount", "reference", "actor", "created_at",
          "accepted_at")  # fmt: skip


def begin(
    ctx: Context, order_id: int, provider: str, method: str, amount: int, reference: str = ""
) -> int:
    """The row of a payment that is awaited."""
    values = (ctx.code, order_id, provider, method, "pending", amount, reference, "", "", "{}",
              ctx.now_us)  # fmt: skip
    return db.insert("payment", COLUMNS, values)[0]


def accept(
    ctx: Context,
    order_id: int,
    amount: int,
    provider: str,
    method: str,
    reference: str = "",
    payment_id: int | None = None,
    payer: str = "",
) -> int:
    """Make `amount` part of what is paid, under the order's lock; the payment's id.

    With `payment_id` it is the payment that was started. Never above the total: 422
    `over_balance`.
    """
    if not db.change(TAKE, amount, order_id, ctx.code, amount):
        raise Reject("over_balance", balance=order_view.load(ctx, order_id).balance)
    if payment_id is None:
        payment_id = begin(ctx, order_id, provider, method, amount)
    actor = audit.actor_of(ctx.caller)
    if not db.change(ACCEPT, amount, ctx.now_us, actor, reference, payer, payment_id, ctx.code):
        raise AssertionError(f"payment {payment_id} was accepted before")
    events.record(ctx, "payment.accepted", order_id, payment=payment_id, amount=amount)
    orders.settle(ctx, order_id)
    return payment_id


def of_order(ctx: Context, order_id: int) -> list[dict[str, Any]]:
    """Payments started and accepted, oldest first; times are microseconds."""
    found = db.rows(LIST, ctx.code, order_id)
    return [dict(zip(LISTED, line, strict=True)) for line in found]


def why_odd(order: OrderView) -> str:
    """Why money cannot (all) be applied: late, double or excess."""
    if order.state == "cancelled":
        return "late"
    return "excess" if order.balance > 0 else "double"
