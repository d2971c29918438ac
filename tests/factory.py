"""Rows for tests: a product, a customer, an order with its money frozen as placing freezes it.

    apple = factory.product(ctx, price=1000, units=20)
    order = factory.order(ctx, [(apple, 2), (factory.product(ctx, price=999), 1)],
                          discounts=[-300], fees=[200], paid=True)
    factory.hand_out(ctx, order.id, {order.lines[0].id: 1})

Everything returned balances: stock movements, allocation and payments stand behind the numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from shop import db, money
from shop.catalog import products
from shop.context import Context
from shop.jobs import events, jobs
from shop.orders import order_view, orders
from shop.orders.order_view import OrderView
from shop.payments import payments
from shop.people import accounts
from shop.stock import stock

_numbers = itertools.count(1)

ORDER = """
INSERT INTO orders (store, number, customer_id, state, currency, locale, total, paid, refunded,
  provider, method, pay_by, contact_name, contact_phone, note, options, point_id, window_id,
  pickup_code, placed_at, cancel_reason, peer, guest)
VALUES (?, ?, ?, 'pending', ?, ?, ?, 0, 0, ?, ?, ?, 'Wang', '+8613000000001', '', '{}', ?, ?, ?, ?,
  '', '', FALSE) RETURNING id"""


def product(
    ctx: Context, price: int = 1000, units: int | None = 20, sku: str = "", **facts: Any
) -> int:
    """A published product with one variant; the variant's id. `units` None: untracked."""
    sku = sku or f"SKU-{next(_numbers)}"
    variant = {"sku": sku, "price": price}
    variant |= {"tracked": False} if units is None else {"stock": units}
    products.create(
        ctx, {"title": sku.title(), "status": "published", "variants": [variant]} | facts
    )
    return db.value("SELECT id FROM variant WHERE store = ? AND sku = ?", ctx.code, sku)


def customer(ctx: Context, phone: str = "", name: str = "Wang") -> int:
    """The row of a phone, unverified; a new phone each time if none is given."""
    phone = phone or f"+86130{next(_numbers):08}"
    return accounts.find_or_make(ctx, phone, name)[0]


def order(
    ctx: Context,
    lines: Iterable[tuple[int, int]] | None = None,
    *,
    discounts: Sequence[int] = (),
    spends: Sequence[int] = (),
    fees: Sequence[int] = (),
    deposits: Sequence[int] = (),
    provider: str = "manual",
    method: str = "at_pickup",
    pay_by: int | None = None,
    customer_id: int | None = None,
    point: int | None = None,
    window: int | None = None,
    paid: bool = False,
) -> OrderView:
    """A pending order (paid, if `paid`) of (variant id, units); its stock is taken. Discounts and
    spends are amounts <= 0, split over the lines; fees and deposits are >= 0."""
    lines = [(product(ctx), 1)] if lines is None else list(lines)
    with db.transaction():
        rows = [_variant(ctx, variant, units) for variant, units in lines]
        kinds = {"discount": discounts, "spend": spends, "fee": fees, "deposit": deposits}
        adjustments = [(kind, amount) for kind, amounts in kinds.items() for amount in amounts]
        shares = _shares([row["amount"] for row in rows], adjustments)
        total = sum(row["amount"] for row in rows) + sum(amount for _, amount in adjustments)
        number = next(_numbers)
        order_id = db.value(
            ORDER, ctx.code, f"{number:08}", customer_id or customer(ctx), ctx.store.currency,
            ctx.locale, total, provider, method, pay_by, point, window, f"T{number:07}", ctx.now_us,
        )  # fmt: skip
        line_ids = _lines(order_id, rows, adjustments, shares)
        _adjustments(order_id, line_ids, adjustments, shares)
        taken = [(row["variant"], "main", row["units"]) for row in rows if row["tracked"]]
        if taken:
            stock.take(ctx, taken, order_id)
        if pay_by is not None:
            key, data = f"order:{order_id}", {"order": order_id}
            jobs.schedule(ctx, jobs.CORE, "expire_order", key, pay_by, data)
        events.record(ctx, "order.placed", order_id, total=total)
        if not total:
            orders.settle(ctx, order_id)
        if paid and total:
            payments.record(ctx, order_id, "manual", "at_pickup", total)
        return order_view.load(ctx, order_id)


def hand_out(ctx: Context, order_id: int, units: dict[int, int]) -> None:
    """Units of lines, {line id: units}, as a clerk hands them over; nothing else settles."""
    with db.transaction():
        for line_id, count in units.items():
            db.change(
                "UPDATE order_line SET handed_out = handed_out + ? WHERE id = ? AND order_id = ?",
                count, line_id, order_id,
            )  # fmt: skip
        lines = db.dump([list(pair) for pair in units.items()])
        row = (order_id, lines, "clerk:test", ctx.now_us, "", "")
        db.insert("hand_out", "order_id, lines, actor, at, undone_by, undo_reason", row)


def _variant(ctx: Context, variant: int, units: int) -> dict[str, Any]:
    found = db.row(
        "SELECT sku, price, tracked FROM variant WHERE store = ? AND id = ?", ctx.code, variant
    )
    assert found is not None
    sku, price, tracked = found
    return {
        "variant": variant,
        "units": units,
        "sku": sku,
        "price": price,
        "amount": price * units,
        "tracked": bool(tracked),
    }


def _shares(amounts: list[int], adjustments: list[tuple[str, int]]) -> list[list[int]]:
    """Each discount's and spend's parts by line, over what is left of the lines."""
    left, shares = list(amounts), []
    for kind, amount in adjustments:
        parts = [0] * len(left)
        if kind in ("discount", "spend"):
            parts = money.allocate(amount, left)
            left = [rest + part for rest, part in zip(left, parts, strict=True)]
        shares.append(parts)
    return shares


def _lines(
    order_id: int,
    rows: list[dict[str, Any]],
    adjustments: list[tuple[str, int]],
    shares: list[list[int]],
) -> list[int]:
    made = []
    for index, row in enumerate(rows):
        cut = {"discount": 0, "spend": 0, "fee": 0, "deposit": 0}
        for (kind, _), parts in zip(adjustments, shares, strict=True):
            cut[kind] += parts[index]
        made.append(
            (
                order_id, index, row["variant"], row["sku"], row["sku"].title(), "", "catalogue",
                "main" if row["tracked"] else "", row["units"], row["price"], row["amount"],
                cut["discount"], cut["spend"], "{}", "{}", 0, 0, 0, 0, 0,
            )
        )  # fmt: skip
    columns = """order_id, position, variant_id, sku, title, label, source, pool, quantity,
      unit_price, amount, discount, spend, options, offer, handed_out, refunded, withdrawn,
      returned, refunded_amount"""
    return db.insert("order_line", columns, *made)


def _adjustments(
    order_id: int,
    line_ids: list[int],
    adjustments: list[tuple[str, int]],
    shares: list[list[int]],
) -> None:
    columns = "order_id, kind, source, key, label, amount, refunded_amount"
    rows = [(order_id, kind, "test", "", kind, amount, 0) for kind, amount in adjustments]
    ids = db.insert("order_adjustment", columns, *rows)
    parts = [
        (line_id, adjustment_id, part)
        for adjustment_id, split in zip(ids, shares, strict=True)
        for line_id, part in zip(line_ids, split, strict=True)
        if part
    ]
    db.insert("allocation", "line_id, adjustment_id, amount", *parts)
