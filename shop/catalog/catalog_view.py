"""Rows of products as the Product documents of the API: plain dicts, no model, no query each."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from shop import db
from shop.carts import hook_results
from shop.catalog import prices
from shop.catalog.descriptions import safe
from shop.context import Caller, Context
from shop.data.generations import Generations
from shop.plugins import presenting
from shop.stock import stock
from shop.stock.stock import SHOWN

log = logging.getLogger("shop")
MOST = 5000
"""products whose texts a process remembers, in any language"""

PRODUCT = "p.id, p.position, p.version, p.updated_at"
"""what is read of every product of a page; its texts, if they are not remembered"""
TEXTS = """
SELECT id, version, updated_at, handle, title, description, unit, vendor, product_type, images, tags,
  options, seo, translations
FROM product WHERE id IN (??) AND store || '' = ?"""
VARIANTS = """
SELECT v.product_id, v.id, v.sku, v.options, v.price, v.compare_at, v.tracked, s.on_hand, v.weight,
  v.image
FROM variant v LEFT JOIN stock s ON s.variant_id = v.id AND s.pool = 'main'
WHERE v.product_id IN (??) AND v.store || '' = ? AND v.archived_at IS NULL
ORDER BY v.product_id, v.position, v.id"""
CATEGORIES = """
SELECT l.product_id, c.handle FROM product_category l JOIN category c ON c.id = l.category_id
WHERE l.product_id IN (??) AND c.store || '' = ? ORDER BY l.product_id, c.position, c.handle"""


class Presented(NamedTuple):
    """What `present` is shown of kind "product" and of kind "variant"; answers go by `id`. A
    product's `sku` is empty, its price that of its first variant."""

    id: int
    product_id: int
    handle: str
    sku: str
    price: int
    source: str


class Texts(NamedTuple):
    """The part of a product's document that stays until the owner edits it. `document` lacks its
    categories and variants; `variants` are by id, made when they are first asked for; `names` is what
    values of options are called in this language."""

    version: tuple[int, int]
    document: dict[str, Any]
    variants: dict[int, dict[str, Any]]
    names: dict[str, str]


