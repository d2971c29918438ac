"""Every action of staff, appended in the transaction of what it did; sealed by `seal`."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.clock import rfc3339
from shop.context import Caller, Context
from shop.data import paging

COLUMNS = "store, actor, action, subject, data, request_id, at"
LIST = """
SELECT id, actor, action, subject, data, request_id, at FROM audit
WHERE store = ? AND id < ? {where} ORDER BY id DESC LIMIT ?"""
NEWEST = 2**63 - 1


def record(ctx: Context, action: str, subject: str = "", **facts: Any) -> int:
    """Note that the caller did `action` (`order.refund`) to `subject` (`order:K7Q2M4`); the id.

    Facts are JSON values. No password, token or code belongs in them, and no phone or name of a
    customer: they outlive an erasure.
    """
    values = (
        ctx.code,
        actor_of(ctx.caller),
        action,
        subject,
        db.dump(facts),
        ctx.request_id,
        ctx.now_us,
    )
    return db.insert("audit", COLUMNS, values)[0]


def actor_of(caller: Caller) -> str:
    """`owner:anna`, or `system` for the command line and the job runner."""
    return caller.role if caller.name in ("", caller.role) else f"{caller.role}:{caller.name}"


def find(
    ctx: Context, *, action: str = "", subject: str = "", limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """A page {items, next}, newest first, of one action or one subject, or of all."""
    [before] = paging.decode(after, int) or (NEWEST,)
    asked = [(name, text) for name, text in (("action", action), ("subject", subject)) if text]
    where = " ".join(f"AND {name} = ?" for name, _ in asked)
    found = db.rows(
        LIST.format(where=where), ctx.code, before, *(text for _, text in asked), limit + 1
    )
    page = paging.page(found, limit, lambda row: (row[0],))
    page["items"] = [_shape(row) for row in page["items"]]
    return page


def _shape(row: tuple[Any, ...]) -> dict[str, Any]:
    number, actor, action, subject, data, request_id, at = row
    return {
        "id": number,
        "actor": actor,
        "action": action,
        "subject": subject,
        "data": db.load(data),
        "request_id": request_id,
        "at": rfc3339(at),
    }
