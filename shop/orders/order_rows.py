"""A new order as rows: written once, in the placing transaction."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from shop import db
from shop.carts.quote_parts import Quote
from shop.clock import MINUTE
from shop.context import Context
from shop.orders.order_view import AdjustmentView, LineView, OrderView
from shop.payments import providers
from shop.people.attempts import network_of
from shop.pickup import pickup_codes

if TYPE_CHECKING:
    from shop.orders.orders import Draft
    from shop.pickup.windows import Place


ORDER = """
INSERT INTO orders (store, number, customer_id, state, currency, locale, total, paid, refunded,
  provider, method, pay_by, contact_name, contact_phone, note, options, point_id, window_id,
  pickup_code, placed_at, cancel_reason, peer,
  guest)
VALUES (?, ?, ?, 'pending', ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)
ON CONFLICT DO NOTHING RETURNING id"""
LINE = """order_id, position, variant_id, sku, title, label, source, pool, quantity, unit_price,
  amount, discount, spend, cost, options, offer, handed_out, refunded, withdrawn, returned,
  refunded_amount"""


def write(ctx: Context, draft: Draft, priced: Quote, place: Place) -> OrderView:
    """Insert the order and its rows; the view is made of the same values."""
    order = _order(ctx, draft, priced, place)
    shares = priced.shares()
    order.lines = [_line(priced, shares, index) for index in range(len(priced.lines))]
    line_ids = db.insert("order_line", LINE, *[_line_row(order.id, line) for line in order.lines])
    for line, line_id in zip(order.lines, line_ids, strict=True):
        line.id = line_id
    if priced.adjustments:
        _write_adjustments(priced, order, shares)
    return order


def _order(ctx: Context, draft: Draft, priced: Quote, place: Place) -> OrderView:
    provider, method, minutes = providers.terms(ctx, draft.provider, draft.method)
    pay_by = None if minutes is None else ctx.now_us + minutes * MINUTE
    guest = ctx.caller.role == "guest"
    for _ in range(20):
        number, code = _number(), pickup_codes.new_code()
        made = db.value(
            ORDER, ctx.code, number, priced.customer_id, priced.currency, ctx.locale,
            priced.total, provider, method, pay_by, draft.name, draft.phone, draft.note,
            db.dump(priced.options), priced.point, priced.window, code, ctx.now_us,
            network_of(ctx.caller.peer), guest,
        )  # fmt: skip
        if made is not None:
            break
    else:
        raise AssertionError("no free order number")
    return OrderView(
        made, number, priced.customer_id or 0, "pending", priced.currency, ctx.locale,
        priced.total, 0, 0, provider, method, pay_by, draft.name, draft.phone, draft.note,
        priced.options, priced.point, priced.window, code, None, ctx.now_us, None, None, None, "",
        place.code, place.name, place.starts, place.ends, place.cut_off, guest,
    )  # fmt: skip


def _number() -> str:
    """Eight digits, easy to say, not in sequence."""
    return str(secrets.randbelow(90_000_000) + 10_000_000)


def _line(priced: Quote, shares: list[list[int]], index: int) -> LineView:
    line = priced.lines[index]
    parts = {"discount": 0, "spend": 0}
    for item, share in zip(priced.adjustments, shares, strict=True):
        if item.kind in parts:
            parts[item.kind] += share[index]
    return LineView(
        0, index, line.variant_id, line.sku, line.title, line.label, line.source,
        line.pool if line.tracked else "", line.quantity, line.unit_price, line.amount,
        parts["discount"], parts["spend"], line.cost, line.options, line.offer,
    )  # fmt: skip


def _line_row(order_id: int, line: LineView) -> tuple[Any, ...]:
    return (
        order_id, line.position, line.variant_id, line.sku, line.title, line.label, line.source,
        line.pool, line.quantity, line.unit_price, line.amount, line.discount, line.spend,
        line.cost, db.dump(line.options), db.dump(line.offer), 0, 0, 0, 0, 0,
    )  # fmt: skip


def _write_adjustments(priced: Quote, order: OrderView, shares: list[list[int]]) -> None:
    ids = db.insert(
        "order_adjustment",
        "order_id, kind, source, key, label, amount, refunded_amount",
        *[
            (order.id, item.kind, item.source, item.key, item.label, item.amount, 0)
            for item in priced.adjustments
        ],
    )
    rows = []
    for adjustment_id, item, share in zip(ids, priced.adjustments, shares, strict=True):
        order.adjustments.append(
            AdjustmentView(adjustment_id, item.kind, item.source, item.key, item.label, item.amount)
        )
        rows += [
            (line.id, adjustment_id, amount)
            for line, amount in zip(order.lines, share, strict=True)
            if amount
        ]
    if rows:
        db.insert("allocation", "line_id, adjustment_id, amount", *rows)
