"""Keyset paging: a cursor is the key of the last row shown, opaque to the client."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

import orjson

from shop.errors import Invalid


def encode(*key: int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The key behind a cursor, or None for the first page; 422 for one that is not ours."""
    if not cursor:
        return None
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds) or _odd(key):
        raise Invalid([{"path": "after", "message": "not a cursor of this list"}])
    return tuple(key)


def _odd(key: list[Any]) -> bool:
    """Whether a part of it fits no column."""
    return any(abs(part) >= 2**63 if isinstance(part, int) else "\0" in part for part in key)


def page(found: list[Any], limit: int, key: Callable[[Any], tuple[Any, ...]]) -> dict[str, Any]:
    """{items, next} of `limit + 1` rows asked for."""
    more = len(found) > limit
    items = found[:limit]
    return {"items": items, "next": encode(*key(items[-1])) if more else None}
