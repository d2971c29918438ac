"""Money that comes for an order: started by the customer, or recorded by staff."""

from __future__ import annotations

from typing import Any

from shop import db, money
from shop.clock import MINUTE
from shop.context import Context
from shop.errors import Conflict, Reject
from shop.orders import order_view
from shop.payments import manual, notices, providers, receipts, suspense
from shop.payments.providers import PaymentView
from shop.people import audit

BEGUN = """
SELECT id, created_at FROM payment
WHERE store = ? AND order_id = ? AND provider = ? AND method = ? AND amount = ?
  AND state = 'pending' ORDER BY id DESC LIMIT 1"""


def start(ctx: Context, order_id: int, provider: str = "", method: str = "") -> dict[str, Any]:
    """Begin to pay the balance: {id, provider, method, state, amount, currency, data}, where
    `data` is the provider's answer for the client. Asked again, the payment begun before goes on.

    409 `order_cancelled`; 422 `nothing_to_pay`, `prepay_required`, `unknown_provider`,
    `unknown_method`; 503 `provider_away`. Call it outside a transaction: the provider may use the network.
    """
    payment = _begin(ctx, order_id, provider, method)
    answer = providers.ask(ctx, payment.provider, "start", payment)
    with db.transaction():
        db.change("UPDATE payment SET data = ? WHERE id = ? AND store = ?",
                  db.dump(answer), payment.id, ctx.code)  # fmt: skip
    return {
        "id": payment.id,
        "provider": payment.provider,
        "method": payment.method,
        "state": payment.state,
        "amount": payment.amount,
        "currency": payment.currency,
        "data": answer,
    }


def _begin(ctx: Context, order_id: int, provider: str, method: str) -> PaymentView:
    with db.transaction():
        order = order_view.lock(ctx, order_id)
        provider, method, minutes = providers.terms(ctx, provider, method)
        if order.state == "cancelled":
            raise Conflict("order_cancelled")
        if order.balance <= 0:
            raise Reject("nothing_to_pay")
        if minutes is None and order.pay_by is not None:
            left = max(0, (order.pay_by - ctx.now_us) // MINUTE)
            raise Reject("prepay_required", minutes=left)
        payment_id, begun = db.row(BEGUN, ctx.code, order_id, provider, method, order.balance) or (
            receipts.begin(ctx, order_id, provider, method, order.balance),
            ctx.now_us,
        )
        if minutes is not None and not providers.is_manual(provider):
            deadline = order.pay_by or begun + minutes * MINUTE
            notices.query_later(ctx, payment_id, begun, deadline)
        payment = providers.payment(ctx, payment_id)
    assert payment is not None
    return payment


def record(
    ctx: Context, order_id: int, provider: str, method: str, amount: int, reference: str = ""
) -> dict[str, Any]:
    """Staff received `amount`. Of a transfer, what is above the balance goes to suspense; for a
    cancelled order all of it, to be given back.

    {id, amount (applied), suspense: {id, amount, reason} or None, order, state, total, paid,
    balance}; `id` is None if nothing was applied. 422 `over_balance` when paid at pickup.
    """
    provider, method, _ = providers.terms(ctx, provider, method)
    if not providers.is_manual(provider):
        raise Reject("not_recorded_by_hand", provider=provider)
    if type(amount) is not int or not 0 < amount <= money.MAX:
        raise Reject("bad_amount")
    with db.transaction():
        order = order_view.lock(ctx, order_id)
        applied = min(amount, max(0, order.balance))
        if applied < amount and method == manual.AT_PICKUP and order.state != "cancelled":
            raise Reject("over_balance", balance=order.balance)
        payment_id, odd = None, None
        if applied:
            payment_id = receipts.accept(ctx, order_id, applied, provider, method, reference)
        if applied < amount:
            odd = suspense.put(
                ctx, receipts.why_odd(order), amount - applied, order.currency, provider, method,
                reference=reference, order_id=order_id, back=amount - applied,
            )  # fmt: skip
        audit.record(
            ctx, "payment.record", f"order:{order.number}",
            method=method, amount=amount, applied=applied, suspense=odd,
        )  # fmt: skip
        after = order_view.load(ctx, order_id)
    return {
        "id": payment_id,
        "amount": applied,
        "suspense": odd
        and {"id": odd, "amount": amount - applied, "reason": receipts.why_odd(order)},
        "order": after.number,
        "state": after.state,
        "total": after.total,
        "paid": after.paid,
        "balance": after.balance,
    }
