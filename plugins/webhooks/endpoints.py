"""Receivers: made, changed, given a new secret, switched off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shop import Context, NotFound, Reject, db
from shop.clock import HOUR, from_us, to_us
from shop.data import paging
from shop.jobs import events
from shop.messages import outgoing
from shop.people import audit

from . import signing
from .models import Endpoint
from .settings import NAME

COUNT = "SELECT COUNT(*) FROM webhooks_endpoint WHERE store || '' = ?"
OFF = """
UPDATE webhooks_endpoint SET active = ?, why_off = ?, version = version + 1
WHERE id = ? AND store = ? AND active = ?"""


def look(ctx: Context, facts: Mapping[str, Any]) -> None:
    """Outside a transaction: 422 `address_refused`."""
    if "url" in facts:
        outgoing.check(ctx, facts["url"])


def create(ctx: Context, facts: Mapping[str, Any]) -> Endpoint:
    """A new receiver, of what `look` has looked at. 422 `webhooks_too_many`."""
    with db.transaction():
        if db.value(COUNT, ctx.code) >= (most := ctx.settings(NAME).endpoints):
            raise Reject("webhooks_too_many", most=most)
        endpoint = Endpoint.create(
            store=ctx.code, secret=signing.new_secret(), created_at=ctx.now, **facts
        )
        audit.record(ctx, f"{NAME}.create", f"webhooks:{endpoint.id}", url=endpoint.url)
        return endpoint


def change(ctx: Context, endpoint_id: int, seen: int, facts: Mapping[str, Any]) -> Endpoint:
    """Change it if its version is still `seen`, else 412. What waits goes to the new address."""
    look(ctx, facts)
    with db.transaction():
        endpoint = _hold(ctx, endpoint_id, seen)
        for name, value in facts.items():
            setattr(endpoint, name, value)
        endpoint.why_off = "" if endpoint.active else endpoint.why_off or "staff"
        _save(endpoint)
        audit.record(ctx, f"{NAME}.change", f"webhooks:{endpoint.id}", **facts)
        return endpoint


def remove(ctx: Context, endpoint_id: int, seen: int) -> None:
    """Forget it, and what was sent to it."""
    with db.transaction():
        endpoint = _hold(ctx, endpoint_id, seen)
        endpoint.delete_instance()
        audit.record(ctx, f"{NAME}.remove", f"webhooks:{endpoint_id}", url=endpoint.url)


def rotate(ctx: Context, endpoint_id: int) -> Endpoint:
    """A new secret; for some hours the old one signs as well. One that is older signs no more."""
    with db.transaction():
        endpoint = _hold(ctx, endpoint_id)
        until = ctx.now_us + ctx.settings(NAME).overlap_hours * HOUR
        endpoint.secret_before, endpoint.secret = endpoint.secret, signing.new_secret()
        endpoint.before_until = from_us(until)
        _save(endpoint)
        audit.record(ctx, f"{NAME}.rotate", f"webhooks:{endpoint.id}")
        return endpoint


def switch_off(ctx: Context, endpoint_id: int, why: str) -> None:
    """By itself, with an event that the owner sees."""
    if db.change(OFF, False, why, endpoint_id, ctx.code, True):
        events.record(ctx, f"{NAME}.switched_off", endpoint=endpoint_id, why=why)


def secrets_of(ctx: Context, endpoint: Endpoint) -> list[str]:
    """Those that sign now."""
    before = endpoint.before_until is not None and to_us(endpoint.before_until) > ctx.now_us
    return [endpoint.secret, *([endpoint.secret_before] if before else [])]


def get(ctx: Context, endpoint_id: int) -> Endpoint:
    found = Endpoint.get_or_none(Endpoint.store == ctx.code, Endpoint.id == endpoint_id)
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def page(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    [last] = paging.decode(after, int) or (0,)
    found = (
        Endpoint.select()
        .where((Endpoint.store == ctx.code) & (Endpoint.id > last))
        .order_by(Endpoint.id)
        .limit(limit + 1)
    )
    return paging.page(list(found), limit, lambda endpoint: (endpoint.id,))


def wanting(ctx: Context, kind: str) -> list[int]:
    """Ids of the receivers that are on and want such an event."""
    found = Endpoint.select(Endpoint.id, Endpoint.kinds).where(
        (Endpoint.store == ctx.code) & (Endpoint.active == True)  # noqa: E712
    )
    return sorted(one.id for one in found if not one.kinds or kind in one.kinds)


def _hold(ctx: Context, endpoint_id: int, seen: int | None = None) -> Endpoint:
    db.lock_row("webhooks_endpoint", get(ctx, endpoint_id).id)
    endpoint = get(ctx, endpoint_id)
    if seen is not None and endpoint.version != seen:
        raise Reject("precondition_failed", 412, current=str(endpoint.version))
    return endpoint


def _save(endpoint: Endpoint) -> None:
    """Under its lock."""
    endpoint.version += 1
    endpoint.save()
