"""The lowest price of the window, for everyone: what a front end says beside a price."""

from __future__ import annotations

from threading import local
from typing import Any

from shop import Context, NotFound, db
from shop.clock import rfc3339

from . import judging
from .settings import NAME, of_store
from .walk import FOREVER, Judged

VARIANTS = """
SELECT v.id, v.sku FROM variant v JOIN product p ON p.id = v.product_id
WHERE p.store = ? AND p.handle = ? AND p.status = 'published' AND v.archived_at IS NULL
ORDER BY v.position, v.id"""
_asked = local()
"""what was judged for the context that asked last, in this thread"""


def product(ctx: Context, handle: str) -> dict[str, Any]:
    """{handle, days, now, variants: [{sku, price, reduced_since, from, to, lowest}]} of a published
    product. It slides with the time unless the price is reduced: then `to` is when that began."""
    variants = db.rows(VARIANTS, ctx.code, handle)
    if not variants:
        raise NotFound
    judged = judging.of(ctx, [variant for variant, _ in variants])
    return {
        "handle": handle,
        "days": of_store(ctx).days,
        "now": rfc3339(ctx.now_us),
        "variants": [_variant(sku, judged[variant]) for variant, sku in variants],
    }


def _variant(sku: str, found: Judged) -> dict[str, Any]:
    low = found.lowest
    return {
        "sku": sku,
        "price": found.price,
        "reduced_since": rfc3339(found.since) if found.reduced else None,
        "from": rfc3339(max(found.starts, found.first)),
        "to": rfc3339(found.ends),
        "lowest": low
        and {
            "amount": low.amount,
            "from": rfc3339(low.starts),
            "to": None if low.ends >= FOREVER else rfc3339(low.ends),
        },
    }


def reference_prices(ctx: Context, variants: list[int]) -> dict[int, int | None]:
    """What `judging` says, kept for the `present` of the same answer."""
    judged = judging.in_question(ctx, variants)
    _asked.last = (ctx, frozenset(variants), judged)
    return {variant: found.reference for variant, found in judged.items()}


def present(ctx: Context, kind: str, objects: list[Any]) -> dict[Any, dict[str, Any]]:
    """{lowest, days, since} of variants whose price is reduced and at which something would be
    struck through. The window ended when the reduction began, so it changes with a price row only,
    as an answer that is kept must."""
    if kind != "variant" or not ctx.settings(NAME).tell_lowest:
        return {}
    wanted, days = [view.id for view in objects], of_store(ctx).days
    return {
        variant: {
            "lowest": found.lowest.amount,
            "days": days,
            "since": rfc3339(found.since),
        }
        for variant, found in _once(ctx, wanted).items()
        if found.reduced
        and found.lowest is not None
        and None not in (found.wished, found.reference)
    }


def _once(ctx: Context, variants: list[int]) -> dict[int, Judged]:
    """One answer of the catalogue asks for the reference first, with the very same context."""
    last, _asked.last = getattr(_asked, "last", None), None
    if last is not None and last[0] is ctx and last[1].issuperset(variants):
        return {variant: last[2][variant] for variant in variants if variant in last[2]}
    return judging.in_question(ctx, variants)
