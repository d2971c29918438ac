"""A customer's own data: given out whole, and erased. The books keep a pseudonym."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shop import db
from shop.clock import DAY, rfc3339
from shop.context import Context
from shop.data import calls
from shop.errors import Conflict, PluginFailure, Reject
from shop.jobs import event_log, events, idempotency
from shop.ledger import balances
from shop.people import accounts, audit
from shop.plugin import Plugin

ORDERS = """
SELECT id, number, state, currency, total, paid, refunded, contact_name, contact_phone, note,
  options, pickup_code, placed_at, completed_at, cancelled_at
FROM orders WHERE store = ? AND customer_id = ? ORDER BY id"""
ORDER_NAMES = (
    "id", "number", "state", "currency", "total", "paid", "refunded", "contact_name",
    "contact_phone", "note", "options", "pickup_code", "placed_at", "completed_at", "cancelled_at",
)  # fmt: skip
LINES = """
SELECT order_id, sku, title, quantity, unit_price, amount, handed_out, refunded, options
FROM order_line WHERE order_id IN (??) ORDER BY order_id, position"""
LINE_NAMES = ("sku", "title", "quantity", "unit_price", "amount", "handed_out", "refunded",
              "options")  # fmt: skip
PAYMENTS = """
SELECT order_id, provider, method, state, amount, reference, payer, created_at, accepted_at
FROM payment WHERE order_id IN (??) ORDER BY order_id, id"""
PAYMENT_NAMES = ("provider", "method", "state", "amount", "reference", "payer", "created_at",
                 "accepted_at")  # fmt: skip
REFUNDS = """
SELECT order_id, amount, state, provider, reason, created_at
FROM refund WHERE order_id IN (??) ORDER BY order_id, id"""
REFUND_NAMES = ("amount", "state", "provider", "reason", "created_at")
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
UPDATE orders SET contact_name = ?, contact_phone = ?, note = '', options = '{}', peer = ''
WHERE store = ? AND customer_id = ?"""
ERASE_LINES = """
UPDATE order_line SET options = '{}' WHERE options <> '{}' AND order_id IN (
  SELECT id FROM orders WHERE store = ? AND customer_id = ?)"""
ERASE_PAYERS = """
UPDATE payment SET payer = '' WHERE payer <> '' AND order_id IN (
  SELECT id FROM orders WHERE store = ? AND customer_id = ?)"""
ERASE_JOINING = """
UPDATE event SET data = '{"options":{}}'
WHERE store = ? AND customer_id = ? AND kind IN ('customer.joined', 'customer.verified')"""
ERASE_NOTES = """
UPDATE event SET data = '{}' WHERE store = ? AND customer_id = ? AND kind = 'order.noted'"""
ERASE_CARTS = """
DELETE FROM cart WHERE store = ? AND (customer_id = ? OR order_id IN (
  SELECT id FROM orders WHERE store = ? AND customer_id = ?))"""
GUEST_CARTS = "SELECT id, contact FROM cart WHERE store = ? AND contact LIKE ?"
ERASE_GUEST_CARTS = "DELETE FROM cart WHERE store = ? AND id IN (??)"
ERASE_TOKENS = "DELETE FROM token WHERE store = ? AND customer_id = ?"
ERASE_CODES = "DELETE FROM login_code WHERE store = ? AND phone = ?"
ERASE_TRIES = "DELETE FROM attempt WHERE store = ? AND (who = ? OR who LIKE ? || '|%')"
ERASE_ANSWERS = """
DELETE FROM idempotency WHERE store = ? AND (caller = ? OR EXISTS (
  SELECT 1 FROM orders o WHERE o.store = idempotency.store AND o.customer_id = ?
  AND COALESCE(o.completed_at, o.cancelled_at) > ?
  AND idempotency.answer LIKE '%"number":"' || o.number || '"%'))"""
"""the caller's own, and those that show an order to a guest or to staff"""
TIMES = frozenset(("placed_at", "completed_at", "cancelled_at", "created_at", "verified_at",
                   "accepted_at", "expires_at", "revoked_at", "erased_at", "next_expiry", "at"))  # fmt: skip


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
        "plugins": _of_plugins(ctx, customer_id),
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
        db.change(ERASE_LINES, ctx.code, customer_id)
        db.change(ERASE_PAYERS, ctx.code, customer_id)
        db.change(ERASE_JOINING, ctx.code, customer_id)
        db.change(ERASE_NOTES, ctx.code, customer_id)
        for plugin in _everyone(ctx):
            with _as(plugin, "forget"):
                plugin.forget(ctx, customer_id)
        db.change(ERASE_TOKENS, ctx.code, customer_id)
        db.change(ERASE_CODES, ctx.code, customer["phone"])
        db.change(ERASE_TRIES, ctx.code, customer["phone"], customer["phone"])
        kept_since = ctx.now_us - idempotency.KEEP - DAY
        db.change(ERASE_ANSWERS, ctx.code, f"customer:{customer_id}", customer_id, kept_since)
        events.record(ctx, "customer.erased", customer_id=customer_id)
        if ctx.caller.is_staff:
            audit.record(ctx, "customer.erase", f"customer:{customer_id}")


def _of_plugins(ctx: Context, customer_id: int) -> dict[str, dict[str, Any]]:
    """What each of them holds, by name."""
    found = {}
    for plugin in _everyone(ctx):
        with _as(plugin, "personal_data", reads=True):
            found[plugin.name] = plugin.personal_data(ctx, customer_id)
    return {name: data for name, data in found.items() if data}


def _everyone(ctx: Context) -> list[Plugin]:
    """Also those that are off: their tables are still there."""
    return [*ctx.plugins.by_name.values(), *ctx.plugins.off.by_name.values()]


@contextmanager
def _as(plugin: Plugin, what: str, reads: bool = False) -> Iterator[None]:
    """PluginFailure names who could not: nothing is half erased."""
    try:
        with calls.entered(calls.Call(plugin.name, what, reads)):
            yield
    except Exception as error:
        raise PluginFailure(plugin.name, what, f"{type(error).__name__}: {error}") from error


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
    parts = {
        "lines": _by_order(found, LINES, LINE_NAMES),
        "payments": _by_order(found, PAYMENTS, PAYMENT_NAMES),
        "refunds": _by_order(found, REFUNDS, REFUND_NAMES),
    }
    return [
        {name: part[order["id"]] for name, part in parts.items()}
        | {name: value for name, value in _readable(order).items() if name != "id"}
        for order in found
    ]


def _by_order(
    orders: list[dict[str, Any]], sql: str, names: tuple[str, ...]
) -> dict[int, list[dict[str, Any]]]:
    rows: dict[int, list[dict[str, Any]]] = {order["id"]: [] for order in orders}
    for order_id, *row in db.rows(sql, db.many(rows)):
        rows[order_id].append(_readable(dict(zip(names, row, strict=True))))
    return rows


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
    read = {"options": db.load} | dict.fromkeys(TIMES, rfc3339)
    return {name: read[name](value) if name in read else value for name, value in facts.items()}
