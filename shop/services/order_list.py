"""Orders in lists: a customer's own, and what staff may see."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.services import order_view, paging

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
    limit: int = 20,
    after: str | None = None,
) -> dict[str, Any]:
    """{items: [OrderView], next}; a clerk sees the orders of his points only."""
    [before] = paging.decode(after, int) or (2**62,)
    where, params = ["store = ?", "id < ?"], [ctx.code, before]
    for column, wanted in (("state", state), ("point_id", point), ("customer_id", customer)):
        if wanted:
            where.append(f"{column} = ?")
            params.append(wanted)
    if ctx.caller.points is not None:
        where.append("point_id IN (??)")
        params.append(db.many(ctx.caller.points))
    sql = f"SELECT id FROM orders WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
    return _page(ctx, db.rows(sql, *params, limit + 1), limit)


def _page(ctx: Context, found: list[Any], limit: int) -> dict[str, Any]:
    page = paging.page([row[0] for row in found], limit, lambda order_id: (order_id,))
    return page | {"items": order_view.load_many(ctx, page["items"])}
