"""What was sold: by day, product, campaign; who came back; what goes out today.

Sales are orders placed in the span and not cancelled, by their totals. Refunds stand beside them on
the day on which they were made, whenever the order was placed, so that the figures of a day that is
over do not change. The money of a cancelled order is neither. Each figure can be asked for its orders: /admin/orders with the same days.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shop import Context, Reject, db
from shop.catalog import goods_in_use
from shop.clock import DAY, from_us, rfc3339
from shop.orders import kept, order_list

from .settings import NAME

DAYS = 30
MOST = 400

IN_SPAN = """
o.store = ? AND o.id >= ? AND o.id < ? AND o.placed_at >= ? AND o.placed_at < ?
AND o.state <> 'cancelled'"""
BACK_IN_SPAN = """
r.store = ? AND r.created_at >= ? AND r.created_at < ? AND o.state <> 'cancelled'"""
ORDERS = f"SELECT o.placed_at, o.total, o.customer_id FROM orders o WHERE {IN_SPAN}"
REFUNDS = f"""
SELECT r.created_at, r.amount FROM refund r JOIN orders o ON o.id = r.order_id
WHERE {BACK_IN_SPAN}"""
MOVED = f"""
SELECT l.sku, l.title, l.source, l.quantity AS units, {kept.NET} AS sales, 0 AS returned,
  0 AS refunded, o.id AS order_id
FROM orders o JOIN order_line l ON l.order_id = o.id WHERE {IN_SPAN}
UNION ALL
SELECT l.sku, l.title, l.source, 0, 0, w.units, w.amount, NULL
FROM refund r JOIN orders o ON o.id = r.order_id JOIN refund_row w ON w.refund_id = r.id
JOIN order_line l ON l.id = w.line_id WHERE {BACK_IN_SPAN}"""
GOODS = f"""
SELECT sku, MAX(title), SUM(units), SUM(sales), SUM(returned), SUM(refunded),
  COUNT(DISTINCT order_id)
FROM ({MOVED}) AS moved GROUP BY sku ORDER BY 4 DESC, 1 LIMIT ?"""
SOURCES = f"""
SELECT source, SUM(units), SUM(sales), SUM(refunded), COUNT(DISTINCT order_id)
FROM ({MOVED}) AS moved GROUP BY source ORDER BY 3 DESC, 1"""
BEFORE = f"""
SELECT COUNT(DISTINCT o.customer_id) FROM orders o WHERE {IN_SPAN} AND EXISTS (
  SELECT 1 FROM orders b WHERE b.customer_id = o.customer_id AND b.id < o.id
  AND b.state <> 'cancelled')"""
CANCELLED = f"SELECT COUNT(*) FROM orders o WHERE {IN_SPAN.replace('<>', '=')}"
RETURNS = f"""
SELECT MAX(r.reason), COUNT(*), SUM(r.amount) FROM refund r JOIN orders o ON o.id = r.order_id
WHERE {BACK_IN_SPAN} GROUP BY r.reason ORDER BY 3 DESC LIMIT 50"""
PICKUPS = """
SELECT p.code, p.name, w.id, w.starts, w.ends, COUNT(o.id),
  SUM(CASE WHEN o.state = 'completed' THEN 1 ELSE 0 END)
