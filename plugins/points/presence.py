"""What stands under `extensions.points`: what goods and carts earn, and what an order did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shop import Context, OrderView, db
from shop.clock import rfc3339

from . import rates
from .bookings import OfOrder, of_orders

AVAILABLE = "SELECT key, available_at FROM lot WHERE store = ? AND key IN (??)"


def goods(ctx: Context, settings: Any, objects: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """{earns} of products and variants at today's price; nothing where nothing is earned."""
    rate = rates.earning(ctx, settings)
    return {item.id: {"earns": earns} for item in objects if (earns := rate.earned(item.price))}


def carts(ctx: Context, settings: Any, objects: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """{earns} of carts as they stand, after discounts and what points pay."""
    rate = rates.earning(ctx, settings)
    return {cart.id: {"earns": rate.earned(cart.quote.left())} for cart in objects}


def orders(ctx: Context, settings: Any, objects: Sequence[OrderView]) -> dict[Any, dict[str, Any]]:
    """{earns, earned, pending_until, spent, returned}: what it will earn when it completes, what
    it has earned and when that can be spent (null: now), what was spent on it and came back."""
    booked = of_orders(ctx, [order.id for order in objects])
    keys = [found.earned[-1].key for found in booked.values() if found.earned]
    since = dict(db.rows(AVAILABLE, ctx.code, db.many(keys))) if keys else {}
    rate = rates.earning(ctx, settings)
    return {order.id: _order(ctx, order, booked[order.id], rate, since) for order in objects}


def _order(
    ctx: Context, order: OrderView, booked: OfOrder, rate: rates.Rate, since: dict[str, int]
) -> dict[str, Any]:
    open_ = order.state in ("pending", "paid")
    at = since.get(booked.earned[-1].key, 0) if booked.earned else 0
    earned = sum(grant.kept for grant in booked.earned)
    return {
        "earns": rate.earned(order.goods_kept) if open_ else 0,
        "earned": earned,
        "pending_until": rfc3339(at) if earned and at > ctx.now_us else None,
        "spent": booked.spent.amount if booked.spent else 0,
        "returned": booked.spent.back if booked.spent else 0,
    }
