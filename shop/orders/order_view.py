"""An order read whole: the facts that hooks, services and the API look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any

import orjson

from shop import db, money
from shop.context import Context
from shop.errors import NotFound

ORDERS = """
SELECT o.id, o.number, o.customer_id, o.state, o.currency, o.locale, o.total, o.paid, o.refunded,
  o.provider, o.method, o.pay_by, o.contact_name, o.contact_phone, o.note, o.options, o.point_id,
  o.window_id, o.pickup_code, o.ready_at, o.placed_at, o.paid_at, o.completed_at,
  o.cancelled_at, o.cancel_reason, p.code, p.name, w.starts, w.ends, w.cut_off,
  o.guest
FROM orders o LEFT JOIN pickup_point p ON p.id = o.point_id
LEFT JOIN pickup_window w ON w.id = o.window_id
WHERE o.store = ? AND o.id IN (??)"""
LINES = """
SELECT order_id, id, position, variant_id, sku, title, label, source, pool, quantity, unit_price,
  amount, discount, spend, cost, options, offer, handed_out, refunded, withdrawn, returned,
  refunded_amount
FROM order_line WHERE order_id IN (??) ORDER BY order_id, position"""
ADJUSTMENTS = """
SELECT order_id, id, kind, source, key, label, amount, refunded_amount
FROM order_adjustment WHERE order_id IN (??) ORDER BY id"""
CHARGES = """
SELECT order_id, id, key, source, label, amount, refunded_amount, due_at
FROM charge WHERE order_id IN (??) ORDER BY id"""
HOLDS = """
SELECT order_id, source, reason FROM hold
WHERE order_id IN (??) AND released_at IS NULL ORDER BY id"""


@dataclass(slots=True)
class LineView:
    """A line, and what is still paid of it: ask `kept` (money) and `units_kept`,
    which know of money that went back by units, by amount or at the provider.

    `net` is the most that can be refunded. `shop.orders.kept` says the same in SQL.
    """

    id: int
    position: int
    variant_id: int
    sku: str
    title: str
    label: str
    source: str
    pool: str
    quantity: int
    unit_price: int
    amount: int
    discount: int
    spend: int
    cost: int | None
    options: dict[str, Any]
    offer: dict[str, Any]
    handed_out: int = 0
    refunded: int = 0
    withdrawn: int = 0
    returned: int = 0
    refunded_amount: int = 0

    @property
    def net(self) -> int:
        return self.amount + self.discount + self.spend

    @property
    def kept(self) -> int:
        """Goods money kept: net of discounts, spends and refunds."""
        return self.net - self.refunded_amount

    @property
    def units_kept(self) -> int:
        """Units that are still bought: not refunded, and none once all of the line's money went
        back. A line that was free, or paid whole with points or credit, holds no money to go back."""
        if self.net > 0 and not self.kept:
            return 0
        return self.quantity - self.refunded

    def worth(self, units: int) -> int:
        """What `units` more give back: their share of the money that the line still holds. All
        units together give all of it."""
        return money.share(self.kept, self.quantity - self.refunded, 0, units)

    @property
    def waiting(self) -> int:
        """Units still to be handed out."""
        return self.quantity - self.handed_out - self.withdrawn


@dataclass(slots=True)
class AdjustmentView:
    id: int
    kind: str
    source: str
    key: str
    label: str
    amount: int
    refunded_amount: int = 0


@dataclass(slots=True)
class ChargeView:
    id: int
    key: str
    source: str
    label: str
    amount: int
    refunded_amount: int
    due_at: int


@dataclass(slots=True)
class OrderView:
    """Times are microseconds; `holds` is [{by, reason}] of those that stand. `guest`: a guest
    typed the phone, and nobody has proved that the order is its owner's."""

    id: int
    number: str
    customer_id: int
    state: str
    currency: str
    locale: str
    total: int
    paid: int
    refunded: int
    provider: str
    method: str
    pay_by: int | None
    contact_name: str
    contact_phone: str
    note: str
    options: dict[str, Any]
    point_id: int | None
    window_id: int | None
    pickup_code: str
    ready_at: int | None
    placed_at: int
    paid_at: int | None
    completed_at: int | None
    cancelled_at: int | None
    cancel_reason: str
    point_code: str | None
    point_name: str | None
    window_starts: int | None
    window_ends: int | None
    window_cut_off: int | None
    guest: bool
    lines: list[LineView] = field(default_factory=list)
    adjustments: list[AdjustmentView] = field(default_factory=list)
    charges: list[ChargeView] = field(default_factory=list)
    holds: list[dict[str, str]] = field(default_factory=list)

    @property
    def balance(self) -> int:
        """What is still to be paid; nothing for a cancelled order."""
        return 0 if self.state == "cancelled" else self.total - self.paid

    @property
    def money_kept(self) -> int:
        """Paid and not refunded."""
        return self.paid - self.refunded

    @property
    def goods_kept(self) -> int:
        """Goods money kept: without fees, deposits and what points or credit paid."""
        return sum(line.kept for line in self.lines)

    @property
    def is_paid_for(self) -> bool:
        """Whether it was paid, and some of its goods still are."""
        paid = self.state in ("paid", "completed")
        return paid and any(line.units_kept for line in self.lines)