FROM pickup_window w JOIN pickup_point p ON p.id = w.point_id
LEFT JOIN orders o ON o.window_id = w.id AND o.state <> 'cancelled'
WHERE w.store = ? AND w.ends > ? AND w.starts < ?
GROUP BY p.code, p.name, w.id, w.starts, w.ends ORDER BY w.starts, p.code"""
WAITING = "SELECT COUNT(*) FROM {} WHERE store = ? AND {}"
ALERTS = {
    "unpaid": ("orders", "state = 'pending'"),
    "refunds": ("refund", "state = 'pending'"),
    "suspense": ("suspense", "state = 'open'"),
    "dead_jobs": ("job", "state = 'dead'"),
}
LOW = """
SELECT v.sku, p.title, s.on_hand FROM stock s JOIN variant v ON v.id = s.variant_id
JOIN product p ON p.id = v.product_id
WHERE v.store = ? AND s.pool = 'main' AND s.on_hand <= ? AND v.tracked = ? AND v.archived_at IS NULL
  AND p.status = 'published' ORDER BY s.on_hand, v.sku LIMIT 50"""


def days_of(ctx: Context, first: date | None, last: date | None) -> tuple[date, date]:
    """The days asked for; the last 30 if none are. 422 `invalid_days` past 400 of them."""
    today = ctx.now.astimezone(ZoneInfo(ctx.store.timezone)).date()
    last = last or (max(first, today) if first else today)
    first = first or last - timedelta(days=DAYS - 1)
    if not 0 <= (last - first).days < MOST:
        raise Reject("console_days", most=MOST)
    return first, last


def _facts(ctx: Context, first: date, last: date) -> tuple[Any, ...]:
    return (ctx.code, *order_list.span(ctx, first, last))


def _moved(ctx: Context, first: date, last: date) -> tuple[Any, ...]:
    """The facts of orders, and those of refunds."""
    facts = _facts(ctx, first, last)
    return (*facts, *_back(facts))


def _back(facts: tuple[Any, ...]) -> tuple[Any, ...]:
    store, _, _, start, end = facts
    return (store, start, end)


def sales(ctx: Context, first: date, last: date) -> dict[str, Any]:
    """By day: {first, last, currency, items: [{day, orders, sales, refunded}], total, customers}."""
    zone, facts = ZoneInfo(ctx.store.timezone), _facts(ctx, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = {day: {"day": day.isoformat(), "orders": 0, "sales": 0, "refunded": 0} for day in days}
    buyers: dict[int, int] = {}
    for placed, total, customer in db.rows(ORDERS, *facts):
        row = found[from_us(placed).astimezone(zone).date()]
        row["orders"] += 1
        row["sales"] += total
        buyers[customer] = buyers.get(customer, 0) + 1
    for at, amount in db.rows(REFUNDS, *_back(facts)):
        found[from_us(at).astimezone(zone).date()]["refunded"] += amount
    items = list(found.values())
    total = {name: sum(row[name] for row in items) for name in ("orders", "sales", "refunded")}
    returning = int(db.value(BEFORE, *facts) or 0)
    people = len(buyers)
    return {
        "first": first, "last": last, "currency": ctx.store.currency, "items": items, "next": None,
        "total": total | {
            "average": total["sales"] // total["orders"] if total["orders"] else 0,
            "cancelled": int(db.value(CANCELLED, *facts) or 0),
        },
        "customers": {
            "buyers": people, "returning": returning,
            "repeat_rate": round(100 * returning / people) if people else 0,
        },
    }  # fmt: skip


def goods(ctx: Context, first: date, last: date) -> list[dict[str, Any]]:
    names = ("sku", "title", "units", "sales", "returned", "refunded", "orders")
    return _named(names, db.rows(GOODS, *_moved(ctx, first, last), 200))


def sources(ctx: Context, first: date, last: date) -> list[dict[str, Any]]:
    """By whose price it was: the catalogue's, or a campaign's plugin."""
    names = ("source", "units", "sales", "refunded", "orders")
    return _named(names, db.rows(SOURCES, *_moved(ctx, first, last)))


def returns(ctx: Context, first: date, last: date) -> list[dict[str, Any]]:
    names = ("reason", "refunds", "refunded")
    return _named(names, db.rows(RETURNS, *_back(_facts(ctx, first, last))))


def _named(names: tuple[str, ...], rows: list[Any]) -> list[dict[str, Any]]:
    return [
        {n: v if isinstance(v, str) else int(v or 0) for n, v in zip(names, row, strict=True)}
        for row in rows
    ]


def today(ctx: Context) -> dict[str, Any]:
    """{sales, pickups, alerts, low_stock} of this day, and campaigns whose goods were deleted."""
    day = ctx.now.astimezone(ZoneInfo(ctx.store.timezone)).date()
    names = ("point", "name", "window", "starts", "ends", "orders", "collected")
    pickups = [
        dict(zip(names, row, strict=True)) | {"starts": rfc3339(row[3]), "ends": rfc3339(row[4])}
        | {"collected": int(row[6] or 0)}
        for row in db.rows(PICKUPS, ctx.code, ctx.now_us - DAY // 2, ctx.now_us + 2 * DAY)
    ]  # fmt: skip
    alerts = {
        name: int(db.value(WAITING.format(table, which), ctx.code) or 0)
        for name, (table, which) in ALERTS.items()
    }
    least = ctx.settings(NAME).low_stock
    low = _named(("sku", "title", "on_hand"), db.rows(LOW, ctx.code, least, True))
    return {"problems": goods_in_use.missing(ctx), "day": day, "sales": sales(ctx, day, day)["total"], "pickups": pickups,
            "alerts": alerts, "low_stock": low, "currency": ctx.store.currency}  # fmt: skip
