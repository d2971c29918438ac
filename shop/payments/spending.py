"""Paying with what the ledger holds: points, store credit, vouchers.

A plugin offers it in the lane `spend`, debits in `order_placing` exactly what the order says, and
gives back in `order_changed` what belongs to the part of the order that went back:

    have = spending.available(ctx, "voucher", quote)
    ledger.spend(ctx, "voucher", order.customer_id, paid, key, NAME, order.id)
    ledger.give_back(ctx, key, spending.due_back(ctx, order, NAME, paid), NAME)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shop import db, money
from shop.carts.quote import Quote
from shop.context import Context
from shop.ledger import ledger
from shop.orders.order_view import LineView, OrderView

VERIFIED = "SELECT 1 FROM customer WHERE id = ? AND store = ? AND verified_at IS NOT NULL"
SHARES = """
SELECT l.line_id, -SUM(l.amount) FROM allocation l JOIN order_adjustment a ON a.id = l.adjustment_id
WHERE a.order_id = ? AND a.source = ? AND a.kind = 'spend' GROUP BY l.line_id"""


def available(ctx: Context, unit: str, quote: Quote) -> int | None:
    """What the caller may spend on this; None unless he has proved by a code who he is."""
    caller = ctx.caller
    if caller.role != "customer" or caller.id is None or caller.id != quote.customer_id:
        return None
    if not db.row(VERIFIED, caller.id, ctx.code):
        return None
    return int(ledger.balance(ctx, unit, caller.id)["available"])


def paid_by(adjustments: Iterable[Any], source: str) -> int:
    """What a plugin's spends pay of a quote or an order, in minor units."""
    own = (item for item in adjustments if item.source == source and item.kind == "spend")
    return -sum(item.amount for item in own)


def due_back(ctx: Context, order: OrderView, source: str, units: int) -> int:
    """What has to come back in all, of `units` that the plugin `source` took for an order: all of a
    cancelled one, else what belongs to what was refunded so far. For `ledger.give_back`."""
    if order.state == "cancelled":
        return units
    if not any(line.refunded or line.refunded_amount for line in order.lines):
        return 0
    return to_return(units, order.lines, dict(db.rows(SHARES, order.id, source)))


def to_return(units: int, lines: Sequence[LineView], paid: Mapping[int, int]) -> int:
    """What of `units` belongs to what was refunded: the frozen allocation, replayed.

    `paid` is what they paid of each line, {line id: minor units > 0}: they are split by it once, by
    largest remainder. Of a line's part comes back what its money did, or its goods if those are
    more (money rounds, and a line that was paid whole like this has none): all of it when
    either is back whole, so parts add up to all.
    """
    split = money.allocate(units, [paid.get(line.id, 0) for line in lines])
    return sum(_of_line(part, line) for part, line in zip(split, lines, strict=True))


def _of_line(part: int, line: LineView) -> int:
    by_units = money.share(part, line.quantity, 0, line.refunded)
    if line.net <= 0:
        return by_units
    return max(by_units, money.share(part, line.net, 0, line.refunded_amount))
