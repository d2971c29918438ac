"""Products for their owner: create, change, read, delete. `product_document` states their shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import peewee

from shop import db
from shop.catalog import goods_in_use, search, version
from shop.catalog.product_document import Document, complete
from shop.catalog.product_names import by_handle, by_sku, name, refuse_handles, refuse_skus
from shop.catalog.product_rows import LIVE, insert, read, rewrite
from shop.context import Context
from shop.data import paging
from shop.errors import Invalid, NotFound, Reject
from shop.people import audit

LIST = """
SELECT id FROM product
WHERE store = ? AND status IN (??) AND id < ? {found} ORDER BY id DESC LIMIT ?"""
EACH = """
SELECT id FROM product WHERE store = ? AND status IN (??) AND id > ? ORDER BY id LIMIT 200"""
BUMP = "UPDATE product SET version = version + 1 WHERE store = ? AND id = ? AND version = ?"
UNLINK = "DELETE FROM product_category WHERE product_id = ?"
UNINDEX = "DELETE FROM search_term WHERE store = ? AND product_id = ?"
DELETE = "DELETE FROM product WHERE store = ? AND id = ?"
ARCHIVE = """
UPDATE product SET status = 'archived', handle = handle || '~' || id WHERE store = ? AND id = ?"""
DELETE_VARIANT = "DELETE FROM variant WHERE store = ? AND id = ?"
ARCHIVE_VARIANTS = """
UPDATE variant SET archived_at = ?, sku = sku || '~' || id
WHERE store = ? AND {which} = ? AND archived_at IS NULL"""
ADDED = ("id", "version", "created_at", "updated_at")

__all__ = [
    "by_handle", "by_sku", "create", "create_many", "delete", "delete_variant", "document", "each",
    "find", "get", "plain", "update",
]  # fmt: skip


def create(ctx: Context, document: Document) -> int:
    """Make a product of a document; its id. 409 `handle_taken` or `sku_taken`, 422
    `unknown_category` and what `product_document.complete` refuses."""
    with db.transaction():
        [product_id] = create_many(ctx, [document])
        audit.record(ctx, "product.create", f"product:{product_id}", title=document["title"])
    return product_id


def create_many(ctx: Context, documents: Iterable[Document]) -> list[int]:
    """Make products in few statements, all or none, without an audit row each; their ids."""
    products = [complete(document) for document in documents]
    skus = [variant["sku"] for product in products for variant in product["variants"]]
    with db.transaction():
        name(ctx, products)
        refuse_skus(ctx, skus)
        try:
            with db.savepoint():
                ids = insert(ctx, products)
        except peewee.IntegrityError:  # someone was faster by a moment: say what was taken
            refuse_skus(ctx, skus)
            refuse_handles(ctx, [product["handle"] for product in products])
            raise
        if any(product["status"] == "published" for product in products):
            version.touch(ctx)
    return ids


def update(ctx: Context, product_id: int, changes: Document, seen: int | None = None) -> bool:
    """Change the keys given; variants are matched by SKU: new ones are added, others stay. False
    if that changes nothing.

    `seen` is the version the caller knows: 412 `precondition_failed` when it has moved. `stock`
    may only stand on a variant that is new.
    """
    with db.transaction():
        for _ in range(5):
            before = get(ctx, product_id)
            _check_version(before, seen)
            current = complete(plain(before))
            wanted = complete({**current, **changes, "variants": _merged(before, changes)})
            wanted["handle"] = wanted["handle"] or before["handle"]
            if _same(current, wanted):
                return False
            added = {v["sku"] for v in wanted["variants"]} - {v["sku"] for v in before["variants"]}
            refuse_skus(ctx, added)
            if wanted["handle"] != before["handle"]:
                refuse_handles(ctx, [wanted["handle"]])
            if _rewritten(ctx, before, wanted, added):
                keys = sorted(changes)
                audit.record(ctx, "product.update", f"product:{product_id}", keys=keys)
                _touch(ctx, before, wanted)
                return True
        raise _moved(before)


def delete(ctx: Context, product_id: int, seen: int | None = None, *, force: bool = False) -> None:
    """Remove a product. One that was ever ordered is archived, and its handle and SKUs are free
    again. 409 `in_use` while a plugin's campaign needs it, unless by `force`."""
    with db.transaction():
        before = _locked(ctx, product_id, seen)
        if not force:
            goods_in_use.refuse(ctx, [(v["id"], v["sku"]) for v in before["variants"]])
        if not _removed(DELETE, ctx.code, product_id):
            db.change(ARCHIVE, ctx.code, product_id)
            archive = ARCHIVE_VARIANTS.format(which="product_id")
            db.change(archive, ctx.now_us, ctx.code, product_id)
            db.change(UNLINK, product_id)
            db.change(UNINDEX, ctx.code, product_id)
        audit.record(ctx, "product.delete", f"product:{product_id}", title=before["title"])
        _touch(ctx, before)


