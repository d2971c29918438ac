"""Handles and SKUs: each names one thing of the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from shop import db
from shop.catalog.product_document import Document, slug
from shop.context import Context
from shop.errors import Conflict

BY_HANDLE = "SELECT handle, id FROM product WHERE store = ? AND handle IN (??)"
BY_SKU = "SELECT sku, product_id FROM variant WHERE store = ? AND sku IN (??)"


def by_handle(ctx: Context, handles: Iterable[str]) -> dict[str, int]:
    """Product ids of the handles that exist."""
    return dict(db.rows(BY_HANDLE, ctx.code, db.many(handles)))


def by_sku(ctx: Context, skus: Iterable[str]) -> dict[str, int]:
    """Product ids of the SKUs that exist."""
    return dict(db.rows(BY_SKU, ctx.code, db.many(skus)))


def name(ctx: Context, products: list[Document]) -> None:
    """Refuse a handle that is taken; make those that are missing, `-2` after one that is."""
    given = [product["handle"] for product in products if product["handle"]]
    refuse_handles(ctx, given)
    taken = set(given)
    for product in products:
        product["handle"] = product["handle"] or _free(ctx, slug(product["title"]), taken)
        taken.add(product["handle"])


def _free(ctx: Context, base: str, taken: set[str]) -> str:
    """The first of base, base-2, base-3 … that nobody has; asked about in growing numbers, since a
    thousand may have the same title."""
    number, count = 1, 1
    while True:
        wanted = [f"{base}-{n}" if n > 1 else base for n in range(number, number + count)]
        known = by_handle(ctx, wanted)
        for handle in wanted:
            if handle not in taken and handle not in known:
                return handle
        number, count = number + count, count * 8


def refuse_handles(ctx: Context, handles: list[str]) -> None:
    """409 `handle_taken` for one that exists, or stands twice."""
    for handle, count in Counter([*handles, *by_handle(ctx, handles)]).items():
        if count > 1:
            raise Conflict("handle_taken", handle=handle)


def refuse_skus(ctx: Context, skus: Iterable[str]) -> None:
    """409 `sku_taken` for one that exists, or stands twice."""
    skus = list(skus)
    for sku, count in Counter([*skus, *by_sku(ctx, skus)]).items():
        if count > 1:
            raise Conflict("sku_taken", sku=sku)
