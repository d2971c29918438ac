"""What anyone can read of the goods: lists, one product, categories, and what can be sold now.

SQL text, rows and plain dicts only; a page takes four statements and one more for plugins' prices.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from zlib import crc32

from shop import db
from shop.catalog import freshness, prices, search
from shop.catalog.catalog_view import PRODUCT, products, words_of
from shop.catalog.freshness import Freshness
from shop.context import Context
from shop.data import paging
from shop.errors import NotFound

FEW = 200
"""Up to so many products of a category are named to the list; a bigger one is met in its order."""
FIRST = (-(2**31), 0)

PAGE = f"""
SELECT {PRODUCT} FROM product p
WHERE {{some}} AND p.status = 'published' AND (p.position, p.id) > (?, ?)
ORDER BY p.position, p.id LIMIT ?"""
ALL = PAGE.format(some="p.store = ?")
THESE = PAGE.format(some="p.id IN (??) AND p.store || '' = ?")
TREE = """
WITH RECURSIVE tree(id) AS (
  SELECT id FROM category WHERE store = ? AND handle = ?
  UNION SELECT c.id FROM category c JOIN tree t ON c.parent_id = t.id)"""
OF_CATEGORY = f"""{TREE}
SELECT DISTINCT product_id FROM product_category WHERE category_id IN (SELECT id FROM tree)
LIMIT ?"""
INSIDE = """ AND EXISTS (SELECT 1 FROM product_category l
  WHERE l.product_id = p.id AND l.category_id IN (SELECT id FROM tree))"""
OF_SKU = "SELECT product_id FROM variant WHERE store = ? AND sku = ? AND archived_at IS NULL"
ALL_OF_CATEGORY = TREE + PAGE.format(some="p.store = ?" + INSIDE)
THESE_OF_CATEGORY = TREE + PAGE.format(some="p.id IN (??) AND p.store || '' = ?" + INSIDE)
ONE = (
    f"SELECT {PRODUCT} FROM product p WHERE p.store = ? AND p.handle = ? AND p.status = 'published'"
)
CATEGORIES = """
SELECT id, parent_id, handle, title, translations FROM category
WHERE store = ? ORDER BY position, id"""
SELLABLE = """
SELECT v.id, v.product_id, v.sku, p.title, p.translations, v.options, v.price, v.cost, v.tracked,
  s.on_hand, v.weight,
  EXISTS (SELECT 1 FROM price o WHERE o.variant_id = v.id AND o.source <> 'catalogue')
FROM variant v JOIN product p ON p.id = v.product_id
LEFT JOIN stock s ON s.variant_id = v.id AND s.pool = 'main'
WHERE v.store = ? AND v.sku IN (??) AND v.archived_at IS NULL AND p.status = 'published'"""


class Sellable(NamedTuple):
    """A variant as a quote needs it. `price` is the one in force and `source` whose it is;
    `on_hand` counts `main`, and means nothing unless `tracked`."""

    variant_id: int
    product_id: int
    sku: str
    title: str
    price: int
    source: str
    cost: int | None
    tracked: bool
    on_hand: int
    weight: int | None


def list_products(
    ctx: Context, *, q: str = "", category: str = "", sku: str = "", limit: int = 20,
    after: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A page {items, next} of published products in the owner's order: of a category and those
    below it, with all the words of `q`, with the variant `sku`, or of all of these."""
    start = paging.decode(after, int, int) or FIRST
    wanted: set[int] | None = set(search.query(ctx, q)) if q.strip() else None
    if sku:
        of_sku = {row[0] for row in db.rows(OF_SKU, ctx.code, sku)}
        wanted = of_sku if wanted is None else wanted & of_sku
    within = ""
    if category and wanted != set():
        found = db.rows(OF_CATEGORY, ctx.code, category, FEW + 1)
        if len(found) > FEW:
            within = category
        else:
            inside = {row[0] for row in found}
            wanted = inside if wanted is None else wanted & inside
    rows = _rows(ctx, wanted, within, (*start, limit + 1))
    page = paging.page(rows, limit, lambda row: (row[1], row[0]))
    page["items"] = products(ctx, page["items"])
    return page


def get_product(ctx: Context, handle: str) -> dict[str, Any]:
    """One published product."""
    found = products(ctx, db.rows(ONE, ctx.code, handle))
    if not found:
        raise NotFound
    return found[0]


def list_categories(ctx: Context) -> list[dict[str, Any]]:
    """The tree: [{handle, title, children: […]}] in the owner's order."""
    nodes: dict[int | None, dict[str, Any]] = {None: {"children": []}}
    found = db.rows(CATEGORIES, ctx.code)
    for category, _, handle, title, translations in found:
        title = words_of(translations, ctx.locale).get("title") or title
        nodes[category] = {"handle": handle, "title": title, "children": []}
    for category, parent, *_ in found:
        nodes[parent]["children"].append(nodes[category])
    return nodes[None]["children"]


def tag(ctx: Context, fresh: Freshness) -> str:
    """What every public answer of the catalogue depends on, as its ETag says it: how fresh it is,
    the language, and which plugins the owner has on."""
    plugins = crc32(repr(ctx.store.plugins).encode())
    return f"{fresh.version}-{fresh.since:x}-{plugins:x}-{ctx.locale}"


def etag(ctx: Context) -> str:
    """The tag of an answer that is read from now on."""
    return tag(ctx, freshness.read(ctx))


def sellable(ctx: Context, skus: Iterable[str]) -> dict[str, Sellable]:
    """What of these SKUs can be sold in this store now, by SKU; the others are left out."""
    found = db.rows(SELLABLE, ctx.code, db.many(skus))
    special = prices.overrides(ctx, [row[0] for row in found if row[-1]])
    answer = {}
    for (
        variant,
        product,
        sku,
        title,
        texts,
        options,
        price,
        cost,
        tracked,
        on_hand,
        weight,
        _,
    ) in found:
        amount, source, pool = special.get(variant) or (price, prices.CATALOGUE, "")
        if pool:  # its plugin's `price_lines` says who may have it
            amount, source = price, prices.CATALOGUE
        full = full_title(title, words_of(texts, ctx.locale), options)
        answer[sku] = Sellable(
            variant, product, sku, full, amount, source, cost, bool(tracked), on_hand or 0, weight
        )
    return answer


def _rows(
    ctx: Context, wanted: set[int] | None, within: str, place: tuple[int, int, int]
) -> list[tuple[Any, ...]]:
    if wanted is None:
        if within:
            return db.rows(ALL_OF_CATEGORY, ctx.code, within, ctx.code, *place)
        return db.rows(ALL, ctx.code, *place)
    if not wanted:
        return []
    these = db.many(wanted)
    if within:
        return db.rows(THESE_OF_CATEGORY, ctx.code, within, these, ctx.code, *place)
    return db.rows(THESE, these, ctx.code, *place)


def full_title(title: str, words: dict[str, Any], options: str) -> str:
    """`红富士苹果 · 3斤装`"""
    title = words.get("title") or title
    if options == "[]":
        return title
    said = words.get("options") or {}
    return f"{title} · {' / '.join(said.get(value) or value for value in db.load(options))}"
