"""Money back: by line and units, or by amount; never above what a row holds or what was paid.

A unit is worth its share of what its line still holds: of its net, frozen at placement, less all
money that went back before, by units or by amount. Every refund has a key, so it happens once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop import db, money
from shop.context import Context
from shop.errors import Conflict, Reject
from shop.jobs import events
from shop.orders import order_view, orders
from shop.orders.order_view import LineView, OrderView
from shop.payments import refund_parts
from shop.payments.providers import PaymentView
from shop.people import audit
from shop.stock import stock

KNOWN = "SELECT id, order_id FROM refund WHERE store = ? AND key = ?"
WRITE = """
INSERT INTO refund (store, order_id, key, amount, state, provider, reason, restock, actor,
  created_at) VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?) RETURNING id"""
ROWS = "refund_id, line_id, adjustment_id, charge_id, units, amount"
OF_ORDER = (
    "UPDATE orders SET refunded = refunded + ? WHERE id = ? AND store = ? AND refunded + ? <= paid"
)
OF_LINE = """
UPDATE order_line SET refunded_amount = refunded_amount + ?, refunded = refunded + ?,
  withdrawn = withdrawn + ?
WHERE id = ? AND order_id = ? AND refunded + ? <= quantity
  AND refunded_amount + ? <= amount + discount + spend"""
OF_ADJUSTMENT = """
UPDATE order_adjustment SET refunded_amount = refunded_amount + ?
WHERE id = ? AND order_id = ? AND kind IN ('fee', 'deposit') AND refunded_amount + ? <= amount"""
OF_CHARGE = """
UPDATE charge SET refunded_amount = refunded_amount + ?
WHERE id = ? AND order_id = ? AND refunded_amount + ? <= amount"""

RESTOCK = ("restore", "write_off", "leave")
Named = tuple[str, int]
"""("line", "adjustment" or "charge", its id)"""


@dataclass(frozen=True, slots=True)
class Part:
    """What a refund takes of one row."""

    kind: str
    id: int
    amount: int
    units: int = 0


def refund(
    ctx: Context,
    order_id: int,
    key: str,
    *,
    lines: Mapping[int, int] | None = None,
    amounts: Mapping[Named, int] | None = None,
    reason: str = "",
    restock: str = "leave",
    source: str = "",
) -> int:
    """Refund units of lines, {line id: units}, or money of rows, {("fee's kind", id): minor}; the
    refund's id. A key that was used is no second refund: its id again.

    `amounts` are money only, named ("line" | "adjustment" | "charge", id); of adjustments only
    fees and deposits. `restock` is for the goods of the units: restore, write_off or leave.
    `source` is the plugin that asks. 422 `nothing_paid`, `over_refund`, `unknown_row`,
    `nothing_to_refund`; 409 `order_cancelled`: all has gone back then.
    """
    if restock not in RESTOCK:
        raise ValueError(f"restock is one of {RESTOCK}")
    with db.transaction():
        order = order_view.lock(ctx, order_id)
        if (known := _known(ctx, key, order_id)) is not None:
            return known
        if order.state == "cancelled":
            raise Conflict("order_cancelled")
        if order.state == "pending" and not order.paid:
            raise Reject("nothing_paid")
        parts = _by_units(order, lines or {}) + _by_amount(order, amounts or {})
        if not parts:
            raise Reject("nothing_to_refund")
        refund_id = _write(ctx, order, key, _merged(parts), reason, restock, source)
        if restock != "leave":
            _take_back(ctx, order, lines or {}, restock, reason)
        _tell(ctx, order, refund_id, sum(part.amount for part in parts), source, reason)
        return refund_id


def refund_rest(ctx: Context, order_id: int, key: str, reason: str) -> int | None:
    """Give back all money that is still kept; None if there is none. Goods are not touched. What
    was paid in part is spread over the rows."""
    with db.transaction():
        order = order_view.lock(ctx, order_id)
        if (known := _known(ctx, key, order_id)) is not None:
            return known
        if not order.money_kept:
            return None
        parts = _spread(order, order.money_kept)
        refund_id = _write(ctx, order, key, parts, reason, "leave")
        _tell(ctx, order, refund_id, order.money_kept, "", reason)
        return refund_id


def refund_outside(ctx: Context, payment: PaymentView, amount: int) -> int:
    """A provider gave money back without being asked by us: book it as done, spread over the rows;
    how much could be booked. Under the order's lock."""
    order = order_view.load(ctx, payment.order_id)
    found = refund_parts.sources(ctx, order.id, min(amount, order.money_kept), payment.id)
    amount = sum(source[3] for source in found)
    if amount:
        before = db.value("SELECT COUNT(*) FROM refund_part WHERE payment_id = ?", payment.id)
        key = f"outside:{payment.id}:{before}"
        parts = _spread(order, amount)
        refund_id = _write(ctx, order, key, parts, "refunded_outside", "leave", sources=found)
        _tell(ctx, order, refund_id, amount, "", "refunded_outside")
    return amount


def _take_back(
    ctx: Context, order: OrderView, units: Mapping[int, int], restock: str, reason: str
) -> None:
    """In the order in which stock is locked."""
    for line in sorted(order.lines, key=lambda line: (line.variant_id, line.pool == "main")):
        if line.id in units:
            stock.take_back(ctx, line.id, units[line.id], restock, reason)


