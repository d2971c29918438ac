"""How the documents of products lie in their tables: a page of them in three statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shop import db
from shop.catalog import prices, search
from shop.catalog.descriptions import safe
from shop.catalog.product_document import Document, texts
from shop.clock import rfc3339
from shop.context import Context
from shop.errors import Reject
from shop.stock import stock

TEXT = ("handle", "title", "description", "status", "unit", "vendor", "product_type")
JSON = ("tags", "images", "options", "seo", "translations")
PRODUCT = "store, " + ", ".join((*TEXT, *JSON)) + ", position, version, created_at, updated_at"
DETAIL = ("sku", "barcode", "compare_at", "cost", "weight", "image", "tracked")
VARIANT = "store, product_id, price, position, options, " + ", ".join(DETAIL)
LIVE = ("published", "draft")

READ = f"""
SELECT p.id, p.version, p.created_at, p.updated_at, p.position,
  {", ".join(f"p.{name}" for name in (*TEXT, *JSON))}
FROM product p WHERE p.id IN (??) AND p.store || '' = ?"""
READ_VARIANTS = f"""
SELECT v.product_id, v.id, v.options, v.price, COALESCE(s.on_hand, 0),
  {", ".join(f"v.{name}" for name in DETAIL)}
FROM variant v LEFT JOIN stock s ON s.variant_id = v.id AND s.pool = 'main'
WHERE v.product_id IN (??) AND v.store || '' = ? AND v.archived_at IS NULL
ORDER BY v.product_id, v.position, v.id"""
READ_CATEGORIES = """
SELECT l.product_id, c.handle FROM product_category l JOIN category c ON c.id = l.category_id
WHERE l.product_id IN (??) AND c.store || '' = ? ORDER BY l.product_id, c.position, c.handle"""
BY_CATEGORY = "SELECT handle, id FROM category WHERE store = ? AND handle IN (??)"
UPDATE = f"""
UPDATE product SET {", ".join(f"{name} = ?" for name in (*TEXT, *JSON))}, position = ?,
  updated_at = ?, version = version + 1 WHERE store = ? AND id = ? AND version = ?"""
UPDATE_VARIANT = f"""
UPDATE variant SET position = ?, options = ?, {", ".join(f"{name} = ?" for name in DETAIL)}
WHERE store = ? AND id = ?"""
UNLINK = "DELETE FROM product_category WHERE product_id = ?"


def read(ctx: Context, ids: Iterable[int]) -> dict[int, Document]:
    """Documents by id, with `id`, `version`, `created_at`, `updated_at` and each variant's `id`."""
    these = db.many(ids)
    found: dict[int, Document] = {}
    for product, version, created, updated, position, *rest in db.rows(READ, these, ctx.code):
        words = dict(zip(TEXT, rest, strict=False))
        words["description"] = safe(words["description"])
        lists = {name: db.load(text) for name, text in zip(JSON, rest[len(TEXT) :], strict=True)}
        found[product] = {
            "id": product, **words, **lists, "position": position, "categories": [],
            "variants": [], "version": version, "created_at": rfc3339(created),
            "updated_at": rfc3339(updated),
        }  # fmt: skip
    for product, handle in db.rows(READ_CATEGORIES, these, ctx.code):
        found[product]["categories"].append(handle)
    for product, variant, options, price, on_hand, *rest in db.rows(READ_VARIANTS, these, ctx.code):
        detail = dict(zip(DETAIL, rest, strict=True))
        detail |= {"id": variant, "options": db.load(options), "price": price, "stock": on_hand}
        found[product]["variants"].append({**detail, "tracked": bool(detail["tracked"])})
    return found


def insert(ctx: Context, products: list[Document]) -> list[int]:
    """Rows of complete documents; the ids of the products."""
    categories, now = _categories(ctx, products), ctx.now_us
    lines = [
        (ctx.code, *_columns(product), product["position"], 1, now, now) for product in products
    ]
    ids = db.insert("product", PRODUCT, *lines)
    made = dict(zip(ids, products, strict=True))
    _add_variants(
        ctx, [(i, place, v) for i, p in made.items() for place, v in enumerate(p["variants"])]
    )
    links = [(i, categories[handle]) for i, p in made.items() for handle in p["categories"]]
    db.link("product_category", "product_id, category_id", *links)
    search.index(ctx, {i: texts(product) for i, product in made.items()}, new=True)
    return ids


def rewrite(ctx: Context, before: Document, wanted: Document) -> bool:
    """Make the rows of `before` say `wanted`; False if the version has moved meanwhile. Variants
    of `before` that `wanted` lacks are not touched."""
    product_id, facts = before["id"], (before["id"], before["version"])
    if not db.change(UPDATE, *_columns(wanted), wanted["position"], ctx.now_us, ctx.code, *facts):
        return False
    old = {variant["sku"]: variant for variant in before["variants"]}
    new = []
    for place, variant in enumerate(wanted["variants"]):
        if variant["sku"] not in old:
            new.append((product_id, place, variant))
            continue
        known = old[variant["sku"]]["id"]
        db.change(UPDATE_VARIANT, place, *_detail(variant), ctx.code, known)
        prices.set_catalogue_price(ctx, known, variant["price"])
    _add_variants(ctx, new)
    categories = _categories(ctx, [wanted])
    db.change(UNLINK, product_id)
    links = [(product_id, categories[handle]) for handle in wanted["categories"]]
    db.link("product_category", "product_id, category_id", *links)
    search.index(ctx, {product_id: texts(wanted)})
    return True


def _columns(product: Document) -> list[Any]:
    return [product[name] for name in TEXT] + [db.dump(product[name]) for name in JSON]


def _detail(variant: Document) -> list[Any]:
    return [db.dump(variant["options"]), *(variant[name] for name in DETAIL)]


def _add_variants(ctx: Context, places: list[tuple[int, int, Document]]) -> None:
    """(product id, position, variant): their rows, first prices and first stock."""
    lines = [(ctx.code, i, v["price"], place, *_detail(v)) for i, place, v in places]
    ids = db.insert("variant", VARIANT, *lines)
    made = [(i, variant) for i, (_, _, variant) in zip(ids, places, strict=True)]
    prices.open_history(ctx, [(i, variant["price"]) for i, variant in made])
    stock.begin(ctx, [(i, variant.get("stock", 0)) for i, variant in made])


def _categories(ctx: Context, products: list[Document]) -> dict[str, int]:
    """Category ids by handle; 422 `unknown_category` for one that is not there."""
    wanted = list(dict.fromkeys(handle for p in products for handle in p["categories"]))
    if not wanted:
        return {}
    found = dict(db.rows(BY_CATEGORY, ctx.code, db.many(wanted)))
    for handle in wanted:
        if handle not in found:
            raise Reject("unknown_category", category=handle)
    return found