_LINE = attrgetter(*(item.name for item in fields(LineView)))
_ORDER = attrgetter(*(item.name for item in fields(OrderView)))


def copied(order: OrderView) -> OrderView:
    """Another of the same: what is done to it changes nothing here."""
    made = OrderView(*_ORDER(order))
    made.options = _own(order.options)
    made.lines = [LineView(*_LINE(line)) for line in order.lines]
    for line in made.lines:
        line.options, line.offer = _own(line.options), _own(line.offer)
    made.adjustments = [replace(item) for item in order.adjustments]
    made.charges = [replace(item) for item in order.charges]
    made.holds = [dict(hold) for hold in order.holds]
    return made


def _own(document: dict[str, Any]) -> dict[str, Any]:
    return orjson.loads(orjson.dumps(document)) if document else {}


def load_many(ctx: Context, ids: Sequence[int]) -> list[OrderView]:
    """The orders of these ids in their order, five statements however many there are."""
    if not ids:
        return []
    many = db.many(ids)
    lines, adjustments = defaultdict(list), defaultdict(list)
    charges, holds = defaultdict(list), defaultdict(list)
    for order_id, *line in db.rows(LINES, many):
        line[14], line[15] = db.load(line[14]), db.load(line[15])
        lines[order_id].append(LineView(*line))
    for order_id, *facts in db.rows(ADJUSTMENTS, many):
        adjustments[order_id].append(AdjustmentView(*facts))
    for order_id, *facts in db.rows(CHARGES, many):
        charges[order_id].append(ChargeView(*facts))
    for order_id, source, reason in db.rows(HOLDS, many):
        holds[order_id].append({"by": source, "reason": reason})
    found = {}
    for order_id, *facts in db.rows(ORDERS, ctx.code, many):
        facts[14], facts[-1] = db.load(facts[14]), bool(facts[-1])
        order = found[order_id] = OrderView(order_id, *facts)
        order.lines, order.adjustments = lines[order_id], adjustments[order_id]
        order.charges, order.holds = charges[order_id], holds[order_id]
    return [found[order_id] for order_id in ids if order_id in found]


def load(ctx: Context, order_id: int) -> OrderView:
    """One order; NotFound in this store."""
    found = load_many(ctx, [order_id])
    if not found:
        raise NotFound
    return found[0]


def lock(ctx: Context, order_id: int) -> OrderView:
    """Load under the order's lock, held until the transaction ends. Every change begins so."""
    db.lock_row("orders", order_id)
    return load(ctx, order_id)


def find(ctx: Context, number: str) -> int:
    """The id behind a number; NotFound."""
    order_id = db.value("SELECT id FROM orders WHERE store = ? AND number = ?", ctx.code, number)
    if order_id is None:
        raise NotFound
    return int(order_id)
