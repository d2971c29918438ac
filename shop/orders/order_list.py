"""Orders in lists: a customer's own, and what staff may see."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shop import db
from shop.clock import HOUR, to_us
from shop.context import Context
from shop.data import paging
from shop.orders import order_view
from shop.people import accounts

NEWEST = "SELECT id FROM orders WHERE store = ? ORDER BY id DESC LIMIT 1"
NEXT = "SELECT id, placed_at FROM orders WHERE store = ? AND id >= ? ORDER BY id LIMIT 1"
OF_LINE = "EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.{} = ?)"
OF_CUSTOMER = """
SELECT id FROM orders WHERE store = ? AND customer_id = ? AND id < ? ORDER BY id DESC LIMIT ?"""


def of_customer(
    ctx: Context, customer_id: int, limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items: [OrderView], next}, the newest first."""
    [before] = paging.decode(after, int) or (2**62,)
    return _page(ctx, db.rows(OF_CUSTOMER, ctx.code, customer_id, before, limit + 1), limit)


def of_store(
    ctx: Context,
    *,
    state: str = "",
    point: int | None = None,
    customer: int | None = None,
    q: str = "",
    first: date | None = None,
    last: date | None = None,
    sku: str = "",
    source: str = "",
    limit: int = 20,
    after: str | None = None,
) -> dict[str, Any]:
    """{items: [OrderView], next}; a clerk sees the orders of his points only. `q` is a number, a
    phone or a name; `first` and `last` are days of the store; `sku` and `source` (whose price it
    was) are of one of its lines."""
    [before] = paging.decode(after, int) or (2**62,)
    where, params = ["o.store = ?", "o.id < ?"], [ctx.code, before]
    for column, wanted in (("state", state), ("point_id", point), ("customer_id", customer)):
        if wanted:
            where.append(f"o.{column} = ?")
            params.append(wanted)
    if ctx.caller.points is not None:
        where.append("o.point_id IN (??)")
        params.append(db.many(ctx.caller.points))
    if q.strip():
        where.append("(o.number = ? OR o.customer_id IN (??))")
        people = accounts.search(ctx, q.strip(), limit=100)["items"]
        params += [q.strip().upper(), db.many([one["id"] for one in people])]
    if first or last:
        low, high, start, end = span(ctx, first, last)
        where.append("o.id >= ? AND o.id < ? AND o.placed_at >= ? AND o.placed_at < ?")
        params += [low, high, start, end]
    for column, wanted in (("sku", sku), ("source", source)):
        if wanted:
            where.append(OF_LINE.format(column))
            params.append(wanted)
    sql = f"SELECT o.id FROM orders o WHERE {' AND '.join(where)} ORDER BY o.id DESC LIMIT ?"
    return _page(ctx, db.rows(sql, *params, limit + 1), limit)


def span(ctx: Context, first: date | None, last: date | None) -> tuple[int, int, int, int]:
    """(from id, before id, from, before) of the orders placed from the day `first` to `last`, both
    included, by the store's clock, in microseconds. Numbers grow with time: where the days begin is
    found by halving, and looked at an hour wider, for clocks that were set."""
    zone = ZoneInfo(ctx.store.timezone)
    day = timedelta(days=1)
    start = to_us(datetime.combine(first, time(), zone)) if first else 0
    end = to_us(datetime.combine(last + day, time(), zone)) if last and last < date.max else 2**62
    return _place(ctx, start - HOUR), _place(ctx, end + HOUR), start, end


def _place(ctx: Context, at: int) -> int:
    """The id of the first order that was placed at an instant or later; one past all, if none was."""
    low, newest = 0, db.value(NEWEST, ctx.code) or 0
    high = newest + 1
    while low < high:
        middle = (low + high) // 2
        found = db.row(NEXT, ctx.code, middle)
        if found is None or found[1] >= at:
            high = middle
        else:
            low = found[0] + 1
    return low


def _page(ctx: Context, found: list[Any], limit: int) -> dict[str, Any]:
    page = paging.page([row[0] for row in found], limit, lambda order_id: (order_id,))
    return page | {"items": order_view.load_many(ctx, page["items"])}
