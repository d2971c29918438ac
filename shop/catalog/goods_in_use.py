"""Which goods the campaigns of plugins need, so that none is deleted from under them unnoticed.

Each plugin says it of itself, in `Plugin.goods_in_use(ctx)`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, NamedTuple

from shop import db
from shop.context import Context
from shop.errors import Conflict

log = logging.getLogger(__name__)

KNOWN = "SELECT id, sku, archived_at FROM variant WHERE store = ? AND id IN (??)"


class InUse(NamedTuple):
    """`what` runs or is planned and needs the variant: a line for people, in `ctx.locale`."""

    variant: int
    what: str


def refuse(ctx: Context, variants: Iterable[tuple[int, str]]) -> None:
    """409 `in_use` with `uses` [{plugin, sku, what}] if a plugin needs one of (id, SKU)."""
    skus = dict(variants)
    uses = [
        {"plugin": plugin, "sku": skus[one.variant], "what": one.what}
        for plugin, one in _all(ctx)
        if one.variant in skus
    ]
    if uses:
        named = list(dict.fromkeys(use["what"] for use in uses))
        raise Conflict("in_use", uses=uses, what="; ".join(named))


def gone(ctx: Context, variants: Iterable[int]) -> dict[int, str]:
    """{variant: its SKU as it was, or ""} of those that were deleted."""
    wanted = set(variants)
    found = {row[0]: row[1:] for row in db.rows(KNOWN, ctx.code, db.many(wanted))}
    missing = {}
    for variant in sorted(wanted):
        sku, archived_at = found.get(variant, ("", 0))
        if archived_at is not None:
            missing[variant] = sku.removesuffix(f"~{variant}")
    return missing


def missing(ctx: Context) -> list[dict[str, Any]]:
    """[{plugin, sku, what}] of all that runs or is planned though its goods were deleted."""
    needed = list(_all(ctx))
    lost = gone(ctx, (one.variant for _, one in needed))
    return [
        {"plugin": plugin, "sku": lost[one.variant], "what": one.what}
        for plugin, one in needed
        if one.variant in lost
    ]


def _all(ctx: Context) -> Iterable[tuple[str, InUse]]:
    """Of every plugin that is on; one that fails to answer is logged and left out."""
    for name, plugin in ctx.plugins.by_name.items():
        try:
            with db.transaction(), db.savepoint():
                found = list(plugin.goods_in_use(ctx))
        except Exception:
            log.exception("goods_in_use failed", extra={"plugin": name})
            continue
        for one in found:
            yield name, one
