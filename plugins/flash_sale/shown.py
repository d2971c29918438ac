"""A sale as customers see it: how much is left is what the pool holds at this moment."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from shop import Context, NotFound, db
from shop.catalog import catalog, catalog_view
from shop.clock import rfc3339
from shop.data import paging

from . import limits, report
from .pricing import tags_of
from .words import name_of

COLUMNS = """
s.id, s.name, s.translations, s.starts, s.ends, s.ended_at, s.per_customer, s.per_order, s.tag,
s.when_sold_out, s.prepay"""
OPEN = f"""
SELECT {COLUMNS} FROM flash_sale_sale s
WHERE s.store = ? AND s.ends > ? AND s.ended_at IS NULL
  AND (s.starts <= ? OR s.announced_at IS NOT NULL) AND (s.tag IS NULL OR s.tag IN (??))
  AND (s.ends, s.id) > (?, ?) ORDER BY s.ends, s.id LIMIT ?"""
ONE = f"""
SELECT {COLUMNS} FROM flash_sale_sale s
WHERE s.store || '' = ? AND s.id = ? AND s.cancelled_at IS NULL
  AND (s.starts <= ? OR s.announced_at IS NOT NULL) AND (s.tag IS NULL OR s.tag IN (??))"""
ITEMS = """
SELECT i.sale_id, i.variant_id, v.sku, i.price, v.price, i.quantity,
  COALESCE(p.on_hand, 0)
FROM flash_sale_item i JOIN variant v ON v.id = i.variant_id
LEFT JOIN stock p ON p.variant_id = i.variant_id AND p.pool = 'flash_sale:' || i.sale_id
WHERE i.sale_id IN (??) AND i.store || '' = ? ORDER BY i.sale_id, i.id"""
FIRST = (-(2**62), 0)

Row = tuple[Any, ...]


def page(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """{items, next, now}: sales that run or are announced, the first to end first."""
    place = paging.decode(after, int, int) or FIRST
    now, tags = ctx.now_us, db.many(tags_of(ctx))
    found = db.rows(OPEN, ctx.code, now, now, tags, *place, limit + 1)
    made = paging.page(found, limit, lambda row: (row[4], row[0]))
    return {**made, "items": _sales(ctx, made["items"]), "now": rfc3339(now)}


def one(ctx: Context, sale_id: int) -> dict[str, Any]:
    """A sale that runs, is announced or has been; NotFound for one that nobody knows of yet."""
    found = db.rows(ONE, ctx.code, sale_id, ctx.now_us, db.many(tags_of(ctx)))
    if not found:
        raise NotFound
    return {**_sales(ctx, found)[0], "now": rfc3339(ctx.now_us)}


def _sales(ctx: Context, rows: list[Row]) -> list[dict[str, Any]]:
    if not rows:
        return []
    items = _items(ctx, [row[0] for row in rows])
    caller, used = ctx.caller, {}
    if caller.role == "customer" and caller.id is not None:
        used = limits.used(ctx, [row[0] for row in rows], caller.id)
    return [_sale(ctx, row, items[row[0]], used) for row in rows]


def _sale(ctx: Context, row: Row, items: list[Row], used: dict[int, int]) -> dict[str, Any]:
    sale, name, words, starts, ends, ended, limit, per_order, _, when_sold_out, prepay = row
    state = "scheduled" if starts > ctx.now_us else "running"
    state = "ended" if ended is not None or ends <= ctx.now_us else state
    known = catalog.sellable(ctx, [item[2] for item in items])
    ceilings = catalog_view.reference_prices(ctx, [item[1] for item in items])
    sold = {} if ended is None else report.sold(ctx, sale, [item[1] for item in items])
    mine = None if limit is None or sale not in used else max(0, limit - used[sale])
    return {
        "id": sale,
        "name": name_of(ctx, name, db.load(words)),
        "state": state,
        "starts": rfc3339(starts),
        "ends": rfc3339(ends),
        "limit": limit,
        "per_order": per_order,
        "you_may_buy": mine,
        "when_sold_out": when_sold_out,
        "prepay": bool(prepay),
        "items": [
            _item(item, known[item[2]].title, ceilings, state, sold)
            for item in items
            if item[2] in known
        ],
    }


def _item(
    item: Row, title: str, ceilings: dict[int, int | None], state: str, sold: dict[int, int]
) -> dict[str, Any]:
    """`compare_at` is the normal price as far as it may honestly be struck through."""
    _, variant, sku, price, normal, quantity, left = item
    ceiling = ceilings.get(variant, normal)
    compare_at = None if ceiling is None else min(normal, ceiling)
    return {
        "sku": sku,
        "title": title,
        "price": price,
        "compare_at": compare_at if compare_at is not None and compare_at > price else None,
        "quantity": quantity,
        "left": 0 if state == "ended" else left,
        "sold": sold.get(variant, quantity - left),
    }


def _items(ctx: Context, sale_ids: list[int]) -> dict[int, list[Row]]:
    found = defaultdict(list)
    for row in db.rows(ITEMS, db.many(sale_ids), ctx.code):
        found[row[0]].append(row)
    return found
