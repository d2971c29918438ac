"""Never more than the limit: per customer by a claim counter of his own, per order by counting.

Only lines that the sale priced count. A guest and the account of the same phone are one customer,
since both are the row of that phone; what guests order without paying gives way to its owner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from shop import Conflict, Context, OrderView, Problem, Quote, Reject, db
from shop.orders import orders
from shop.stock import claims

from . import items
from .models import Sale
from .sales import get
from .settings import NAME

FACTS = """
SELECT s.id, s.per_customer, s.per_order, s.prepay, s.when_sold_out, s.tag, n.cap,
  COALESCE(n.used, 0)
FROM flash_sale_sale s
LEFT JOIN counter n ON n.store = s.store AND n.name = 'flash_sale:customer:' || s.id || ':' || ?
WHERE s.id IN (??) AND s.store || '' = ? ORDER BY s.id"""


def counter(sale_id: int, customer_id: int) -> str:
    return f"{NAME}:customer:{sale_id}:{customer_id}"


def check_quote(ctx: Context, quote: Quote) -> list[Problem]:
    """`over_limit` (limit, have) where the basket would take a customer, or an order, above it."""
    asked = _units(quote.lines)
    if not asked:
        return []
    last = {line.offer["sale"]: line.index for line in quote.lines if _is_mine(line)}
    problems = []
    for sale, per_customer, per_order, *_, used in _facts(ctx, asked, quote.customer_id):
        mine = _mine(ctx, sale, per_customer, used, asked[sale], quote.customer_id)
        for limit, have in ((per_order, asked[sale]), (per_customer, mine)):
            if limit is not None and have > limit:
                facts = {"limit": limit, "have": have, "sale": sale}
                problems.append(Problem("over_limit", last[sale], 422, facts))
                break
    return problems


def order_placing(ctx: Context, order: OrderView) -> None:
    """Claim what the customer takes of his limit, ask for the money first, and take the price out
    of the catalogue if these were the last units and the normal price is next."""
    asked = _units(order.lines)
    if not asked:
        return
    settings = ctx.settings(NAME)
    for sale, per_customer, _, prepay, when_sold_out, tag, cap, used in _facts(
        ctx, asked, order.customer_id
    ):
        if per_customer is not None:
            _claim(ctx, order, sale, asked[sale], per_customer, cap, used)
        if prepay:
            orders.prepay(ctx, order, settings.unpaid_minutes)
        if when_sold_out == "normal_price" and tag is None:
            items.show(ctx, get(ctx, sale))


def settle(ctx: Context, order: OrderView) -> None:
    """A claim is what the customer still pays for: units whose money went back may be bought again.
    (The core has released the claims of an order that was cancelled. A sale may be gone by a purge.)"""
    for sale_id, units in sorted(_units(order.lines, left=True).items()):
        if order.state != "cancelled":
            name = counter(sale_id, order.customer_id)
            claims.shrink(ctx, name, f"order:{order.id}", units)
        sale = Sale.get_or_none(Sale.store == ctx.code, Sale.id == sale_id)
        if sale is not None and sale.when_sold_out == "normal_price":
            items.show(ctx, sale)


def used(ctx: Context, sale_ids: Iterable[int], customer_id: int) -> dict[int, int]:
    """Units that a customer has of each sale's limit."""
    return {
        row[0]: row[-1]
        and row[-1] - claims.given_way(ctx, counter(row[0], customer_id), customer_id)
        for row in _facts(ctx, sale_ids, customer_id)
    }


def _mine(
    ctx: Context, sale: int, limit: int | None, used: int, asked: int, customer_id: int | None
) -> int:
    """Units that count for the caller, with those that he asks for; whether a guest's order gives
    way is looked up only where it matters."""
    if limit is None or customer_id is None or used + asked <= limit:
        return used + asked
    return used + asked - claims.given_way(ctx, counter(sale, customer_id), customer_id)


def _claim(
    ctx: Context,
    order: OrderView,
    sale: int,
    units: int,
    limit: int,
    cap: int | None,
    used: int,
) -> None:
    name = counter(sale, order.customer_id)
    if cap != limit:
        claims.set_cap(ctx, name, limit)
    try:
        claims.claim(
            ctx, name, f"order:{order.id}", units, order_id=order.id, customer=order.customer_id
        )
    except Conflict as full:
        have = limit - full.facts.get("left", 0) + units
        raise Reject("over_limit", limit=limit, have=have, sale=sale) from None


def _facts(ctx: Context, sales: Iterable[int], customer_id: int | None) -> list[tuple[Any, ...]]:
    return db.rows(FACTS, str(customer_id or 0), db.many(sales), ctx.code)


def _units(lines: Iterable[Any], left: bool = False) -> Counter[int]:
    """Units by sale; `left` counts those that are still paid for."""
    units = Counter[int]()
    for line in lines:
        if _is_mine(line):
            units[line.offer["sale"]] += line.units_kept if left else line.quantity
    return units


def _is_mine(line: Any) -> bool:
    return line.source == NAME and "sale" in line.offer
