"""A trial after it was ordered: it runs, it is bought or comes back, and what that costs.

    waiting -> running -> bought
                       -> returned -> settled        or cancelled, while it waits

"overdue" is a running trial whose day has come: true at that instant, whatever the jobs did.
Whoever changes one holds its order's lock.
"""

from __future__ import annotations

from typing import Any

from shop import Conflict, Context, NotFound, OrderView, Reject, db, i18n
from shop.clock import DAY, from_us, to_us
from shop.jobs import events, jobs
from shop.orders import order_view, orders
from shop.orders.order_view import AdjustmentView, ChargeView, LineView
from shop.payments import dues, refunds
from shop.people import audit
from shop.stock import claims, stock

from . import offers, terms
from .models import Trial
from .settings import NAME

REMIND_DAYS = (-2, 0, 2)
"""from the day that it is due"""
BUY_KEY = f"{NAME}:buy"
PRODUCT = "SELECT product_id FROM variant WHERE id = ?"


def of_order(ctx: Context, order_id: int) -> Trial | None:
    found: Trial | None = Trial.get_or_none((Trial.order == order_id) & (Trial.store == ctx.code))
    return found


def get(ctx: Context, trial_id: int) -> Trial:
    found: Trial | None = Trial.get_or_none((Trial.id == trial_id) & (Trial.store == ctx.code))
    if found is None:
        raise NotFound
    return found


def state(ctx: Context, trial: Trial) -> str:
    """As people are told it: a running one whose day has come is overdue."""
    late = trial.state == "running" and to_us(trial.due_at) <= ctx.now_us
    return "overdue" if late else str(trial.state)


# -- as its order goes ---------------------------------------------------------------------------


def settle_order(ctx: Context, order: OrderView) -> None:
    """It runs from the completion of its order, waits again when that is undone, and is over when
    the order is cancelled, or all of its units or money are refunded, before it began."""
    if not any(line.source == NAME for line in order.lines):
        return
    trial = of_order(ctx, order.id)
    if trial is None:
        return
    line = _line(order, trial)
    if trial.state == "waiting" and order.state == "paid" and _takes_goods(order, line):
        orders.cancel(ctx, order.id, f"{NAME}_refunded")  # which comes back here
    elif trial.state == "waiting" and (
        order.state == "cancelled" or line.refunded == line.quantity
    ):
        _close(ctx, order, trial, "cancelled")
    elif trial.state == "waiting" and order.state == "completed":
        _start(ctx, order, trial, terms.of(line.offer).days)
    elif trial.state == "running" and order.state == "paid":
        trial.state, trial.started_at, trial.due_at = "waiting", None, None
        trial.save()


def _takes_goods(order: OrderView, line: LineView) -> bool:
    """Whether who got fee and deposit back by amount would still get the goods."""
    return bool(order.paid and not order.money_kept and line.waiting and not line.handed_out)


def _start(ctx: Context, order: OrderView, trial: Trial, days: int) -> None:
    started = order.completed_at or ctx.now_us
    due = started + days * DAY
    trial.state, trial.started_at, trial.due_at = "running", from_us(started), from_us(due)
    trial.save()
    data = {"trial": trial.id, "due": due}
    for late in REMIND_DAYS:
        at = due + late * DAY
        if at > started:
            key = f"trial:{trial.id}:{at}"
            jobs.schedule(ctx, NAME, "remind", key, at, data | {"late": late})
    jobs.schedule(ctx, NAME, "overdue", f"trial:{trial.id}:{due}", due, data)
    events.record(ctx, f"{NAME}.started", order.id, order.customer_id, trial=trial.id, due=due)


# -- how it ends ---------------------------------------------------------------------------------


def buy(ctx: Context, trial_id: int) -> Trial:
    """The customer keeps it: what is still to be paid becomes a due, what was paid too much goes
    back. 409 `trial_then_buy_not_running`."""
    with db.transaction():
        order, trial = _hold(ctx, trial_id, "running")
        back = _charge(ctx, order, trial)
        deposit = _deposit(order)
        if back and deposit:
            named = {("adjustment", deposit.id): back}
            refunds.refund(
                ctx, order.id, f"{NAME}:order:{order.id}:back", amounts=named, source=NAME
            )
        _close(ctx, order, trial, "bought")
        return trial


def returned(ctx: Context, trial_id: int, note: str = "") -> Trial:
    """It came back and waits to be looked at. 409 `trial_then_buy_not_running`."""
    with db.transaction():
        order, trial = _hold(ctx, trial_id, "running")
        trial.state, trial.note = "returned", note[:500]
        trial.save()
        _tell(ctx, order, trial, "returned")
        return trial


