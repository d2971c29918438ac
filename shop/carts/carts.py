"""Carts: what a customer means to buy, priced anew on every look."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any, NamedTuple

from shop import db
from shop.carts import quote_view
from shop.carts.quote import Basket, Item, Problem, Quote, check_options, quote
from shop.catalog import catalog
from shop.clock import DAY
from shop.context import Context
from shop.errors import Conflict, NotFound, Reject
from shop.jobs import jobs
from shop.people.attempts import network_of
from shop.pickup import windows
from shop.plugins import presenting

NEW = """
INSERT INTO cart (id, store, customer_id, options, pickup, contact, note, peer, created_at,
  expires_at)
SELECT ?, ?, CAST(? AS BIGINT), '{}', '{}', '{}', '', ?, ?, ?
WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM cart
  WHERE store = ? AND peer = ? AND expires_at > ? AND order_id IS NULL LIMIT ?) AS open) < ?"""
GET = """
SELECT customer_id, options, pickup, contact, note FROM cart
WHERE store = ? AND id = ? AND expires_at > ? AND order_id IS NULL"""
LINES = """
SELECT l.id, CASE WHEN v.archived_at IS NULL THEN v.sku END, l.quantity, l.options, l.sku, l.title
FROM cart_line l LEFT JOIN variant v ON v.id = l.variant_id
WHERE l.cart_id = ? ORDER BY l.id"""
HOLD = """
UPDATE cart SET expires_at = ?
WHERE store = ? AND id = ? AND expires_at > ? AND order_id IS NULL"""
MORE = """
UPDATE cart_line SET quantity = quantity + ?
WHERE cart_id = ? AND variant_id = ? AND options = ?"""
FITS = "SELECT COUNT(*), COALESCE(MAX(quantity), 0) FROM cart_line WHERE cart_id = ?"
USED = "UPDATE cart SET order_id = ? WHERE store = ? AND id = ? AND order_id IS NULL"


def create(ctx: Context) -> str:
    """An empty cart; its id is the secret that opens it. 429 `too_many_carts` for a peer that
    has as many open ones as the limits allow."""
    cart_id, limits = secrets.token_hex(16), ctx.config.limits
    peer = network_of(ctx.caller.peer)
    with db.transaction():
        made = db.change(
            NEW, cart_id, ctx.code, _owner(ctx), peer, ctx.now_us,
            ctx.now_us + limits.cart_days * DAY, ctx.code, peer, ctx.now_us,
            limits.open_carts, limits.open_carts,
        )  # fmt: skip
    if not made:
        raise Reject("too_many_carts", 429, most=limits.open_carts)
    return cart_id


class CartView(NamedTuple):
    """What `present` is shown of kind "cart"."""

    id: str
    quote: Quote


def view(ctx: Context, cart_id: str) -> dict[str, Any]:
    """The cart with its quote, a pickup that cannot be among the problems; NotFound for another's,
    an expired and an ordered one."""
    basket, stored = _read(ctx, cart_id)
    chosen, problem = stored["pickup"], None
    if chosen:
        try:
            place = windows.choose(ctx, chosen.get("point"), chosen.get("window"))
            basket = replace(basket, point=place.point, window=place.window)
        except Reject as refusal:
            problem = Problem(refusal.code, None, refusal.status, refusal.facts)
    priced = quote(ctx, basket)
    if problem:
        priced = replace(priced, problems=[*priced.problems, problem])
    shown = presenting.extensions(ctx, "cart", [CartView(cart_id, priced)])
    return {
        "id": cart_id,
        **quote_view.view(ctx, priced),
        **{name: stored[name] for name in ("options", "pickup", "contact", "note")},
        "extensions": shown.get(cart_id, {}),
    }


def basket(ctx: Context, cart_id: str) -> tuple[Basket, dict[str, Any]]:
    """What the cart asks for, and {options, pickup, contact, note}."""
    return _read(ctx, cart_id)


def patch(ctx: Context, cart_id: str, changes: dict[str, Any]) -> None:
    """Set options, pickup, contact or note."""
    with db.transaction():
        _hold(ctx, cart_id)
        if "options" in changes:
            check_options(ctx, Basket([], changes["options"]))
        for name, value in changes.items():
            stored = value if name == "note" else db.dump(value)
            db.change(f"UPDATE cart SET {name} = ? WHERE id = ?", stored, cart_id)


def add(ctx: Context, cart_id: str, item: Item) -> None:
    """Put units in; the same SKU with the same options makes one line of both."""
    with db.transaction():
        _hold(ctx, cart_id)
        check_options(ctx, Basket([item]))
        known = catalog.sellable(ctx, [item.sku]).get(item.sku)
        if known is None:
            raise Reject("unknown_sku", sku=item.sku)
        options = db.dump(item.options)
        if not db.change(MORE, item.quantity, cart_id, known.variant_id, options):
            db.insert(
                "cart_line",
                "cart_id, variant_id, quantity, options, sku, title",
                (cart_id, known.variant_id, item.quantity, options, known.sku, known.title),
            )
        _check_bounds(ctx, cart_id)


def change(ctx: Context, cart_id: str, line_id: int, changes: dict[str, Any]) -> None:
    """Set a line's quantity or options."""
    with db.transaction():
        _hold(ctx, cart_id)
        if "options" in changes:
            check_options(ctx, Basket([Item("", 1, changes["options"])]))
            changes = changes | {"options": db.dump(changes["options"])}
        for name, value in changes.items():
            sql = f"UPDATE cart_line SET {name} = ? WHERE id = ? AND cart_id = ?"
            if not db.change(sql, value, line_id, cart_id):
                raise NotFound
        _check_bounds(ctx, cart_id)


