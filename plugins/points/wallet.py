"""What a customer has, and how it came to that, each movement in words."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.clock import rfc3339
from shop.ledger import ledger

from . import rates, words
from .settings import UNIT

LOTS = """
SELECT l.remaining, l.available_at, l.expires_at
FROM lot l JOIN account a ON a.id = l.account_id
WHERE a.store = ? AND a.name = ? AND l.remaining > 0
  AND (l.expires_at IS NULL OR l.expires_at > ?)
ORDER BY CASE WHEN l.expires_at IS NULL THEN 1 ELSE 0 END, l.expires_at, l.id LIMIT 100"""
TERMS = "SELECT key, available_at, expires_at FROM lot WHERE store = ? AND key IN (??)"
NUMBERS = "SELECT id, number FROM orders WHERE id IN (??) AND store || '' = ?"


def balance(ctx: Context, settings: Any, customer_id: int) -> dict[str, Any]:
    """{available, pending, debt, next_expiry, worth, currency, lots}; `worth` in minor units of
    what is available, `lots` the 100 nearest to expiry, times as the API shows them."""
    found = ledger.balance(ctx, UNIT, customer_id)
    lots = db.rows(LOTS, ctx.code, f"wallet:{UNIT}:{customer_id}", ctx.now_us)
    return found | {
        "next_expiry": rfc3339(found["next_expiry"]),
        "worth": rates.spending(ctx, settings).worth(found["available"]),
        "currency": ctx.store.currency,
        "lots": [
            {"points": left, "available_at": rfc3339(since), "expires_at": rfc3339(until)}
            for left, since, until in lots
        ],
    }


def history(
    ctx: Context, customer_id: int, limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next}, the newest first: what `words.of` says, and when an amount granted can be
    spent and expires."""
    page = ledger.history(ctx, customer_id, UNIT, limit, after)
    items = page["items"]
    keys = [item["key"] for item in items if item["kind"] == "grant"]
    terms = {key: times for key, *times in db.rows(TERMS, ctx.code, db.many(keys))}
    ids = {item["order_id"] for item in items if item["order_id"] is not None}
    numbers = dict(db.rows(NUMBERS, db.many(ids), ctx.code))
    shown = []
    for item in items:
        since, until = terms.get(item["key"], (None, None))
        said = words.of(ctx, item, numbers.get(item["order_id"]))
        shown.append(said | {"available_at": rfc3339(since), "expires_at": rfc3339(until)})
    return page | {"items": shown}
