"""A customer's credit, and how it came and went."""

from __future__ import annotations

from typing import Any

from shop import Context, db, i18n
from shop.clock import rfc3339
from shop.ledger import ledger

from .settings import UNIT

OWN = "SELECT id, number FROM orders WHERE id IN (??) AND customer_id = ? AND store || '' = ?"
WORDS = {"grant", "claw_back", "spend", "give_back", "expire"}


def balance(ctx: Context, customer_id: int) -> dict[str, Any]:
    found = ledger.balance(ctx, UNIT, customer_id)
    times = {"next_expiry": rfc3339(found["next_expiry"])}
    return found | times | {"currency": ctx.store.currency}


def history(
    ctx: Context, customer_id: int, limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next}, the newest first. A friend's order is not named."""
    page = ledger.history(ctx, customer_id, UNIT, limit, after)
    ids = db.many({item["order_id"] for item in page["items"]} - {None})
    numbers = dict(db.rows(OWN, ids, customer_id, ctx.code))
    items = []
    for item in page["items"]:
        kind = item["kind"] if item["kind"] in WORDS else "other"
        items.append({
            "id": item["id"], "at": rfc3339(item["at"]), "kind": item["kind"],
            "amount": item["wallet"] + item["debt"], "debt": item["debt"],
            "order": numbers.get(item["order_id"]),
            "words": item["reason"] or i18n.say(f"referral_rebate_kind_{kind}", ctx.locale),
        })  # fmt: skip
    return page | {"items": items}
