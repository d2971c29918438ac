"""The tree of categories. A document: {handle, title, parent (handle or None), position,
translations {locale: {title}}}."""

from __future__ import annotations

from typing import Any

import peewee

from shop import db
from shop.catalog import version
from shop.catalog.product_document import HANDLE, slug
from shop.context import Context
from shop.data import paging
from shop.errors import Conflict, NotFound, Reject
from shop.people import audit

DEEPEST = 8
COLUMNS = "store, handle, title, parent_id, position, translations, version"
READ = """
SELECT c.id, c.handle, c.title, p.handle, c.position, c.translations, c.version,
  (SELECT COUNT(*) FROM product_category l WHERE l.category_id = c.id)
FROM category c LEFT JOIN category p ON p.id = c.parent_id
WHERE c.store = ? AND c.{which} ORDER BY c.id LIMIT ?"""
BY_HANDLE = "SELECT id FROM category WHERE store = ? AND handle = ?"
ABOVE = """
WITH RECURSIVE above(id, parent_id, depth) AS (
  SELECT id, parent_id, 1 FROM category WHERE store = ? AND id = ?
  UNION ALL SELECT c.id, c.parent_id, a.depth + 1
  FROM category c JOIN above a ON c.id = a.parent_id WHERE a.depth < 100)
SELECT id FROM above"""
BELOW = """
WITH RECURSIVE below(id, depth) AS (
  SELECT id, 1 FROM category WHERE store = ? AND id = ?
  UNION ALL SELECT c.id, b.depth + 1
  FROM category c JOIN below b ON c.parent_id = b.id WHERE b.depth < 100)
SELECT MAX(depth) FROM below"""
UPDATE = """
UPDATE category SET handle = ?, title = ?, parent_id = ?, position = ?, translations = ?,
  version = version + 1 WHERE store = ? AND id = ? AND version = ?"""
DELETE = "DELETE FROM category WHERE store = ? AND id = ? AND version = ?"
# One writer of the tree at a time, so that two moves cannot close a circle between them.
LOCK = """
INSERT INTO store (code, catalogue_version) VALUES (?, 1)
ON CONFLICT (code) DO UPDATE SET catalogue_version = store.catalogue_version"""


def create(ctx: Context, document: dict[str, Any]) -> int:
    """A new category; its id. 409 `handle_taken`, 422 `unknown_category` for its parent and
    `too_deep` below the eighth level."""
    with db.transaction():
        db.run(LOCK, ctx.code)
        wanted = _complete(document)
        parent = _parent(ctx, wanted["parent"])
        _refuse_handle(ctx, wanted["handle"])
        if parent and len(_above(ctx, parent)) >= DEEPEST:
            raise Reject("too_deep", limit=DEEPEST)
        line = (ctx.code, *_columns(wanted, parent), 1)
        [category] = db.insert("category", COLUMNS, line)
        audit.record(ctx, "category.create", f"category:{category}", title=wanted["title"])
        version.touch(ctx)
    return category


def update(ctx: Context, category: int, changes: dict[str, Any], seen: int | None = None) -> None:
    """Change the keys given; 409 `category_circle` when it would stand below itself; 412 when the
    version `seen` has moved."""
    with db.transaction():
        db.run(LOCK, ctx.code)
        before = get(ctx, category)
        _check_version(before, seen)
        wanted = _complete({**before, **changes})
        parent = _parent(ctx, wanted["parent"])
        if wanted["handle"] != before["handle"]:
            _refuse_handle(ctx, wanted["handle"])
        above = _above(ctx, parent) if parent else []
        if category in above:
            raise Conflict("category_circle")
        if len(above) + db.value(BELOW, ctx.code, category) > DEEPEST:
            raise Reject("too_deep", limit=DEEPEST)
        db.change(UPDATE, *_columns(wanted, parent), ctx.code, category, before["version"])
        audit.record(ctx, "category.update", f"category:{category}", keys=sorted(changes))
        version.touch(ctx)


def delete(ctx: Context, category: int, seen: int | None = None) -> None:
    """Remove an empty branch; its products stay. 409 `category_not_empty` while others stand
    below it."""
    with db.transaction():
        db.run(LOCK, ctx.code)
        before = get(ctx, category)
        _check_version(before, seen)
        try:
            with db.savepoint():
                db.change(DELETE, ctx.code, category, before["version"])
        except peewee.IntegrityError:
            raise Conflict("category_not_empty") from None
        facts = {"title": before["title"], "products": before["products"]}
        audit.record(ctx, "category.delete", f"category:{category}", **facts)
        version.touch(ctx)


def get(ctx: Context, category: int) -> dict[str, Any]:
    """The document with `id`, `version` and how many `products` are in it."""
    found = db.row(READ.format(which="id = ?"), ctx.code, category, 1)
    if found is None:
        raise NotFound
    return _shape(found)


def find(ctx: Context, *, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """A page {items, next} in order of id."""
    [last] = paging.decode(after, int) or (0,)
    found = db.rows(READ.format(which="id > ?"), ctx.code, last, limit + 1)
    page = paging.page(found, limit, lambda row: (row[0],))
    return {**page, "items": [_shape(row) for row in page["items"]]}


def _shape(row: tuple[Any, ...]) -> dict[str, Any]:
    category, handle, title, parent, position, translations, number, products = row
    return {
        "id": category, "handle": handle, "title": title, "parent": parent, "position": position,
        "translations": db.load(translations), "version": number, "products": products,
    }  # fmt: skip


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    title = document.get("title", "").strip()
    if not title:
        raise Reject("no_title")
    handle = document.get("handle") or slug(title)
    if not HANDLE.fullmatch(handle):
        raise Reject("bad_handle", handle=handle)
    return {
        "handle": handle, "title": title, "parent": document.get("parent"),
        "position": document.get("position", 0), "translations": document.get("translations", {}),
    }  # fmt: skip


def _columns(wanted: dict[str, Any], parent: int | None) -> list[Any]:
    translations = db.dump(wanted["translations"])
    return [wanted["handle"], wanted["title"], parent, wanted["position"], translations]


def _parent(ctx: Context, handle: str | None) -> int | None:
    if not handle:
        return None
    found = db.value(BY_HANDLE, ctx.code, handle)
    if found is None:
        raise Reject("unknown_category", category=handle)
    return found


def _above(ctx: Context, category: int) -> list[int]:
    """The category and those above it."""
    return [row[0] for row in db.rows(ABOVE, ctx.code, category)]


def _refuse_handle(ctx: Context, handle: str) -> None:
    if db.value(BY_HANDLE, ctx.code, handle):
        raise Conflict("handle_taken", handle=handle)


def _check_version(category: dict[str, Any], seen: int | None) -> None:
    if seen not in (None, category["version"]):
        raise Reject("precondition_failed", 412, current=str(category["version"]))
