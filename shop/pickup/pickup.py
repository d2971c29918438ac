"""Handing an order over: whole or in part, with or without taking the money; and undoing it."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.errors import Conflict, NotFound, Reject
from shop.jobs import events
from shop.orders import order_view, orders
from shop.orders.order_view import OrderView
from shop.payments import payments
from shop.people import audit
from shop.pickup import points

HAND_OUT = """
UPDATE order_line SET handed_out = handed_out + ?
WHERE id = ? AND order_id = ? AND quantity - handed_out - withdrawn >= ?"""
TAKE_BACK = """
UPDATE order_line SET handed_out = ?, withdrawn = ? WHERE id = ? AND order_id = ?
AND handed_out = ?"""
LAST = "SELECT id, lines FROM hand_out WHERE order_id = ? AND undone_at IS NULL ORDER BY id DESC"
UNDONE = """
UPDATE hand_out SET undone_at = ?, undone_by = ?, undo_reason = ?
WHERE id = ? AND undone_at IS NULL"""
REOPEN = """
UPDATE orders SET state = 'paid', completed_at = NULL
WHERE id = ? AND store = ? AND state = 'completed'"""
READY = """
UPDATE orders SET ready_at = ? WHERE id = ? AND store = ? AND ready_at IS NULL
AND state IN ('pending', 'paid')"""
OF_WINDOW = """
SELECT o.id FROM orders o
WHERE o.store = ? AND o.window_id = ? AND o.ready_at IS NULL AND o.state IN ('pending', 'paid')
  AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = o.id AND h.released_at IS NULL)
ORDER BY o.id"""


def hand_out(
    ctx: Context,
    order_id: int,
    lines: dict[int, int] | None = None,
    payment: dict[str, Any] | None = None,
) -> OrderView:
    """Hand over units by line id, or all that waits; the order as it is then.

    `payment` {method, amount} (each may be left out) says that the balance was taken in the same
    breath. 409 `order_cancelled`, `held` (with `holds`), `nothing_waiting`, `unpaid` (with
    `balance`), `already_paid`, `balance_differs`; 422 `line_unknown`.
    """
    with db.transaction():
        order = _lock(ctx, order_id)
        _refuse(order)
        units = _units(order, lines)
        if payment is not None:
            _take_money(ctx, order, payment)
            _refuse(order := order_view.load(ctx, order_id))
        if order.balance > 0:
            raise Conflict("unpaid", balance=order.balance, currency=order.currency)
        for line_id, count in sorted(units.items()):
            if not db.change(HAND_OUT, count, line_id, order_id, count):
                raise Conflict("nothing_waiting", line=line_id)
        listed = sorted(units.items())
        [hand_out_id] = db.insert(
            "hand_out",
            "order_id, lines, actor, at, undone_by, undo_reason",
            (order_id, db.dump(listed), audit.actor_of(ctx.caller), ctx.now_us, "", ""),
        )
        audit.record(ctx, "pickup.hand_out", f"order:{order.number}", lines=listed)
        events.order_changed(ctx, order_id, "handed_out", hand_out=hand_out_id, lines=listed)
        orders.settle(ctx, order_id)
        return order_view.load(ctx, order_id)


def undo(ctx: Context, order_id: int, reason: str) -> OrderView:
    """Take the last hand-out back; a completed order is `paid` again. Money stays as it is.

    Units that were refunded after they had gone out are with the shop now, and wait no more.
    409 `order_cancelled`, `nothing_to_undo`; `goods_came_back` where units are in stock or
    written off since: they were out, and waiting for them again would sell them twice.
    """
    with db.transaction():
        order = _lock(ctx, order_id)
        if order.state == "cancelled":
            raise Conflict("order_cancelled")
        last = db.row(LAST + " LIMIT 1", order_id)
        actor = audit.actor_of(ctx.caller)
        if last is None or not db.change(UNDONE, ctx.now_us, actor, reason, last[0]):
            raise Conflict("nothing_to_undo")
        taken = db.load(last[1])
        by_id = {line.id: line for line in order.lines}
        for line_id, count in taken:
            line = by_id[line_id]
            out = line.handed_out - count
            withdrawn = max(line.withdrawn, min(line.refunded, line.quantity - out))
            if line.returned > out + withdrawn:
                raise Conflict("goods_came_back", line=line_id, units=line.returned)
            if not db.change(TAKE_BACK, out, withdrawn, line_id, order_id, line.handed_out):
                raise Conflict("nothing_to_undo")
        db.change(REOPEN, order_id, ctx.code)
        audit.record(ctx, "pickup.undo", f"order:{order.number}", lines=taken, reason=reason)
        events.order_changed(ctx, order_id, "undone", hand_out=last[0], lines=taken, reason=reason)
        orders.settle(ctx, order_id)
        return order_view.load(ctx, order_id)


def ready(ctx: Context, order_id: int) -> OrderView:
    """Note, once, that the order lies ready, and let its customer know (event `order.ready`).
    409 `order_cancelled`, `held`."""
    with db.transaction():
        order = _lock(ctx, order_id)
        _refuse(order)
        if _mark_ready(ctx, order_id):
            audit.record(ctx, "pickup.ready", f"order:{order.number}")
        return order_view.load(ctx, order_id)


def window_ready(ctx: Context, window_id: int) -> int:
    """All open orders of a window are ready, but those on hold; how many that is new for."""
    with db.transaction():
        found = db.rows(OF_WINDOW, ctx.code, window_id)
        count = sum(_mark_ready(ctx, order_id) for (order_id,) in found)
        audit.record(ctx, "pickup.ready", f"window:{window_id}", orders=count)
    return count


def _mark_ready(ctx: Context, order_id: int) -> bool:
    if not db.change(READY, ctx.now_us, order_id, ctx.code):
        return False
    events.record(ctx, "order.ready", order_id)
    return True


def _lock(ctx: Context, order_id: int) -> OrderView:
    """The order under its lock; NotFound at a point that is not the clerk's."""
    order = order_view.lock(ctx, order_id)
    if not points.is_mine(ctx, order.point_id):
        raise NotFound
    return order


def _refuse(order: OrderView) -> None:
    if order.state == "cancelled":
        raise Conflict("order_cancelled")
    if order.holds:
        raise Conflict("held", holds=order.holds)


def _units(order: OrderView, lines: dict[int, int] | None) -> dict[int, int]:
    """Units by line; what was asked for must wait."""
    waiting = {line.id: line.waiting for line in order.lines}
    if lines is None:
        lines = {line_id: count for line_id, count in waiting.items() if count}
    for line_id, count in lines.items():
        if line_id not in waiting:
            raise Reject("line_unknown", line=line_id)
        if count > waiting[line_id]:
            raise Conflict("nothing_waiting", line=line_id, waiting=waiting[line_id])
    if not lines:
        raise Conflict("nothing_waiting")
    return lines


def _take_money(ctx: Context, order: OrderView, payment: dict[str, Any]) -> None:
    """The whole balance, no more and no less: whoever hands out has the money in the hand."""
    if order.balance <= 0:
        raise Conflict("already_paid")
    if payment.get("amount", order.balance) != order.balance:
        raise Conflict("balance_differs", balance=order.balance, currency=order.currency)
    method = payment.get("method") or "at_pickup"
    payments.record(ctx, order.id, "manual", method, order.balance)