# -- what it takes of each row ---------------------------------------------------------------


def _by_units(order: OrderView, wanted: Mapping[int, int]) -> list[Part]:
    lines = {line.id: line for line in order.lines}
    parts = []
    for line_id, units in wanted.items():
        line = lines.get(line_id)
        if line is None:
            raise Reject("unknown_row", line=line_id)
        left = line.quantity - line.refunded
        if type(units) is not int or not 0 < units <= left:
            raise Reject("over_refund", line=line_id, asked=units, left=left)
        parts.append(Part("line", line_id, line.worth(units), units))
    return parts


def _by_amount(order: OrderView, wanted: Mapping[Named, int]) -> list[Part]:
    held = _held(order)
    parts = []
    for (kind, row_id), amount in wanted.items():
        if (kind, row_id) not in held:
            raise Reject("unknown_row", **{kind: row_id})
        left = held[kind, row_id]
        if type(amount) is not int or not 0 < amount <= left:
            raise Reject("over_refund", **{kind: row_id}, asked=amount, left=left)
        parts.append(Part(kind, row_id, amount))
    return parts


def _held(order: OrderView) -> dict[Named, int]:
    """What each row could still give back; a charge that is not paid gives nothing."""
    held = {("line", line.id): line.kept for line in order.lines}
    for fee in order.adjustments:
        if fee.kind in ("fee", "deposit"):
            held["adjustment", fee.id] = fee.amount - fee.refunded_amount
    unpaid = max(0, order.total - order.paid)
    for charge in reversed(order.charges):
        open_ = min(unpaid, charge.amount - charge.refunded_amount)
        held["charge", charge.id] = charge.amount - charge.refunded_amount - open_
        unpaid -= open_
    return held


def _spread(order: OrderView, amount: int) -> list[Part]:
    """`amount` over all rows, in proportion to what each holds."""
    held = [(named, left) for named, left in _held(order).items() if left]
    shares = money.allocate(amount, [left for _, left in held])
    return [Part(*named, share) for (named, _), share in zip(held, shares, strict=True) if share]


def _merged(parts: list[Part]) -> list[Part]:
    """Units and money of one line asked for together, as one row; the row's limit holds for both."""
    found: dict[Named, Part] = {}
    for part in parts:
        before = found.get((part.kind, part.id), Part(part.kind, part.id, 0))
        found[part.kind, part.id] = Part(
            part.kind, part.id, before.amount + part.amount, before.units + part.units
        )
    return list(found.values())


# -- booking ---------------------------------------------------------------------------------


def _known(ctx: Context, key: str, order_id: int) -> int | None:
    found = db.row(KNOWN, ctx.code, key)
    if found and found[1] != order_id:
        raise Conflict("key_used", key=key)
    return found[0] if found else None


def _write(
    ctx: Context,
    order: OrderView,
    key: str,
    parts: list[Part],
    reason: str,
    restock: str,
    source: str = "",
    sources: list[refund_parts.Source] | None = None,
) -> int:
    """The refund's rows and what they take of the order's, each by a conditional UPDATE."""
    amount = sum(part.amount for part in parts)
    if not db.change(OF_ORDER, amount, order.id, ctx.code, amount):
        raise Reject("over_refund", asked=amount, left=order.money_kept)
    by = sources or refund_parts.sources(ctx, order.id, amount)
    provider = by[0][1] if by else order.provider
    refund_id = db.value(
        WRITE, ctx.code, order.id, key, amount, provider, reason[:255], restock,
        audit.actor_of(ctx.caller), ctx.now_us,
    )  # fmt: skip
    lines = {line.id: line for line in order.lines}
    for part in parts:
        _take(order.id, part, lines.get(part.id))
    rows = [
        (refund_id, *(part.id if part.kind == kind else None for kind in ("line", "adjustment",
         "charge")), part.units, part.amount)
        for part in parts
    ]  # fmt: skip
    db.insert("refund_row", ROWS, *rows)
    at_counter = ctx.caller.role in ("owner", "clerk") and not source
    refund_parts.send(ctx, refund_id, by, at_counter=at_counter, done=sources is not None)
    return refund_id


def _take(order_id: int, part: Part, line: LineView | None) -> None:
    if part.kind == "line" and line is not None:
        withdrawn = min(part.units, line.waiting)
        taken = db.change(
            OF_LINE, part.amount, part.units, withdrawn, part.id, order_id, part.units, part.amount
        )
    else:
        sql = OF_ADJUSTMENT if part.kind == "adjustment" else OF_CHARGE
        taken = db.change(sql, part.amount, part.id, order_id, part.amount)
    if not taken:
        raise Reject("over_refund", **{part.kind: part.id}, asked=part.amount)


def _tell(
    ctx: Context, order: OrderView, refund_id: int, amount: int, source: str, reason: str
) -> None:
    if ctx.caller.is_staff and not source:
        audit.record(
            ctx, "order.refund", f"order:{order.number}",
            refund=refund_id, amount=amount, reason=reason,
        )  # fmt: skip
    facts = {"refund": refund_id, "amount": amount, "source": source}
    events.order_changed(ctx, order.id, "refunded", **facts)
    orders.settle(ctx, order.id)