def settle(
    ctx: Context, trial_id: int, damage: int = 0, restock: str = "restore", reason: str = ""
) -> Trial:
    """It was looked at: `damage` (minor units) is kept of the deposit, the rest goes back, and the
    goods go on the shelf ("restore") or are gone ("write_off"). What was charged because it was
    overdue goes back or is owed no more.

    409 `trial_then_buy_not_returned`; 422 `trial_then_buy_damage` with `most`.
    """
    with db.transaction():
        order, trial = _hold(ctx, trial_id, "returned")
        deposit, line = _deposit(order), _line(order, trial)
        most = deposit.amount - deposit.refunded_amount if deposit else 0
        if not 0 <= damage <= most:
            raise Reject("trial_then_buy_damage", most=most)
        back = {}
        if deposit and most > damage:
            back["adjustment", deposit.id] = most - damage
        charge = _bought(order)
        if charge:
            waived = dues.waive(ctx, order.id, BUY_KEY)
            if paid := charge.amount - charge.refunded_amount - waived:
                back["charge", charge.id] = paid
        if back:
            refunds.refund(
                ctx, order.id, f"{NAME}:order:{order.id}:settle", amounts=back, source=NAME
            )
        units = line.handed_out + line.withdrawn - line.returned
        if line.pool and units > 0:
            stock.take_back(ctx, line.id, units, restock, reason)
        trial.damage, trial.written_off = damage, restock == "write_off"
        _close(ctx, order, trial, "settled")
        return trial


def charge_overdue(ctx: Context, data: dict[str, Any]) -> None:
    """The due of a trial that nobody brought back, if the owner wants that: the deposit stays, the
    rest is owed. It may still be returned or bought."""
    with db.transaction():
        order = order_view.lock(ctx, get(ctx, data["trial"]).order_id)
        trial = get(ctx, data["trial"])
        if trial.state != "running" or to_us(trial.due_at) != data["due"]:
            return
        if data["due"] > ctx.now_us or trial.charged_at is not None:
            return
        events.record(ctx, f"{NAME}.overdue", order.id, order.customer_id, trial=trial.id)
        if terms.of(_line(order, trial).offer).overdue == "charge":
            _charge(ctx, order, trial)
            trial.charged_at = ctx.now
            trial.save()


def _charge(ctx: Context, order: OrderView, trial: Trial) -> int:
    """Leave the due of who buys, once; what of the deposit is to go back."""
    line, deposit = _line(order, trial), _deposit(order)
    held = deposit.amount - deposit.refunded_amount if deposit else 0
    fee = line.amount if not line.net else line.amount * line.kept // line.net
    if line.refunded == line.quantity:
        fee = 0
    due, back = terms.to_buy(terms.of(line.offer), line.quantity, held, fee)
    if due and _bought(order) is None:
        label = i18n.say("trial_then_buy_price", order.locale, title=line.title)
        at = ctx.now_us + ctx.settings(NAME).pay_days * DAY
        dues.charge(ctx, order.id, BUY_KEY, NAME, label, due, at)
    return back


def _hold(ctx: Context, trial_id: int, wanted: str) -> tuple[OrderView, Trial]:
    order = order_view.lock(ctx, get(ctx, trial_id).order_id)
    trial = get(ctx, trial_id)
    if trial.state != wanted:
        raise Conflict(f"trial_then_buy_not_{wanted}", state=state(ctx, trial))
    return order, trial


def _close(ctx: Context, order: OrderView, trial: Trial, end: str) -> None:
    """For good: the customer may try another."""
    line = _line(order, trial)
    product = db.value(PRODUCT, line.variant_id)
    claims.release(ctx, offers.counter(product), f"order:{order.id}")
    trial.state, trial.closed_at = end, ctx.now
    trial.save()
    _tell(ctx, order, trial, end)


def _tell(ctx: Context, order: OrderView, trial: Trial, what: str) -> None:
    facts = {"trial": trial.id, "damage": trial.damage}
    events.record(ctx, f"{NAME}.{what}", order.id, order.customer_id, **facts)
    if ctx.caller.is_staff:
        audit.record(ctx, f"{NAME}.{what}", f"order:{order.number}", **facts)


def _line(order: OrderView, trial: Trial) -> LineView:
    return next(line for line in order.lines if line.id == trial.line_id)


def _deposit(order: OrderView) -> AdjustmentView | None:
    mine = (row for row in order.adjustments if (row.kind, row.source) == ("deposit", NAME))
    return next(mine, None)


def _bought(order: OrderView) -> ChargeView | None:
    return next((charge for charge in order.charges if charge.key == BUY_KEY), None)
