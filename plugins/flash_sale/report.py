"""What a sale earned or lost, at any time: reckoned from the order lines and the movements of its
pool, so it follows every cancellation and refund.

Money is *goods money kept*: after discounts, without what points or credit paid and without
fees. Cost is the cost that stood on the line when it was ordered: of units that stayed sold, and
of units that were refunded and did not come back into stock.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from shop import Context, db
from shop.clock import SECOND, to_us
from shop.orders import kept

from . import items, sales
from .items import Item, pool

ORDERS = """
SELECT DISTINCT m.order_id FROM stock_movement m
WHERE m.variant_id IN (??) AND m.pool = ? AND m.kind = 'order' AND m.store || '' = ?"""
LINES = f"""
SELECT l.variant_id, l.cost, l.offer, o.state, SUM(l.quantity), SUM(l.quantity - {kept.UNITS}),
  SUM({kept.MONEY})
FROM order_line l JOIN orders o ON o.id = l.order_id
WHERE l.pool = ? AND l.order_id IN ({ORDERS})
GROUP BY l.variant_id, l.cost, l.offer, o.state"""
BACK = f"""
SELECT x.variant_id, x.cost, SUM(m.delta)
FROM (SELECT DISTINCT l.order_id, l.variant_id, l.cost FROM order_line l
      JOIN orders o ON o.id = l.order_id
      WHERE l.pool = ? AND o.state <> 'cancelled' AND l.order_id IN ({ORDERS})) x
JOIN stock_movement m ON m.order_id = x.order_id AND m.variant_id = x.variant_id
WHERE m.kind IN ('return', 'write_off') AND (m.pool = ? OR NOT EXISTS (
  SELECT 1 FROM order_line n
  WHERE n.order_id = x.order_id AND n.variant_id = x.variant_id AND n.pool = m.pool))
GROUP BY x.variant_id, x.cost"""
CUSTOMERS = f"""
SELECT COUNT(DISTINCT o.customer_id) FROM orders o
WHERE o.state <> 'cancelled' AND o.id IN ({ORDERS})"""
SOLD_OUT = """
SELECT MIN(at) FROM (
  SELECT at, kind, SUM(delta) OVER (ORDER BY id) AS free
  FROM stock_movement WHERE variant_id = ? AND pool = ? AND store || '' = ?) AS course
WHERE free = 0 AND kind = 'order'"""
COUNTED = (
    "ordered", "cancelled", "refunded", "unpaid", "sold", "lost", "revenue", "awaited", "normal",
    "cost", "cost_unknown",
)  # fmt: skip


def report(ctx: Context, sale_id: int) -> dict[str, Any]:
    """{sale, state, items: [...], total: {...}, customers, sold_out_at, sold_out_after (seconds)}.

    Of each item and in all: units `set_apart`, `left`, `ordered`, `cancelled`, `refunded`,
    `unpaid`, `sold` (paid and kept), `lost` (refunded, not back in stock); amounts `revenue`,
    `awaited` (unpaid), `cost` (None if a unit's is not known), `earned`, `normal` (the same units
    at the normal price), `given_up` (normal less revenue), `normal_earned`.
    """
    sale = sales.get(ctx, sale_id)
    found = items.of_sale(ctx, sale_id)
    counts = _counts(ctx, sale_id, [item.variant for item in found])
    rows = [_item(item, counts[item.variant]) for item in found]
    out_at = [_sold_out_at(ctx, item.variant, sale_id) for item in found]
    all_out = max(out_at) if out_at and all(out_at) else None  # type: ignore[type-var]
    starts = to_us(sale.starts)
    orders = (db.many(item.variant for item in found), pool(sale_id), ctx.code)
    return {
        "sale": sale_id,
        "name": sale.name,
        "state": sales.state(ctx, sale),
        "currency": ctx.store.currency,
        "items": rows,
        "total": _total(rows),
        "customers": db.value(CUSTOMERS, *orders),
        "sold_out_at": all_out,
        "sold_out_after": None if all_out is None else max(0, all_out - starts) // SECOND,
    }


def sold(ctx: Context, sale_id: int, variants: list[int]) -> dict[int, int]:
    """Units by variant that went to customers and did not come back into stock, paid or not: what
    a sale that is over has sold, however late an order of it is cancelled or refunded."""
    counts = _counts(ctx, sale_id, variants)
    return {
        variant: of["ordered"] - of["cancelled"] - of["refunded"] + of["lost"]
        for variant, of in ((variant, counts[variant]) for variant in variants)
    }


def _counts(ctx: Context, sale_id: int, variants: list[int]) -> dict[int, dict[str, int]]:
    name = pool(sale_id)
    orders = (db.many(variants), name, ctx.code)
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    refunded: dict[tuple[int, int | None], int] = defaultdict(int)
    for variant, cost, offer, state, units, back, money in db.rows(LINES, name, *orders):
        bought, of = units - back, counts[variant]
        of["ordered"] += units
        if state == "cancelled":
            of["cancelled"] += units
            continue
        of["refunded"] += back
        refunded[variant, cost] += back
        of["unpaid" if state == "pending" else "sold"] += bought
        of["awaited" if state == "pending" else "revenue"] += money
        if state != "pending":
            of["normal"] += bought * db.load(offer).get("normal", 0)
            of["cost"] += bought * (cost or 0)
            of["cost_unknown"] += bought if cost is None else 0
    returned = {row[:2]: row[2] for row in db.rows(BACK, name, *orders, name)}
    for (variant, cost), units in refunded.items():
        lost = max(0, units - returned.get((variant, cost), 0))
        counts[variant]["lost"] += lost
        counts[variant]["cost"] += lost * (cost or 0)
        counts[variant]["cost_unknown"] += lost if cost is None else 0
    return counts


def _item(item: Item, counts: dict[str, int]) -> dict[str, Any]:
    facts = {
        "sku": item.known_as,
        "price": item.price,
        "set_apart": item.quantity,
        "left": item.left,
    }
    return _judged({**facts, **counts})


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    unknown = sum(row["cost_unknown"] for row in rows)
    names = ("set_apart", "left", *COUNTED)
    total = {name: sum(row[name] or 0 for row in rows) for name in names}
    return _judged(total | {"cost_unknown": unknown})


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    """With what it earned; nothing can be said of cost where a unit's is not known."""
    known = not row["cost_unknown"]
    return row | {
        "cost": row["cost"] if known else None,
        "earned": row["revenue"] - row["cost"] if known else None,
        "given_up": row["normal"] - row["revenue"],
        "normal_earned": row["normal"] - row["cost"] if known else None,
    }


def _sold_out_at(ctx: Context, variant: int, sale_id: int) -> int | None:
    """When the pool of a variant was first empty because of an order."""
    found: int | None = db.value(SOLD_OUT, variant, pool(sale_id), ctx.code)
    return found
