"""Refunds read, and those that people hand over confirmed."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.context import Context
from shop.data import paging
from shop.errors import NotFound
from shop.payments import refund_parts
from shop.people import audit

COLUMNS = """f.id, f.order_id, o.number, f.amount, o.currency, f.state, f.provider, f.reason,
  f.restock, f.actor, f.created_at, f.done_at"""
NAMES = ("id", "order_id", "order", "amount", "currency", "state", "provider", "reason", "restock",
         "actor", "created_at", "done_at")  # fmt: skip
FROM = f"SELECT {COLUMNS} FROM refund f JOIN orders o ON o.id = f.order_id"
GET = f"{FROM} WHERE f.store = ? AND f.id = ?"
LIST = f"{FROM} WHERE f.store = ? AND f.id < ? ORDER BY f.id DESC LIMIT ?"
LIST_STATE = f"{FROM} WHERE f.store = ? AND f.state = ? AND f.id < ? ORDER BY f.id DESC LIMIT ?"
ROWS = """
SELECT refund_id, line_id, adjustment_id, charge_id, units, amount
FROM refund_row WHERE refund_id IN (??) ORDER BY id"""
PARTS = """
SELECT r.refund_id, r.payment_id, p.provider, p.method, r.amount, r.state, j.tries, j.error, j.state
FROM refund_part r JOIN payment p ON p.id = r.payment_id
LEFT JOIN job j ON j.store = p.store AND j.plugin = 'core' AND j.name = 'refund_by_provider'
  AND j.key = 'part:' || CAST(r.id AS TEXT)
WHERE r.refund_id IN (??) ORDER BY r.id"""


def get(ctx: Context, refund_id: int) -> dict[str, Any]:
    """Columns by name; `rows` [{line, adjustment, charge, quantity, amount}]; `parts` [{payment,
    provider, method, amount, state, tries, error, job}], `job` the state of the one at work."""
    found = db.row(GET, ctx.code, refund_id)
    if found is None:
        raise NotFound
    return _views([found])[0]


def show(
    ctx: Context, state: str = "", limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next}, the newest first; `state` is pending or done."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    if state:
        found = db.rows(LIST_STATE, ctx.code, state, before, limit + 1)
    else:
        found = db.rows(LIST, ctx.code, before, limit + 1)
    page = paging.page(found, limit, lambda line: (line[0],))
    return page | {"items": _views(page["items"])}


def confirm(ctx: Context, refund_id: int) -> dict[str, Any]:
    """Staff has seen the money go back. A second time changes nothing."""
    with db.transaction():
        db.lock_row("refund", refund_id)
        refund = get(ctx, refund_id)
        if refund["state"] == "pending":
            audit.record(ctx, "refund.done", f"order:{refund['order']}", refund=refund_id)
            refund_parts.finish_all(ctx, refund_id)
        return get(ctx, refund_id)


def _views(found: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    views = {line[0]: dict(zip(NAMES, line, strict=True), rows=[], parts=[]) for line in found}
    if not views:
        return []
    many = db.many(views)
    for refund_id, line, adjustment, charge, units, amount in db.rows(ROWS, many):
        views[refund_id]["rows"].append(
            {
                "line": line,
                "adjustment": adjustment,
                "charge": charge,
                "quantity": units,
                "amount": amount,
            }
        )
    for refund_id, payment, provider, method, amount, state, tries, error, job in db.rows(
        PARTS, many
    ):
        views[refund_id]["parts"].append(
            {
                "payment": payment,
                "provider": provider,
                "method": method,
                "amount": amount,
                "state": state,
                "tries": tries or 0,
                "error": error or "",
                "job": job,
            }
        )
    return list(views.values())
