"""Spending at checkout: what an order may take, what a customer asked for, and the debit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shop import Adjustment, Context, OrderView, Problem, Quote, i18n
from shop.jobs import events
from shop.ledger import ledger
from shop.payments import spending

from . import notes, rates
from .bookings import spend_key
from .rates import Rate
from .settings import MAX, NAME, UNIT


@dataclass(frozen=True, slots=True)
class Limits:
    """Points that an order takes, in whole minor units' worth: at least, and at most."""

    least: int
    most: int

    @property
    def open(self) -> bool:
        return 0 < self.most >= self.least

    def of(self, points: int, rate: Rate) -> int:
        """What is taken when so many are offered; 0 where that would be too few."""
        taken = rate.whole(min(points, self.most))
        return taken if taken >= self.least else 0


def limits(settings: Any, rate: Rate, quote: Quote) -> Limits:
    """The shares are of the goods after discounts; what others have spent is no more to be paid."""
    discounts = sum(item.amount for item in quote.adjustments if item.kind == "discount")
    goods = quote.subtotal + discounts
    left = quote.left() + spending.paid_by(quote.adjustments, NAME)
    least = max(
        rate.costing(-(-goods * settings.least_share // 100)),
        -(-settings.least_points // rate.points) * rate.points,
    )
    return Limits(least, rate.paying(min(left, goods * settings.greatest_share // 100)))


def adjust(ctx: Context, settings: Any, quote: Quote) -> list[Adjustment]:
    """What the customer asked for, as far as he has it and the order takes it."""
    asked = wanted(quote.options)
    have = spending.available(ctx, UNIT, quote) if asked else None
    if not asked or not have:
        return []
    rate = rates.spending(ctx, settings)
    offered = have if asked == MAX else min(asked, have)
    points = limits(settings, rate, quote).of(offered, rate)
    label = i18n.say("points_label", ctx.locale, n=points)
    return [Adjustment("spend", -rate.worth(points), label)] if points else []


def check(ctx: Context, settings: Any, quote: Quote) -> list[Problem]:
    """Why what he asked for cannot be spent. "max" is never a problem: nothing is spent then."""
    asked = wanted(quote.options)
    if not asked:
        return []
    have = spending.available(ctx, UNIT, quote)
    if have is None:
        return [Problem("points_sign_in")]
    if asked == MAX:
        return []
    if asked > have:
        facts = {"have": have, "need": asked}
        return [Problem("insufficient_balance", status=409, facts=facts)]
    if spending.paid_by(quote.adjustments, NAME) or not quote.left():
        return []
    found = limits(settings, rates.spending(ctx, settings), quote)
    if not found.open:
        facts = {"least": found.least, "most": found.most}
        return [Problem("points_order_too_small", facts=facts)]
    return [Problem("points_too_few", facts={"least": found.least})]


def debit(ctx: Context, settings: Any, order: OrderView) -> None:
    """Take exactly what the order says that points paid; 409 `insufficient_balance` if another
    checkout was faster."""
    amount = spending.paid_by(order.adjustments, NAME)
    if not amount:
        return
    points = rates.spending(ctx, settings).exactly(amount)
    reason = notes.write(amount=amount)
    ledger.spend(
        ctx, UNIT, order.customer_id, points, spend_key(order.id), NAME, order.id, reason
    )  # fmt: skip
    events.record(ctx, "points.spent", order.id, order.customer_id, points=points, amount=amount)


def preview(ctx: Context, settings: Any, quote: Quote, earn: Rate) -> dict[str, Any]:
    """{earns, spends, least, most, have, currency, worth} of a cart as it is now; `have` is None
    where nobody is signed in."""
    rate = rates.spending(ctx, settings)
    found = limits(settings, rate, quote)
    most = found.most if found.open else 0
    return {
        "earns": earn.earned(quote.left()),
        "spends": rate.paying(spending.paid_by(quote.adjustments, NAME)),
        "least": found.least,
        "most": most,
        "have": spending.available(ctx, UNIT, quote),
        "currency": quote.currency,
        "worth": rate.worth(most),
    }


def wanted(options: dict[str, Any]) -> Any:
    """A number of points, "max", or nothing."""
    return options.get(NAME, {}).get("spend")
