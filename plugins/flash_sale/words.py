"""A name in the language asked for."""

from __future__ import annotations

from typing import Any

from shop import Context


def name_of(ctx: Context, name: str, translations: dict[str, Any]) -> str:
    """What a sale is called in the caller's language; its own name where that is not told."""
    return (translations.get(ctx.locale) or {}).get("name") or name