def products(ctx: Context, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Product documents of rows of the columns `PRODUCT`, to be read and not changed: in two
    statements, one more for texts that are not remembered and one for plugins' prices."""
    if not rows:
        return []
    ctx = ctx.as_(Caller())  # an answer is the same for everyone, plugins included
    ids = db.many([row[0] for row in rows])
    texts = _texts(ctx, rows)
    documents = {
        row[0]: {**texts[row[0]].document, "categories": [], "variants": [], "extensions": {}}
        for row in rows
    }
    for product_id, handle in db.rows(CATEGORIES, ids, ctx.code):
        documents[product_id]["categories"].append(handle)
    variants = db.rows(VARIANTS, ids, ctx.code)
    variant_ids = [row[1] for row in variants]
    special = _special(ctx, variants)
    pools = {variant: pool for variant, (_, _, pool) in special.items() if pool}
    free = stock.in_pools(ctx, pools.items())
    ceilings = reference_prices(ctx, variant_ids)
    views = []
    for row in variants:
        product_id, variant_id, sku = row[:3]
        known = texts[product_id]
        shown = known.variants.get(variant_id)
        if shown is None:
            shown = known.variants[variant_id] = _variant(row, known)
        price = special[variant_id][:2] if variant_id in special else (row[4], prices.CATALOGUE)
        units = free[variant_id, pools[variant_id]] if variant_id in pools else row[7]
        variant = {
            **shown,
            "price": price[0],
            "compare_at": _compare_at(row, price, ceilings),
            "available": min(max(units or 0, 0), SHOWN) if row[6] else None,
            "extensions": {},
        }
        documents[product_id]["variants"].append(variant)
        handle = known.document["handle"]
        views.append((Presented(variant_id, product_id, handle, sku, *price), variant))
    if ctx.plugins.calls("present"):
        _extend(ctx, documents, views)
    return list(documents.values())


def _texts(ctx: Context, rows: list[tuple[Any, ...]]) -> dict[int, Texts]:
    """Of each product in the caller's language; those of a version that was seen are remembered."""
    memory: Generations[tuple[int, str], Texts] = db.memory("texts", lambda: Generations(MOST))
    found, missing = {}, []
    for product_id, _, *version in rows:
        known = memory.get((product_id, ctx.locale))
        if known is not None and known.version == tuple(version):
            found[product_id] = known
        else:
            missing.append(product_id)
    if missing:
        for product_id, *facts in db.rows(TEXTS, db.many(missing), ctx.code):
            found[product_id] = made = _product(facts, ctx.locale)
            if not db.opened():
                memory.put((product_id, ctx.locale), made)
    return found


def _special(ctx: Context, variants: list[tuple[Any, ...]]) -> dict[int, tuple[int, str, str]]:
    """Plugins' prices in force, by variant. One with a pool is shown where it is the lower one, and
    its units are counted: elsewhere it makes nobody a better offer."""
    known = {row[1]: (row[4], row[6]) for row in variants}
    special = {}
    for variant, (amount, source, pool) in prices.overrides(ctx, known).items():
        normal, tracked = known[variant]
        if not pool or (tracked and amount < normal):
            special[variant] = (amount, source, pool)
    return special


def words_of(translations: str, locale: str) -> dict[str, Any]:
    """A product's texts in a language; empty where its own are right."""
    return {} if translations == "{}" else db.load(translations).get(locale) or {}


def _product(row: list[Any], locale: str) -> Texts:
    (version, updated, handle, title, description, unit, vendor, kind, images, tags, options, seo,
     texts) = row  # fmt: skip
    words = words_of(texts, locale)
    names = words.get("options") or {}
    said = [] if options == "[]" else db.load(options)
    document = {
        "handle": handle,
        "title": words.get("title") or title,
        "description": safe(words.get("description") or description),
        "unit": words.get("unit") or unit,
        "vendor": vendor,
        "product_type": kind,
        "images": db.load(images),
        "tags": db.load(tags),
        "options": [
            {
                "name": names.get(option["name"]) or option["name"],
                "values": [names.get(value) or value for value in option["values"]],
            }
            for option in said
        ],
        "seo": db.load(seo),
    }
    return Texts((version, updated), document, {}, names)


def _variant(row: tuple[Any, ...], product: Texts) -> dict[str, Any]:
    """What stays of a variant until its product is edited."""
    _, _, sku, options, _, _, _, _, weight, image = row
    values = [] if options == "[]" else [product.names.get(v) or v for v in db.load(options)]
    return {
        "sku": sku,
        "title": " / ".join(values) or product.document["title"],
        "options": {
            option["name"]: value
            for option, value in zip(product.document["options"], values, strict=False)
        },
        "weight": weight,
        "image": image,
    }


def _compare_at(
    row: tuple[Any, ...], price: tuple[int, str], ceilings: dict[int, int | None]
) -> int | None:
    """What may be struck through beside the price."""
    variant_id, catalogue, compare_at = row[1], row[4], row[5]
    amount, source = price
    if compare_at is None and source != prices.CATALOGUE:
        compare_at = catalogue
    if compare_at is not None and variant_id in ceilings:
        ceiling = ceilings[variant_id]
        compare_at = None if ceiling is None else min(compare_at, ceiling)
    return None if compare_at is None or compare_at <= amount else compare_at


def reference_prices(ctx: Context, variant_ids: list[int]) -> dict[int, int | None]:
    """What `compare_at` may say at most, by variant; None says nothing may be struck through, and
    so does a plugin that fails."""
    lowest: dict[int, int | None] = {}
    check = hook_results.ceilings(set(variant_ids))
    for plugin, call in ctx.plugins.calls("reference_price"):
        try:
            answer = call(ctx=ctx, variants=list(variant_ids))
            if answer is None:
                continue
            answer = ctx.plugins.checked(plugin, "reference_price", check, answer)
        except Exception:
            log.exception("plugin %s failed in reference_price", plugin)
            return dict.fromkeys(variant_ids)
        for variant, amount in answer.items():
            known = lowest.get(variant, amount)
            lowest[variant] = None if amount is None or known is None else min(known, amount)
    return lowest


def _extend(
    ctx: Context,
    documents: dict[int, dict[str, Any]],
    variants: list[tuple[Presented, dict[str, Any]]],
) -> None:
    """Fill `extensions` of products and of variants, each kind in one batch."""
    first: dict[int, Presented] = {}
    for view, _ in variants:
        first.setdefault(view.product_id, view)
    shown = [
        first[i]._replace(id=i, sku="")
        if i in first
        else Presented(i, i, document["handle"], "", 0, "")
        for i, document in documents.items()
    ]
    for i, words in presenting.extensions(ctx, "product", shown).items():
        if i in documents:
            documents[i]["extensions"] = words
    of_variants = presenting.extensions(ctx, "variant", [view for view, _ in variants])
    for view, variant in variants:
        variant["extensions"] = of_variants.get(view.id, {})
