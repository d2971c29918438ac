"""Rows of products as the Product documents of the API: plain dicts, no model, no query each."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from shop import db
from shop.context import Caller, Context
from shop.services import answers, presenting, prices, stock
from shop.services.descriptions import safe
from shop.services.stock import SHOWN

log = logging.getLogger("shop")

PRODUCT = """
p.id, p.position, p.handle, p.title, p.description, p.unit, p.vendor, p.product_type, p.images,
p.tags, p.options, p.seo, p.translations"""
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


def products(ctx: Context, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Product documents of rows of the columns `PRODUCT`, in three statements at most."""
    if not rows:
        return []
    ctx = ctx.as_(Caller())  # an answer is the same for everyone, plugins included
    ids = db.many([row[0] for row in rows])
    known = {row[0]: _product(row, ctx.locale) for row in rows}
    for product_id, handle in db.rows(CATEGORIES, ids, ctx.code):
        known[product_id][0]["categories"].append(handle)
    variants = db.rows(VARIANTS, ids, ctx.code)
    variant_ids = [row[1] for row in variants]
    special = _special(ctx, variants)
    pools = {variant: pool for variant, (_, _, pool) in special.items() if pool}
    free = stock.in_pools(ctx, pools.items())
    ceilings = reference_prices(ctx, variant_ids)
    views = []
    for row in variants:
        product, words = known[row[0]]
        price = special[row[1]][:2] if row[1] in special else (row[4], prices.CATALOGUE)
        units = free[row[1], pools[row[1]]] if row[1] in pools else row[7]
        variant = _variant(row, product, words, price, ceilings, units)
        product["variants"].append(variant)
        views.append((Presented(row[1], row[0], product["handle"], row[2], *price), variant))
    if ctx.plugins.calls("present"):
        _extend(ctx, {product_id: product for product_id, (product, _) in known.items()}, views)
    return [product for product, _ in known.values()]


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


def _product(row: tuple[Any, ...], locale: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The document without its variants, and what its options are called."""
    (_, _, handle, title, description, unit, vendor, kind, images, tags, options, seo, texts) = row
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
        "categories": [],
        "tags": db.load(tags),
        "options": [
            {
                "name": names.get(option["name"]) or option["name"],
                "values": [names.get(value) or value for value in option["values"]],
            }
            for option in said
        ],
        "seo": db.load(seo),
        "variants": [],
        "extensions": {},
    }
    return document, names


def _variant(
    row: tuple[Any, ...],
    product: dict[str, Any],
    names: dict[str, str],
    price: tuple[int, str],
    ceilings: dict[int, int | None],
    units: int | None,
) -> dict[str, Any]:
    _, variant_id, sku, options, catalogue, compare_at, tracked, _, weight, image = row
    values = [] if options == "[]" else [names.get(v) or v for v in db.load(options)]
    amount, source = price
    if compare_at is None and source != prices.CATALOGUE:
        compare_at = catalogue
    if compare_at is not None and variant_id in ceilings:
        ceiling = ceilings[variant_id]
        compare_at = None if ceiling is None else min(compare_at, ceiling)
    if compare_at is not None and compare_at <= amount:
        compare_at = None
    return {
        "sku": sku,
        "title": " / ".join(values) or product["title"],
        "options": {
            option["name"]: value for option, value in zip(product["options"], values, strict=False)
        },
        "price": amount,
        "compare_at": compare_at,
        "available": min(units or 0, SHOWN) if tracked else None,
        "weight": weight,
        "image": image,
        "extensions": {},
    }


def reference_prices(ctx: Context, variant_ids: list[int]) -> dict[int, int | None]:
    """What `compare_at` may say at most, by variant; None says nothing may be struck through, and
    so does a plugin that fails."""
    lowest: dict[int, int | None] = {}
    check = answers.ceilings(set(variant_ids))
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
