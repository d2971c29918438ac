"""Placing an order, and the four states it can be in.

    pending -> paid -> completed, or cancelled; undo of a hand-out goes back to paid.

`place` does all of it in one transaction: customer, quote, rows, stock, window, plugins. The
other changes of state are here too: `settle` (what money and goods imply), `cancel`, `expire`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shop import db
from shop.carts import carts, hook_results, quote_view
from shop.carts.quote import Basket, Quote, quote
from shop.clock import MINUTE
from shop.context import Context
from shop.data import calls
from shop.errors import Conflict, Reject
from shop.jobs import events, jobs
from shop.orders import holds, order_rows, order_view
from shop.orders.order_view import OrderView
from shop.people import accounts, audit, identity
from shop.people.attempts import network_of
from shop.pickup import windows
from shop.stock import claims, precheck, stock

STANDING = """
SELECT erased_at, name,
  (SELECT COUNT(*) FROM (SELECT 1 FROM orders
    WHERE store = ? AND customer_id = ? AND state = 'pending' AND (NOT guest OR ?) LIMIT ?
    ) AS own),
  (SELECT COUNT(*) FROM (SELECT 1 FROM orders
    WHERE store = ? AND peer = ? AND state = 'pending' LIMIT ?) AS near)
FROM customer WHERE id = ?"""
PREPAY = """
UPDATE orders SET pay_by = CASE WHEN pay_by < ? THEN pay_by ELSE ? END
WHERE id = ? AND store = ? RETURNING pay_by"""
NAMED = "UPDATE customer SET name = ? WHERE id = ?"
PAID = """
UPDATE orders SET state = 'paid', paid_at = ?, pay_by = NULL
WHERE id = ? AND store = ? AND state = 'pending' AND paid >= total"""
COMPLETED = """
UPDATE orders SET state = 'completed', completed_at = ?
WHERE id = ? AND store = ? AND state = 'paid' AND NOT EXISTS (
  SELECT 1 FROM order_line WHERE order_id = ? AND handed_out + withdrawn < quantity)"""
CANCELLED = """
UPDATE orders SET state = 'cancelled', cancelled_at = ?, cancel_reason = ?, pay_by = NULL
WHERE id = ? AND store = ? AND state IN ('pending', 'paid')"""


MOST_MINUTES = 366 * 24 * 60
"""that an order may wait for its money"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a customer sends. `point` and `window` choose the pickup; `provider` and `method`
    may be left open; `cart_id` is the cart that becomes the order."""

    basket: Basket
    name: str = ""
    phone: str = ""
    point: str | None = None
    window: int | None = None
    provider: str = ""
    method: str = ""
    expected_total: int | None = None
    note: str = ""
    cart_id: str | None = None


# -- placing ---------------------------------------------------------------------------------


def place(ctx: Context, draft: Draft) -> OrderView:
    """Make the order, or raise what stands in the way and write nothing.

    409 `out_of_stock`, `quote_changed` (with the new `quote`), `window_full`; 422 for a rule.
    """
    with db.transaction():
        customer_id = _customer(ctx, draft)
        place = windows.choose(ctx, draft.point, draft.window)
        priced = quote(ctx, _basket(draft, customer_id, place))
        _refuse_problems(ctx, priced, draft)
        order = order_rows.write(ctx, draft, priced, place)
        _take_stock(ctx, order)
        if place.window is not None:
            windows.take(ctx, place.window, order.id)
        order = _ask_plugins(ctx, order, draft)
        if order.pay_by is not None:
            key = f"order:{order.id}"
            jobs.schedule(ctx, jobs.CORE, "expire_order", key, order.pay_by, {"order": order.id})
        events.record(ctx, "order.placed", order.id, customer_id, total=order.total)
        if draft.cart_id is not None:
            carts.use(ctx, draft.cart_id, order.id)
        if order.total == 0:
            settle(ctx, order.id)
            return order_view.load(ctx, order.id)
        return order


def look(ctx: Context, draft: Draft) -> None:
    """Refuse by reading alone what `place` would refuse, if its goods were refused lately. It looks
    before the transaction, so that those who come too late keep nobody waiting."""
    if not precheck.is_worth_it(ctx, [item.sku for item in draft.basket.items]):
        return
    customer_id = ctx.caller.id if ctx.caller.role == "customer" else None
    if customer_id is None:
        customer_id = accounts.find(ctx, draft.phone)
    place = windows.choose(ctx, draft.point, draft.window)
    _refuse_problems(ctx, quote(ctx, _basket(draft, customer_id, place)), draft)


def _basket(draft: Draft, customer_id: int | None, place: windows.Place) -> Basket:
    asked = draft.basket
    return Basket(asked.items, asked.options, customer_id, place.point, place.window)


def prepay(ctx: Context, order: OrderView, minutes: int) -> None:
    """Within `order_placing`: the money must come first, by the earliest deadline asked for.
    422 `prepay_required` if the customer insists on paying at pickup. Nothing is to come for an
    order of which there is nothing to pay."""
    if not order.total:
        return
    if order.method == "at_pickup":
        raise Reject("prepay_required", minutes=minutes)
    if type(minutes) is not int or not 0 < minutes < MOST_MINUTES:
        raise ValueError(f"not minutes: {minutes!r}")
    deadline = ctx.now_us + minutes * MINUTE
    order.pay_by = db.value(PREPAY, deadline, deadline, order.id, ctx.code)


def _customer(ctx: Context, draft: Draft) -> int:
    """The caller, or the row of the guest's phone, held so that what counts by customer is exact;
    bounded in orders that stand unpaid: for who is signed in those that he made himself."""
    if ctx.caller.role == "customer" and ctx.caller.id is not None:
        customer_id = ctx.caller.id
        db.lock_row("customer", customer_id)
    else:
        customer_id, _ = accounts.find_or_make(ctx, draft.phone, draft.name, draft.basket.options)
    limits, peer = ctx.config.limits, network_of(ctx.caller.peer)
    of_guests = not identity.is_owner(ctx, customer_id)
    most, most_near = limits.unpaid_orders, limits.unpaid_orders_per_peer
    standing = db.row(
        STANDING, ctx.code, customer_id, of_guests, most, ctx.code, peer, most_near, customer_id
    )
    erased, name, own, near = standing or (None, "", 0, 0)
    if erased is not None:
        raise Conflict("customer_erased")
    if not name and draft.name and ctx.caller.role == "customer":
        db.change(NAMED, draft.name, customer_id)
    if not ctx.caller.is_staff:
        if own >= most:
            raise Reject("too_many_unpaid_orders", 429, most=most)
        if peer and near >= most_near:
            raise Reject("too_many_unpaid_orders", 429, most=most_near)
    return customer_id


def _refuse_problems(ctx: Context, priced: Quote, draft: Draft) -> None:
    if not priced.lines:
        raise Reject("cart_empty")
    if priced.problems:
        first = priced.problems[0]
        short = [item.line for item in priced.problems if item.line is not None]
        precheck.remember(ctx, [priced.lines[line].sku for line in short])
        listed = quote_view.problems(ctx, priced)
        raise Reject(first.code, first.status, **first.facts, problems=listed)
    if draft.expected_total is not None and draft.expected_total != priced.total:
        raise Conflict("quote_changed", quote=quote_view.view(ctx, priced))


def _take_stock(ctx: Context, order: OrderView) -> None:
    wanted = [(line.variant_id, line.pool, line.quantity) for line in order.lines if line.pool]
    if wanted:
        stock.take(ctx, wanted, order.id)


def _ask_plugins(ctx: Context, order: OrderView, draft: Draft) -> OrderView:
    """Plugins may hold, claim, prepay, spend or refuse; then how it is paid is settled. Each has a
    view of its own, and what it does to that changes nothing."""
    asked = ctx.plugins.calls("order_placing")
    if not asked:
        return order
    default, by, order.method = order.method, order.pay_by, draft.method
    here = calls.local.here
    before = here.changes
    for _, call in asked:
        call(ctx=ctx, order=order_view.copied(order))
    if here.changes == before:  # nobody wrote anything
        order.method = default
        return order
    order = order_view.load(ctx, order.id)
    if order.pay_by != by and not draft.method and default == "at_pickup":
        order.method = "transfer"
        db.change("UPDATE orders SET method = ? WHERE id = ?", order.method, order.id)
    return order


# -- states ----------------------------------------------------------------------------------


def settle(ctx: Context, order_id: int) -> None:
    """Move the order to the state that its money and goods imply. Called after either changed,
    under the order's lock."""
    with db.transaction():
        if db.change(PAID, ctx.now_us, order_id, ctx.code):
            jobs.cancel(ctx, jobs.CORE, "expire_order", f"order:{order_id}")
            events.order_changed(ctx, order_id, "paid")
        if db.change(COMPLETED, ctx.now_us, order_id, ctx.code, order_id):
            events.order_changed(ctx, order_id, "completed")


