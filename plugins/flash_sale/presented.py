"""What stands under `extensions.flash_sale` of products, variants and orders."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.catalog import freshness
from shop.clock import rfc3339

from .settings import NAME

SHOWN = """
SELECT i.variant_id, v.product_id, s.id, s.starts, s.ends, s.per_customer
FROM flash_sale_sale s JOIN flash_sale_item i ON i.sale_id = s.id
JOIN variant v ON v.id = i.variant_id
WHERE s.store = ? AND s.ends > ? AND s.starts <= ? AND s.ended_at IS NULL
  AND i.price_row IS NOT NULL ORDER BY s.ends DESC, s.id"""
NAMES = "SELECT id, name FROM flash_sale_sale WHERE id IN (??) AND store || '' = ?"


def present(ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
    """Of a product and a variant the sale that its price is from, {sale, starts, ends, limit}: all
    of it depends on price rows and their times. Of an order, its lines by sale."""
    if kind == "order":
        return _of_orders(ctx, objects)
    if kind == "variant" and not any(view.source == NAME for view in objects):
        return {}
    wanted, now = {view.id for view in objects}, ctx.now_us
    answer = {}
    running = freshness.remembered(ctx, f"{NAME}:shown", lambda: db.rows(SHOWN, ctx.code, now, now))
    for variant, product, sale, starts, ends, limit in running:
        shown = product if kind == "product" else variant
        if shown in wanted:
            times = {"starts": rfc3339(starts), "ends": rfc3339(ends)}
            answer[shown] = {"sale": sale, **times, "limit": limit}
    return answer


def _of_orders(ctx: Context, orders: list[Any]) -> dict[int, dict[str, Any]]:
    """{order: {"lines": [{line, sale, name}]}}"""
    found = {
        order.id: {line.id: line.offer["sale"] for line in order.lines if line.source == NAME}
        for order in orders
    }
    sales = {sale for lines in found.values() for sale in lines.values()}
    if not sales:
        return {}
    names = dict(db.rows(NAMES, db.many(sales), ctx.code))
    return {
        order: {
            "lines": [
                {"line": line, "sale": sale, "name": names.get(sale, "")}
                for line, sale in lines.items()
            ]
        }
        for order, lines in found.items()
        if lines
    }