def delete_variant(
    ctx: Context, product_id: int, sku: str, seen: int | None = None, *, force: bool = False
) -> None:
    """Remove a variant, or archive it if it was ever ordered. 422 `no_variants` for the last; 409
    `in_use` as in `delete`."""
    with db.transaction():
        before = get(ctx, product_id)
        _check_version(before, seen)
        gone = [variant["id"] for variant in before["variants"] if variant["sku"] == sku]
        if not gone:
            raise NotFound
        kept = [variant for variant in before["variants"] if variant["sku"] != sku]
        wanted = complete({**before, "variants": kept})
        if not force:
            goods_in_use.refuse(ctx, [(gone[0], sku)])
        if not _removed(DELETE_VARIANT, ctx.code, gone[0]):
            db.change(ARCHIVE_VARIANTS.format(which="id"), ctx.now_us, ctx.code, gone[0])
        if not rewrite(ctx, before, wanted):
            raise _moved(before)
        audit.record(ctx, "variant.delete", f"product:{product_id}", sku=sku)
        _touch(ctx, before)


def get(ctx: Context, product_id: int) -> Document:
    """The document with `id`, `version`, `created_at`, `updated_at` and each variant's `id`."""
    found = read(ctx, [product_id]).get(product_id)
    if found is None or found["status"] not in LIVE:
        raise NotFound
    return found


def document(ctx: Context, product_id: int) -> Document:
    """The product in the very shape that `create` takes, `stock` included."""
    return plain(get(ctx, product_id))


def each(ctx: Context) -> Iterator[Document]:
    """Every product's document in order of id, 200 of them in memory."""
    last = 0
    while ids := [row[0] for row in db.rows(EACH, ctx.code, db.many(LIVE), last)]:
        found = read(ctx, ids)
        yield from (plain(found[product_id]) for product_id in ids if product_id in found)
        last = ids[-1]


def find(
    ctx: Context, *, q: str = "", status: str = "", limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """A page {items, next} of products as `get` gives them, newest first."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    facts: list[Any] = [ctx.code, db.many([status] if status else LIVE), before]
    if q.strip():
        facts.append(db.many(search.query(ctx, q)))
    text = LIST.format(found="AND id IN (??)" if q.strip() else "")
    ids = [row[0] for row in db.rows(text, *facts, limit + 1)]
    page = paging.page(ids, limit, lambda product_id: (product_id,))
    shown = read(ctx, page["items"])
    return {**page, "items": [shown[i] for i in page["items"] if i in shown]}


def plain(product: Document) -> Document:
    """The document without what only the database gives."""
    bare = {name: value for name, value in product.items() if name not in ADDED}
    bare["variants"] = [
        {name: value for name, value in variant.items() if name != "id"}
        for variant in product["variants"]
    ]
    return bare


def _merged(before: Document, changes: Document) -> list[Document]:
    """The variants after a change, in the order given when it names all of them."""
    known = {v["sku"]: v for v in plain(before)["variants"]}
    given: dict[str, Document] = {}
    for place, variant in enumerate(changes.get("variants", ())):
        sku = variant["sku"].strip()
        if sku in given:
            raise Reject("sku_twice", sku=sku)
        if sku in known and "stock" in variant:
            path = f"variants.{place}.stock"
            raise Invalid([{"path": path, "message": "Unknown field."}])
        given[sku] = {**known.get(sku, {}), **variant}
    order = given if given.keys() >= known.keys() else known | given
    return [given.get(sku) or known[sku] for sku in order]


def _same(current: Document, wanted: Document) -> bool:
    """Whether two documents say the same; the order of categories and keys means nothing."""
    return {**current, "categories": sorted(current["categories"])} == {
        **wanted,
        "categories": sorted(wanted["categories"]),
    }


def _rewritten(ctx: Context, before: Document, wanted: Document, added: set[str]) -> bool:
    try:
        with db.savepoint():
            return rewrite(ctx, before, wanted)
    except peewee.IntegrityError:
        refuse_skus(ctx, added)
        if wanted["handle"] != before["handle"]:
            refuse_handles(ctx, [wanted["handle"]])
        raise


def _locked(ctx: Context, product_id: int, seen: int | None) -> Document:
    """The product as it is, its row ours until the commit."""
    for _ in range(5):
        before = get(ctx, product_id)
        _check_version(before, seen)
        if db.change(BUMP, ctx.code, product_id, before["version"]):
            return {**before, "version": before["version"] + 1}
    raise _moved(before)


def _check_version(product: Document, seen: int | None) -> None:
    if seen not in (None, product["version"]):
        raise _moved(product)


def _moved(product: Document) -> Reject:
    return Reject("precondition_failed", 412, current=str(product["version"]))


def _removed(delete: str, *facts: Any) -> bool:
    """False, and nothing done, where orders or a plugin's rows still refer to it."""
    try:
        with db.savepoint():
            return bool(db.change(delete, *facts))
    except peewee.IntegrityError:
        return False


def _touch(ctx: Context, *states: Document) -> None:
    if any(product["status"] == "published" for product in states):
        version.touch(ctx)
