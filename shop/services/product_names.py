"""Handles and SKUs: each names one thing of the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from shop import db
from shop.context import Context
from shop.errors import Conflict
from shop.services.product_document import Document, slug

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
        base = handle = product["handle"] or slug(product["title"])
        number = 1
        while not product["handle"] and (handle in taken or by_handle(ctx, [handle])):
            number += 1
            handle = f"{base}-{number}"
        product["handle"] = handle
        taken.add(handle)


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
