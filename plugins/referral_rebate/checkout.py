"""Store credit at the checkout: what an order takes of it, and the debit."""

from __future__ import annotations

from typing import Any

from shop import Adjustment, Context, OrderView, Problem, Quote, i18n
from shop.clock import DAY
from shop.jobs import events
from shop.ledger import ledger
from shop.payments import spending

from .settings import MAX, NAME, UNIT


def most(ctx: Context, quote: Quote) -> int:
    """Of the goods after discounts their share, and not more than others have left."""
    discounts = sum(item.amount for item in quote.adjustments if item.kind == "discount")
    goods = (quote.subtotal + discounts) * ctx.settings(NAME).greatest_share // 100
    return min(goods, quote.left() + spending.paid_by(quote.adjustments, NAME))


def adjust(ctx: Context, quote: Quote) -> list[Adjustment]:
    """What was asked for, as far as it is there and the order takes it."""
    asked = _wanted(quote.options)
    have = spending.available(ctx, UNIT, quote) if asked else None
    if not asked or not have:
        return []
    amount = min(most(ctx, quote), have if asked == MAX else min(asked, have))
    label = i18n.say("referral_rebate_label", ctx.locale)
    return [Adjustment("spend", -amount, label)] if amount > 0 else []


def check(ctx: Context, quote: Quote) -> list[Problem]:
    """Why what was asked for cannot be spent. "max" is never a problem."""
    asked = _wanted(quote.options)
    if not asked:
        return []
    have = spending.available(ctx, UNIT, quote)
    if have is None:
        return [Problem("referral_rebate_sign_in")]
    if asked == MAX:
        return []
    if asked > have:
        facts = {"have": have, "need": asked}
        return [Problem("insufficient_balance", status=409, facts=facts)]
    taken = spending.paid_by(quote.adjustments, NAME)
    if taken == asked:
        return []
    share = ctx.settings(NAME).greatest_share
    return [Problem("referral_rebate_over_share", facts={"most": taken, "share": share})]


def debit(ctx: Context, order: OrderView) -> None:
    """Take exactly what the order says; 409 `insufficient_balance` if another was faster."""
    amount = spending.paid_by(order.adjustments, NAME)
    if not amount:
        return
    ledger.spend(ctx, UNIT, order.customer_id, amount, spend_key(order.id), NAME, order.id)
    events.record(ctx, f"{NAME}.spent", order.id, order.customer_id, amount=amount)


def give_back(ctx: Context, order: OrderView) -> None:
    """In the share in which the order went back, to the lots that it came from."""
    amount = spending.paid_by(order.adjustments, NAME)
    total = spending.due_back(ctx, order, NAME, amount) if amount else 0
    if not total:
        return
    grace = ctx.settings(NAME).grace_days * DAY
    done = ledger.give_back(ctx, spend_key(order.id), total, NAME, grace_us=grace)
    if done.id is not None:
        events.record(ctx, f"{NAME}.returned", order.id, order.customer_id, amount=done.wallet)


def spend_key(order_id: int) -> str:
    return f"{NAME}:spend:{order_id}"


def _wanted(options: dict[str, Any]) -> Any:
    return (options.get(NAME) or {}).get("spend")
