"""A customer's own data: given out whole, and erased. The books keep a pseudonym."""

from __future__ import annotations

import secrets
from typing import Any

from shop import db
from shop.clock import DAY, rfc3339
from shop.context import Context
from shop.errors import Conflict, Reject
from shop.services import accounts, audit, balances, event_log, events, idempotency

ORDERS = """
SELECT id, number, state, currency, total, paid, refunded, contact_name, contact_phone, note,
  pickup_code, placed_at, completed_at, cancelled_at
FROM orders WHERE store = ? AND customer_id = ? ORDER BY id"""
ORDER_NAMES = (
    "id", "number", "state", "currency", "total", "paid", "refunded", "contact_name",
    "contact_phone", "note", "pickup_code", "placed_at", "completed_at", "cancelled_at",
)  # fmt: skip
LINES = """
SELECT order_id, sku, title, quantity, unit_price, amount, handed_out, refunded
FROM order_line WHERE order_id IN (??) ORDER BY order_id, position"""
LINE_NAMES = ("sku", "title", "quantity", "unit_price", "amount", "handed_out", "refunded")
TOKENS = """
SELECT label, created_at, expires_at, revoked_at FROM token
WHERE store = ? AND customer_id = ? ORDER BY id"""

OPEN = """
SELECT number FROM orders WHERE store = ? AND customer_id = ? AND state IN ('pending', 'paid')
ORDER BY id LIMIT 20"""
ERASE = """
UPDATE customer SET phone = ?, name = ?, tags = '[]', locale = '', verified_at = NULL,
  erased_at = ?
WHERE store = ? AND id = ? AND erased_at IS NULL"""
ERASE_ORDERS = """
UPDATE orders SET contact_name = ?, contact_phone = ?, note = '', peer = ''
WHERE store = ? AND customer_id = ?"""
ERASE_CARTS = """
DELETE FROM cart WHERE store = ? AND (customer_id = ? OR order_id IN (
  SELECT id FROM orders WHERE store = ? AND customer_id = ?))"""
GUEST_CARTS = "SELECT id, contact FROM cart WHERE store = ? AND contact LIKE ?"
ERASE_GUEST_CARTS = "DELETE FROM cart WHERE store = ? AND id IN (??)"
ERASE_TOKENS = "DELETE FROM token WHERE store = ? AND customer_id = ?"
ERASE_CODES = "DELETE FROM login_code WHERE store = ? AND phone = ?"
ERASE_TRIES = "DELETE FROM attempt WHERE store = ? AND who = ?"
ERASE_ANSWERS = """
DELETE FROM idempotency WHERE store = ? AND (caller = ? OR EXISTS (
  SELECT 1 FROM orders o WHERE o.store = idempotency.store AND o.customer_id = ?
  AND COALESCE(o.completed_at, o.cancelled_at) > ?
  AND idempotency.answer LIKE '%"number":"' || o.number || '"%'))"""
"""the caller's own, and those that show an order to a guest or to staff"""
TIMES = frozenset(("placed_at", "completed_at", "cancelled_at", "created_at", "verified_at",
                   "expires_at", "revoked_at", "erased_at", "next_expiry", "at"))  # fmt: skip


def export(ctx: Context, customer_id: int) -> dict[str, Any]:
    """Everything that is kept about a customer, times as RFC 3339, amounts in minor units."""
    customer = accounts.get(ctx, customer_id)
    tokens = db.rows(TOKENS, ctx.code, customer_id)
    names = ("label", "created_at", "expires_at", "revoked_at")
    return {
        "customer": _readable(customer),
        "orders": _orders(ctx, customer_id),
        "balances": [_readable(item) for item in balances.balances(ctx, customer_id)],
        "events": [_readable(event) for event in _events(ctx, customer_id)],
        "sign_ins": [_readable(dict(zip(names, line, strict=True))) for line in tokens],
    }


def erase(ctx: Context, customer_id: int) -> None:
    """Put a pseudonym in place of the phone and the name, wherever they stand; sign out.
    409 `open_orders` with their numbers. Plugins hear of it by the event `customer.erased`."""
    with db.transaction():
        db.lock_row("customer", customer_id)
        customer = accounts.get(ctx, customer_id)
        if waiting := db.rows(OPEN, ctx.code, customer_id):
            raise Conflict("open_orders", orders=[row[0] for row in waiting])
        alias = f"erased-{secrets.token_hex(8)}"
        if not db.change(ERASE, alias, alias, ctx.now_us, ctx.code, customer_id):
            return
        db.change(ERASE_CARTS, ctx.code, customer_id, ctx.code, customer_id)
        db.change(ERASE_GUEST_CARTS, ctx.code, db.many(_guest_carts(ctx, customer["phone"])))
        db.change(ERASE_ORDERS, alias, alias, ctx.code, customer_id)
        db.change(ERASE_TOKENS, ctx.code, customer_id)
        db.change(ERASE_CODES, ctx.code, customer["phone"])
        db.change(ERASE_TRIES, ctx.code, customer["phone"])
        kept_since = ctx.now_us - idempotency.KEEP - DAY
        db.change(ERASE_ANSWERS, ctx.code, f"customer:{customer_id}", customer_id, kept_since)
        events.record(ctx, "customer.erased", customer_id=customer_id)
        if ctx.caller.is_staff:
            audit.record(ctx, "customer.erase", f"customer:{customer_id}")


def _guest_carts(ctx: Context, phone: str) -> list[str]:
    """Carts in which the phone was typed, in whatever form, before signing in."""
    found = db.rows(GUEST_CARTS, ctx.code, f"%{phone[-4:]}%")
    return [cart for cart, contact in found if _is(ctx, db.load(contact).get("phone", ""), phone)]


def _is(ctx: Context, typed: str, phone: str) -> bool:
    try:
        return accounts.e164(ctx, typed) == phone
    except Reject:
        return False


def _orders(ctx: Context, customer_id: int) -> list[dict[str, Any]]:
    found = [
        dict(zip(ORDER_NAMES, line, strict=True)) for line in db.rows(ORDERS, ctx.code, customer_id)
    ]
    lines: dict[int, list[dict[str, Any]]] = {order["id"]: [] for order in found}
    for order_id, *line in db.rows(LINES, db.many(lines)):
        lines[order_id].append(dict(zip(LINE_NAMES, line, strict=True)))
    return [{"lines": lines[order.pop("id")]} | _readable(order) for order in found]


def _events(ctx: Context, customer_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = event_log.find(ctx, limit=1000, after=after, customer=customer_id)
        found += page["items"]
        after = page["next"]
        if after is None:
            return found


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: rfc3339(value) if name in TIMES else value for name, value in facts.items()}
