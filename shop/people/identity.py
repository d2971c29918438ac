"""Who stands behind a phone. What a guest types is a claim; a sign-in by code proves it.

One rule for everything that is counted per person, so that a guest's order neither helps a cheat
nor harms the owner of the phone that was typed:

- A guest is refused by all orders of the phone, the owner's and those of guests.
- The owner, signed in, is refused by his own orders and by guests' orders that are backed: money
  came for them, or goods were handed out. Those are in his account, where he can fetch or cancel
  them, and cost whoever made them.
- Guests' orders that nothing backs give way to him. If they stand in his way, they lose what they
  claimed in the transaction of his order, and a job cancels them: nobody gets both.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from shop import db, i18n
from shop.context import Context
from shop.jobs import jobs
from shop.orders import holds

REASON = "gave_way"
"""the `cancel_reason` of an order that made room for the owner of its phone"""
UNBACKED = """
SELECT o.id FROM orders o WHERE o.store = ? AND o.customer_id = ? AND o.guest
  AND o.state IN ('pending', 'paid') AND o.paid = 0 AND NOT EXISTS (
    SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.handed_out > 0)
ORDER BY o.id DESC"""

ONCE = """
INSERT INTO once_per_phone (store, what, phone) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"""
PHONE = "SELECT phone FROM customer WHERE id = ? AND store = ?"


def once(ctx: Context, what: str, customer_id: int) -> bool:
    """Note that the phone of a customer has had `what` (named after its plugin), in the caller's
    transaction; False if it had it before, also before an erasure.

    Only a keyed hash of the phone is kept, and it outlives the customer.
    """
    phone = db.value(PHONE, customer_id, ctx.code)
    text = f"once:{ctx.code}:{what}:{phone}".encode()
    digest = hmac.digest(ctx.config.secret.encode(), text, hashlib.sha256)
    with db.transaction():
        return bool(db.change(ONCE, ctx.code, what, digest.hex()))


def is_owner(ctx: Context, customer_id: int | None) -> bool:
    """Return whether the caller is this customer, signed in by a code."""
    caller = ctx.caller
    return caller.role == "customer" and caller.id is not None and caller.id == customer_id


def giving_way(ctx: Context, customer_id: int | None) -> list[int]:
    """Return the ids of orders that do not count against the caller, the newest first: guests' orders
    of his phone that nothing backs. Empty unless he is the owner of the phone, signed in.

    Exact while the customer's row is held, as it is when an order is placed.
    """
    if not is_owner(ctx, customer_id):
        return []
    return [order_id for (order_id,) in db.rows(UNBACKED, ctx.code, customer_id)]


def give_way(ctx: Context, orders: Iterable[int]) -> None:
    """Cancel these orders to make room for the owner, by a job: their rows are locked before a
    customer's, which the caller holds. Until then a hold keeps them from being handed out. One that
    is paid for meanwhile gets its money back."""
    for order_id in orders:
        holds.hold(ctx, order_id, jobs.CORE, i18n.say("hold_gave_way", ctx.store.locale))
        key = f"order:{order_id}"
        jobs.schedule(ctx, jobs.CORE, "give_way", key, ctx.now_us, {"order": order_id})
