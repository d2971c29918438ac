"""What staff do with a customer's points, each with a reason and a note of who did it."""

from __future__ import annotations

from typing import Any

from shop import Context, NotFound, db
from shop.clock import DAY
from shop.jobs import events
from shop.ledger import ledger
from shop.people import accounts, audit

from .settings import NAME, UNIT

CUSTOMER = "SELECT id FROM customer WHERE store = ? AND phone = ?"


def grant(
    ctx: Context,
    customer_id: int,
    points: int,
    reason: str,
    key: str,
    expires_days: int | None = None,
) -> int:
    """Give points that can be spent at once; how many of them paid a debt. They expire after
    `expires_days`: None is the setting, 0 never. `key` makes it happen once."""
    days = ctx.settings(NAME).expires_days if expires_days is None else expires_days
    with db.transaction():
        _hold(ctx, customer_id)
        done = ledger.grant(
            ctx, UNIT, customer_id, points, f"points:grant:{key}", NAME,
            reason=reason, expires_at=ctx.now_us + days * DAY if days else None,
        )  # fmt: skip
        if not done.repeated:
            _note(ctx, "granted", "grant", customer_id, points, reason)
    return done.debt


def take(ctx: Context, customer_id: int, points: int, reason: str, key: str) -> None:
    """Take points away that the customer could spend, nearest to expiry first; 409
    `insufficient_balance` with `have` and `need` if there are fewer."""
    with db.transaction():
        _hold(ctx, customer_id)
        done = ledger.spend(
            ctx, UNIT, customer_id, points, f"points:take:{key}", NAME, reason=reason
        )
        if not done.repeated:
            _note(ctx, "taken", "take", customer_id, points, reason)


def find(ctx: Context, phone: str) -> int:
    """The customer of a phone; NotFound."""
    found = db.value(CUSTOMER, ctx.code, accounts.e164(ctx, phone))
    if found is None:
        raise NotFound
    return int(found)


def _hold(ctx: Context, customer_id: int) -> dict[str, Any]:
    """As a checkout does: first the customer, then the wallet."""
    db.lock_row("customer", customer_id)
    return accounts.get(ctx, customer_id)


def _note(ctx: Context, event: str, verb: str, customer_id: int, points: int, reason: str) -> None:
    audit.record(ctx, f"points.{verb}", f"customer:{customer_id}", points=points, reason=reason)
    events.record(ctx, f"points.{event}", None, customer_id, points=points)