def remove(ctx: Context, cart_id: str, line_id: int) -> None:
    with db.transaction():
        _hold(ctx, cart_id)
        if not db.change("DELETE FROM cart_line WHERE id = ? AND cart_id = ?", line_id, cart_id):
            raise NotFound


def use(ctx: Context, cart_id: str, order_id: int) -> None:
    """The cart became an order: in the placing transaction, once."""
    if not db.change(USED, order_id, ctx.code, cart_id):
        raise Conflict("cart_used")


@jobs.handler("purge_carts", every=3600)
def purge(ctx: Context, data: dict[str, Any]) -> None:
    """Forget carts that have expired; those that became orders go with them."""
    with db.transaction():
        db.change("DELETE FROM cart WHERE store = ? AND expires_at <= ?", ctx.code, ctx.now_us)


def _owner(ctx: Context) -> int | None:
    return ctx.caller.id if ctx.caller.role == "customer" else None


def _read(ctx: Context, cart_id: str) -> tuple[Basket, dict[str, Any]]:
    found = db.row(GET, ctx.code, cart_id, ctx.now_us)
    if found is None or found[0] not in (None, _owner(ctx)):
        raise NotFound
    _, options, pickup, contact, note = found
    items = [
        Item(sku or old_sku, quantity, db.load(chosen), line_id, title, gone=sku is None)
        for line_id, sku, quantity, chosen, old_sku, title in db.rows(LINES, cart_id)
    ]
    stored = {
        "options": db.load(options),
        "pickup": db.load(pickup),
        "contact": db.load(contact),
        "note": note,
    }
    return Basket(items, stored["options"], _owner(ctx)), stored


def _hold(ctx: Context, cart_id: str) -> None:
    """Lock the cart by putting its end off; NotFound unless it is open and the caller's."""
    _, _ = _read(ctx, cart_id)
    ends = ctx.now_us + ctx.config.limits.cart_days * DAY
    if not db.change(HOLD, ends, ctx.code, cart_id, ctx.now_us):
        raise NotFound


def _check_bounds(ctx: Context, cart_id: str) -> None:
    lines, most = db.row(FITS, cart_id) or (0, 0)
    limits = ctx.config.limits
    if lines > limits.lines:
        raise Reject("too_many_lines", most=limits.lines)
    if most > limits.quantity:
        raise Reject("too_many_units", most=limits.quantity)
