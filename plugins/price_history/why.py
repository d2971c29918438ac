"""What the owner is told of each variant: what he wishes to strike through, what is shown, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shop import Context, NotFound, db
from shop.catalog import catalog_view, search
from shop.clock import rfc3339
from shop.data import paging

from . import judging, reasons
from .settings import of_store
from .walk import FOREVER, Judged, Row

CHUNK = 200
COLUMNS = "v.id, v.sku, p.title, p.handle"
KNOWN = f"""
SELECT {COLUMNS} FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.store = ? AND v.archived_at IS NULL AND p.status <> 'archived' AND """
BY_SKU, BY_ID = f"{KNOWN} v.sku = ?", f"{KNOWN} v.id = ?"
WISHED = f"""
SELECT {COLUMNS} FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.store = ? AND v.sku > ?{{some}} AND v.archived_at IS NULL AND p.status = 'published'
  AND (v.compare_at IS NOT NULL OR EXISTS (
    SELECT 1 FROM price o WHERE o.variant_id = v.id AND o.source <> 'catalogue'
      AND o.starts <= ? AND (o.ends IS NULL OR o.ends > ?)))
ORDER BY v.sku LIMIT ?"""
EVERY, FOUND = WISHED.format(some=""), WISHED.format(some=" AND v.product_id IN (??)")
HISTORY = """
SELECT source, amount, starts, ends, pool FROM price
WHERE variant_id = ? AND store || '' = ? AND starts <= ? ORDER BY starts DESC, id DESC LIMIT 50"""

Document = dict[str, Any]


def page(
    ctx: Context,
    limit: int = 20,
    after: str | None = None,
    *,
    q: str = "",
    reason: str = "",
    hidden: bool | None = None,
) -> Document:
    """{items, next} by SKU: published variants at which something would be struck through. `q`
    finds products by their words, `reason` and `hidden` choose among them."""
    [start] = paging.decode(after, str) or ("",)
    found = []
    for item in each(ctx, start, q):
        if reason and item["reason"] != reason:
            continue
        if hidden is not None and (item["compare_at"] is None) != hidden:
            continue
        found.append(item)
        if len(found) > limit:
            break
    return paging.page(found, limit, lambda item: (item["sku"],))


def each(ctx: Context, after: str = "", q: str = "") -> Iterator[Document]:
    """Documents of `page`, all of them; some hundred are read at a time."""
    these = db.many(search.query(ctx, q)) if q.strip() else None
    while True:
        now = (ctx.now_us, ctx.now_us, CHUNK)
        rows = (
            db.rows(EVERY, ctx.code, after, *now)
            if these is None
            else db.rows(FOUND, ctx.code, after, these, *now)
        )
        yield from _documents(ctx, rows)
        if len(rows) < CHUNK:
            return
        after = rows[-1][1]


def one(ctx: Context, known: str) -> Document:
    """The document of a variant by its SKU, else by its number, with its latest price rows."""
    rows = db.rows(BY_SKU, ctx.code, known) if "\0" not in known else []
    if not rows and known.isascii() and known.isdigit() and len(known) < 19:
        rows = db.rows(BY_ID, ctx.code, int(known))
    if not rows:
        raise NotFound
    [document] = _documents(ctx, rows)
    history = db.rows(HISTORY, rows[0][0], ctx.code, ctx.now_us)
    return {**document, "history": [row_document(_row(row)) for row in history]}


def row_document(row: Row) -> Document:
    return {
        "amount": row.amount,
        "source": row.source,
        "from": rfc3339(row.starts),
        "to": None if row.ends >= FOREVER else rfc3339(row.ends),
    }


def _row(found: tuple[Any, ...]) -> Row:
    source, amount, starts, ends, pool = found
    return Row(source, amount, starts, FOREVER if ends is None else ends, pool)


def _documents(ctx: Context, rows: list[tuple[Any, ...]]) -> Iterator[Document]:
    ids = [row[0] for row in rows]
    judged = judging.of(ctx, ids)
    ceilings = catalog_view.reference_prices(ctx, ids) if ids else {}
    for row in rows:
        if row[0] in judged:
            yield _document(ctx, row, judged[row[0]], ceilings)


def _document(
    ctx: Context, row: tuple[Any, ...], found: Judged, ceilings: dict[int, int | None]
) -> Document:
    """`compare_at` is what the catalogue shows while this plugin is on, whoever else objects."""
    variant, sku, title, handle = row
    why, mine = reasons.reason(found), _lower(found.wished, found.reference)
    shown = _lower(mine, ceilings.get(variant, mine))
    shown = shown if shown is not None and shown > found.price else None
    if why in reasons.SHOWN and shown != mine:
        why = "other_plugin"
    return {
        "id": variant,
        "sku": sku,
        "title": title,
        "handle": handle,
        "price": found.price,
        "source": found.source,
        "wished": found.wished,
        "compare_at": shown,
        "reference": found.reference,
        "reduced_since": rfc3339(found.since) if found.reduced else None,
        "window": {
            "days": of_store(ctx).days,
            "from": rfc3339(found.starts),
            "to": rfc3339(found.ends),
        },
        "lowest": found.lowest and row_document(found.lowest),
        "reason": why,
        "words": reasons.words(ctx, why, found),
    }


def _lower(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)