def cancel(ctx: Context, order_id: int, reason: str) -> OrderView:
    """Give everything back: units, claims, holds, money. 409 `not_cancellable` once anything
    was handed out; what is left is refunded then."""
    from shop.payments import refunds

    with db.transaction():
        order = order_view.lock(ctx, order_id)
        if any(line.handed_out for line in order.lines) or not db.change(
            CANCELLED, ctx.now_us, reason, order_id, ctx.code
        ):
            raise Conflict("not_cancellable", state=order.state)
        back = [
            (line.variant_id, line.pool, line.quantity - line.withdrawn)
            for line in order.lines
            if line.pool and line.quantity > line.withdrawn
        ]
        if back:
            stock.give_back(ctx, back, order_id, reason=reason)
        claims.release_order(ctx, order_id)
        holds.release(ctx, order_id)
        jobs.cancel(ctx, jobs.CORE, "expire_order", f"order:{order_id}")
        if order.money_kept:
            refunds.refund_rest(ctx, order_id, f"cancel:{order_id}", reason)
        events.order_changed(ctx, order_id, "cancelled", reason=reason)
        return order_view.load(ctx, order_id)


def cancel_by_customer(ctx: Context, order_id: int) -> OrderView:
    """An unpaid order always; a paid one until its window's cut-off, if the store allows it and no
    plugin has a reason against it (`check_cancel`)."""
    with db.transaction():
        order = order_view.lock(ctx, order_id)
        if order.state == "paid":
            if not ctx.store.orders.customer_cancels_paid:
                raise Conflict("not_cancellable", state=order.state)
            if order.window_cut_off is not None and order.window_cut_off <= ctx.now_us:
                raise Conflict("too_late_to_cancel")
            check = hook_results.problems(len(order.lines))
            for _, found in ctx.plugins.ask("check_cancel", check, ctx=ctx, order=order):
                raise Reject(found[0].code, found[0].status, **found[0].facts)
        return cancel(ctx, order_id, "customer")


