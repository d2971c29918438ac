"""What a provider's notice does: here, and nowhere else, is it decided.

Each `event_id` counts once. Money of the right order, currency and amount is accepted; all other
goes to suspense first, and what is in excess of the balance goes back by a job.
"""

from __future__ import annotations

from typing import Any

from shop import db
from shop.clock import MINUTE, SECOND
from shop.context import Caller, Context
from shop.errors import ProviderAway
from shop.jobs import events, jobs
from shop.orders import order_view
from shop.payments import providers, receipts, refund_parts, refunds, suspense
from shop.payments.providers import Notice, PaymentView

KEEP = """
INSERT INTO notice (store, provider, event_id, kind, payment_id, amount, currency, state, at)
VALUES (?, ?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT DO NOTHING RETURNING id"""
KNOWN = "SELECT state FROM notice WHERE store = ? AND provider = ? AND event_id = ?"
DECIDED = "UPDATE notice SET state = ? WHERE id = ? AND store = ?"
SAID_BACK = """
SELECT COALESCE(SUM(amount), 0) FROM notice
WHERE store = ? AND provider = ? AND payment_id = ? AND kind = 'refunded' AND currency = ?"""
UNPARK = """
UPDATE notice SET state = 'applied'
WHERE store = ? AND provider = ? AND payment_id = ? AND currency = ? AND state = 'parked'"""
FIRST_QUERY = 30 * SECOND
FAIL = "UPDATE payment SET state = 'failed' WHERE id = ? AND store = ? AND state = 'pending'"


def read(ctx: Context, provider: str, request: Any) -> Notice:
    """The notice in a request, verified by its provider: 401 if it is not."""
    notice: Notice = providers.ask(ctx, provider, "read_notice", request)
    return notice


def accept_notice(ctx: Context, provider: str, notice: Notice) -> str:
    """Keep the notice and do what it calls for, once. What was done: applied, suspense, parked
    (its payment has not come yet) or repeated (its payment had come before)."""
    ctx = ctx.as_(Caller("provider", name=provider))
    with db.transaction():
        number = db.value(
            KEEP, ctx.code, provider, notice.event_id, notice.kind, notice.payment, notice.amount,
            notice.currency, notice.at,
        )  # fmt: skip
        if number is None:
            return str(db.value(KNOWN, ctx.code, provider, notice.event_id))
        state = _decide(ctx, provider, notice)
        db.change(DECIDED, state, number, ctx.code)
        return state


def _decide(ctx: Context, provider: str, notice: Notice) -> str:
    payment = notice.payment and providers.payment(ctx, notice.payment)
    if not payment or payment.provider != provider:
        return _of_nothing(ctx, provider, notice)
    order_view.lock(ctx, payment.order_id)
    payment = providers.payment(ctx, payment.id)
    assert payment is not None
    held = suspense.of_payment(ctx, payment.id)
    come = held is not None or payment.state == "accepted"
    if notice.kind == "failed":
        return "applied" if db.change(FAIL, payment.id, ctx.code) else "repeated"
    if notice.kind == "paid":
        if come:
            return "repeated"
        state = _paid(ctx, payment, notice)
        if db.change(UNPARK, ctx.code, provider, payment.id, notice.currency):
            _settle_refunded(ctx, payment.id, notice.currency)
        return state
    if not come:
        return "parked"
    if notice.currency != (held["currency"] if held else payment.currency):
        events.record(ctx, "payment.refunded_oddly", payment.order_id, payment=payment.id)
        return "parked"
    _settle_refunded(ctx, payment.id, notice.currency)
    return "applied"


def _of_nothing(ctx: Context, provider: str, notice: Notice) -> str:
    if notice.kind == "paid":
        suspense.put(
            ctx, "unknown", notice.amount, notice.currency, provider, reference=notice.reference
        )
        return "suspense"
    return "parked"


def _paid(ctx: Context, payment: PaymentView, notice: Notice) -> str:
    """Accept exactly what is owed; everything else waits in suspense."""
    order = order_view.load(ctx, payment.order_id)
    right = notice.currency == order.currency
    if right and order.state != "cancelled" and notice.amount == order.balance:
        receipts.accept(
            ctx, order.id, notice.amount, payment.provider, payment.method, notice.reference,
            payment.id, notice.payer,
        )  # fmt: skip
        return "applied"
    excess = max(0, notice.amount - order.balance) if right else 0
    reason = "currency" if not right else receipts.why_odd(order) if excess else "short"
    suspense.put(
        ctx, reason, notice.amount, notice.currency, payment.provider, payment.method,
        reference=notice.reference, order_id=order.id, payment_id=payment.id, back=excess,
    )  # fmt: skip
    db.change(FAIL, payment.id, ctx.code)
    return "suspense"


def _settle_refunded(ctx: Context, payment_id: int, currency: str) -> None:
    """Bring what we know to have gone back of a payment up to what its provider says, first out
    of suspense, then as a refund of the order: whatever the order of arrival, the same end."""
    payment = providers.payment(ctx, payment_id)
    assert payment is not None
    said = db.value(SAID_BACK, ctx.code, payment.provider, payment_id, currency)
    held = suspense.of_payment(ctx, payment_id)
    if held:
        held = suspense.lock(ctx, held["id"])
        said -= held["refunded"]
        if said > 0 and held["rest"]:
            amount = min(said, held["rest"])
            suspense.settle(ctx, held, amount, "refunded")
            said -= amount
    said = refund_parts.confirm(ctx, payment_id, said)
    if said > 0:
        taken = refunds.refund_outside(ctx, payment, said)
        events.record(
            ctx, "payment.refunded_outside", payment.order_id,
            payment=payment_id, amount=said, booked=taken,
        )  # fmt: skip


# -- notices that do not come ----------------------------------------------------------------


def query_later(ctx: Context, payment_id: int, begun: int, deadline: int) -> None:
    """A notice may get lost: ask after the payment soon, then with growing pauses, twice shortly
    before `deadline`, when its order expires, and once when that has passed."""
    steps = (begun + (2**n - 1) * FIRST_QUERY for n in range(1, 24))
    growing = [at for at in steps if at < deadline - MINUTE]
    for at in [*growing, deadline - MINUTE, deadline - 10 * SECOND, deadline + MINUTE]:
        if at > ctx.now_us:
            data = {"payment": payment_id, "begun": begun, "deadline": deadline}
            jobs.schedule(ctx, jobs.CORE, "query_payment", f"payment:{payment_id}:{at}", at, data)
            return


@jobs.handler("query_payment")
@jobs.network
def query(ctx: Context, data: dict[str, Any]) -> None:
    """Ask after a payment whose notice has not come. While the next time to ask is planned, one
    at which the provider is away is simply over; the last is tried again like any job."""
    payment = providers.payment(ctx, data["payment"])
    if payment is None or payment.state != "pending":
        return
    last = ctx.now_us > data["deadline"]
    try:
        notice = providers.ask(ctx, payment.provider, "query", payment)
    except ProviderAway:
        if last:
            raise
        notice = None
    if notice is not None:
        accept_notice(ctx, payment.provider, notice)
    if not last:
        with db.transaction():
            query_later(ctx, payment.id, data["begun"], data["deadline"])
