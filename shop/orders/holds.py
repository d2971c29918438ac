"""Holds: while one stands, an order cannot be handed out."""

from __future__ import annotations

from shop import db
from shop.context import Context


def hold(ctx: Context, order_id: int, source: str, reason: str) -> None:
    """`source` is the plugin's name; `reason` is shown to customer and staff."""
    with db.transaction():
        db.insert(
            "hold",
            "store, order_id, source, reason, created_at",
            (ctx.code, order_id, source, reason, ctx.now_us),
        )


def release(ctx: Context, order_id: int, source: str = "") -> int:
    """Release the holds of `source` (of everyone, if empty); how many there were."""
    who, whose = ("AND source = ?", (source,)) if source else ("", ())
    with db.transaction():
        return db.change(
            "UPDATE hold SET released_at = ?"
            f" WHERE order_id = ? AND store = ? AND released_at IS NULL {who}",
            ctx.now_us, order_id, ctx.code, *whose,
        )  # fmt: skip