def cancel_by_staff(ctx: Context, order_id: int, reason: str) -> OrderView:
    """`cancel`, and the note of who did it."""
    with db.transaction():
        order = cancel(ctx, order_id, reason)
        audit.record(ctx, "order.cancel", f"order:{order.number}", reason=reason)
        return order


def note(ctx: Context, order_id: int, text: str) -> None:
    """What staff wants to remember of an order: an event, with who said it."""
    with db.transaction():
        order = order_view.load(ctx, order_id)
        by = audit.actor_of(ctx.caller)
        events.record(ctx, "order.noted", order.id, order.customer_id, text=text, by=by)


@jobs.handler("expire_order")
def expire(ctx: Context, data: dict[str, Any]) -> None:
    """Cancel an order whose money did not come in time."""
    with db.transaction():
        order = order_view.lock(ctx, data["order"])
        if order.state == "pending" and order.pay_by is not None and order.pay_by <= ctx.now_us:
            cancel(ctx, order.id, "expired")


@jobs.handler("give_way")
def give_way(ctx: Context, data: dict[str, Any]) -> None:
    """Cancel a guest's order that made room for the owner of its phone. If goods of it were handed
    out just before, it stays."""
    try:
        cancel(ctx, data["order"], identity.REASON)
    except Conflict:
        holds.release(ctx, data["order"], jobs.CORE)
