"""A trial in a basket: its price, its deposit, what stands in the way, and its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shop import (
    Adjustment,
    Context,
    LinePrice,
    OrderView,
    Problem,
    Quote,
    QuoteLine,
    Reject,
    db,
    i18n,
)
from shop.orders import orders
from shop.people import identity
from shop.stock import claims

from . import offers, terms
from .models import Trial
from .settings import NAME


def price_lines(ctx: Context, lines: Sequence[QuoteLine]) -> dict[int, LinePrice]:
    """The fee, for lines that name an offer of their variant; nothing is asked if none does."""
    asked = {line.index: line.options[NAME]["offer"] for line in lines if NAME in line.options}
    if not asked:
        return {}
    found = offers.running(ctx, asked.values())
    answer = {}
    for line in lines:
        variant, _, _, agreed = found.get(asked.get(line.index, 0), (0, 0, 0, None))
        if agreed is not None and variant == line.variant_id:
            label = i18n.say("trial_then_buy_label", ctx.locale, days=agreed.days)
            answer[line.index] = LinePrice(agreed.fee, label, None, agreed.document())
    return answer


def deposits(ctx: Context, quote: Quote) -> list[Adjustment]:
    found = []
    for line in quote.lines:
        if line.source == NAME and line.offer["deposit"]:
            label = i18n.say("trial_then_buy_deposit", ctx.locale)
            amount = line.offer["deposit"] * line.quantity
            found.append(Adjustment("deposit", amount, label, f"line:{line.index}"))
    return found


RUNNING = """
SELECT t.order_id FROM trial_then_buy_trial t JOIN order_line l ON l.id = t.line_id
JOIN variant v ON v.id = l.variant_id
WHERE t.customer_id = ? AND t.store || '' = ? AND v.product_id = ?
  AND t.state IN ('waiting', 'running', 'returned') LIMIT 10"""


def check_quote(ctx: Context, quote: Quote) -> list[Problem]:
    asked = [line for line in quote.lines if NAME in line.options]
    if not asked:
        return []
    found = offers.running(ctx, [line.options[NAME]["offer"] for line in asked])
    return [problem for line in asked for problem in _problems(ctx, quote, line, found)]


def _problems(ctx: Context, quote: Quote, line: QuoteLine, found: dict[int, Any]) -> list[Problem]:
    if line.source not in (NAME, "catalogue"):
        return [Problem("trial_then_buy_other_price", line.index, facts={"by": line.source})]
    if line.source != NAME:
        return [Problem("trial_then_buy_unknown_offer", line.index)]
    problems = []
    if len(quote.lines) > 1:
        problems.append(Problem("buy_alone", line.index, facts={"sku": line.sku}))
    who = quote.customer_id
    tried = [] if who is None else db.rows(RUNNING, who, ctx.code, line.product_id)
    if tried and {row[0] for row in tried} - set(identity.giving_way(ctx, who)):
        problems.append(Problem("trial_then_buy_has_one", line.index, 409))
    offer = found.get(line.offer["offer"])
    if offer is None:  # it ended a moment ago
        return [Problem("trial_then_buy_unknown_offer", line.index)]
    most = offer[2]
    if line.quantity > most:
        facts = {"limit": most, "have": line.quantity}
        problems.append(Problem("over_limit", line.index, facts=facts))
    if line.options[NAME].get("accept") != line.offer["version"]:
        branches = terms.of(line.offer).branches(line.quantity)
        facts = {"version": line.offer["version"], "branches": branches}
        problems.append(Problem("trial_then_buy_accept", line.index, facts=facts))
    return problems


def order_placing(ctx: Context, order: OrderView) -> None:
    """One running trial per customer and product; the money comes first."""
    mine = [line for line in order.lines if line.source == NAME]
    if not mine:
        return
    [line] = mine
    offer = offers.running(ctx, [line.offer["offer"]]).get(line.offer["offer"])
    if offer is None:  # it ended a moment ago
        raise Reject("trial_then_buy_unknown_offer")
    product = offer[1]
    who = f"customer:{order.customer_id}"
    claims.claim(
        ctx, offers.counter(product), f"order:{order.id}", order_id=order.id, who=who,
        customer=order.customer_id,
    )  # fmt: skip
    orders.prepay(ctx, order, ctx.settings(NAME).unpaid_minutes)
    Trial.create(
        store=ctx.code, offer=line.offer["offer"], order=order.id, line=line.id,
        customer=order.customer_id, state="waiting", created_at=ctx.now,
    )  # fmt: skip
