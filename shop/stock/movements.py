"""Why stock changed: one row per change of a pool, never altered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shop import db
from shop.clock import rfc3339
from shop.context import Context
from shop.data import paging
from shop.errors import NotFound
from shop.people import audit

COLUMNS = "store, variant_id, pool, delta, kind, reason, order_id, actor, at"
VARIANT = "SELECT id FROM variant WHERE store = ? AND sku = ?"
LIST = """
SELECT m.id, m.pool, m.delta, m.kind, m.reason, o.number, m.actor, m.at
FROM stock_movement m LEFT JOIN orders o ON o.id = m.order_id
WHERE m.variant_id = ? AND m.store || '' = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?"""


def book(
    ctx: Context,
    moves: Iterable[tuple[int, str, int]],
    kind: str,
    reason: str,
    order_id: int | None,
) -> None:
    """Note changes (variant id, pool, signed units) in the transaction that made them."""
    actor = audit.actor_of(ctx.caller) if ctx.caller.is_staff else ""
    lines = [
        (ctx.code, variant, pool, delta, kind, reason, order_id, actor, ctx.now_us)
        for variant, pool, delta in moves
    ]
    db.insert("stock_movement", COLUMNS, *lines)


def of_sku(ctx: Context, sku: str, *, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """A page {items, next} of a variant's movements, newest first."""
    variant = db.value(VARIANT, ctx.code, sku)
    if variant is None:
        raise NotFound
    [before] = paging.decode(after, int) or (2**63 - 1,)
    found = db.rows(LIST, variant, ctx.code, before, limit + 1)
    page = paging.page(found, limit, lambda row: (row[0],))
    return {**page, "items": [_shape(row) for row in page["items"]]}


def _shape(row: tuple[Any, ...]) -> dict[str, Any]:
    number, pool, delta, kind, reason, order, actor, at = row
    return {
        "id": number, "pool": pool, "delta": delta, "kind": kind, "reason": reason,
        "order": order, "actor": actor, "at": rfc3339(at),
    }  # fmt: skip
