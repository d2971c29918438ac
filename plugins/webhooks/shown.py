"""Rows as documents of the API."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.clock import rfc3339, to_us

from . import deliveries
from .models import Delivery, Endpoint

KINDS = "SELECT id, kind FROM event WHERE id IN (??) AND store || '' = ?"


def endpoint(ctx: Context, row: Endpoint) -> dict[str, Any]:
    until = row.before_until and to_us(row.before_until)
    return {
        "id": row.id, "url": row.url, "note": row.note, "kinds": row.kinds, "active": row.active,
        "why_off": row.why_off, "at": rfc3339(to_us(row.created_at)),
        "old_secret_until": rfc3339(until) if until and until > ctx.now_us else None,
    }  # fmt: skip


def sent(ctx: Context, rows: list[Delivery]) -> list[dict[str, Any]]:
    kinds = dict(db.rows(KINDS, db.many({row.event_id for row in rows}), ctx.code))
    return [
        {
            "id": row.id, "endpoint": row.endpoint_id, "kind": kinds[row.event_id],
            "webhook_id": deliveries.message_of(ctx, row), "state": row.state, "tries": row.tries,
            "status": row.status, "error": row.error, "at": rfc3339(to_us(row.created_at)),
            "tried_at": row.tried_at and rfc3339(to_us(row.tried_at)),
        }
        for row in rows
    ]  # fmt: skip
