"""What the plugin's tables hold of a customer."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.clock import rfc3339

HELD = """
SELECT o.number, t.state, t.started_at, t.due_at, t.damage, t.note
FROM trial_then_buy_trial t JOIN orders o ON o.id = t.order_id
WHERE t.customer_id = ? AND t.store || '' = ? ORDER BY t.id"""
FORGET = "UPDATE trial_then_buy_trial SET note = '' WHERE customer_id = ? AND store || '' = ?"


def data(ctx: Context, customer_id: int) -> dict[str, Any]:
    trials = [
        {"order": number, "state": state, "started_at": rfc3339(started),
         "due_at": rfc3339(due), "damage": damage, "note": note}
        for number, state, started, due, damage, note in db.rows(HELD, customer_id, ctx.code)
    ]  # fmt: skip
    return {"trials": trials} if trials else {}


def forget(ctx: Context, customer_id: int) -> None:
    """The note may name him; the books need the rest."""
    db.change(FORGET, customer_id, ctx.code)
