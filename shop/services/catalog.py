"""What anyone can read of the goods: lists, one product, categories, and what can be sold now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from shop import db
from shop.context import Context
from shop.services import prices

SELLABLE = """
SELECT v.id, v.product_id, v.sku, p.title, p.translations, v.options, v.price, v.cost, v.tracked,
  s.on_hand, v.weight
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


def sellable(ctx: Context, skus: Iterable[str]) -> dict[str, Sellable]:
    """What of these SKUs can be sold in this store now, by SKU; the others are left out."""
    found = db.rows(SELLABLE, ctx.code, db.many(skus))
    special = prices.overrides(ctx, [row[0] for row in found])
    answer = {}
    for (
        variant,
        product,
        sku,
        title,
        words,
        options,
        price,
        cost,
        tracked,
        on_hand,
        weight,
    ) in found:
        amount, source = special.get(variant) or (price, prices.CATALOGUE)
        answer[sku] = Sellable(
            variant, product, sku, _full_title(title, _words(ctx, words), options), amount, source,
            cost, bool(tracked), on_hand or 0, weight,
        )  # fmt: skip
    return answer


def _words(ctx: Context, translations: str) -> dict[str, Any]:
    """The product's texts in the caller's language; empty where its own are right."""
    return {} if translations == "{}" else db.load(translations).get(ctx.locale) or {}


def _full_title(title: str, words: dict[str, Any], options: str) -> str:
    """`红富士苹果 · 3斤装`"""
    title = words.get("title") or title
    if options == "[]":
        return title
    said = words.get("options") or {}
    return f"{title} · {' / '.join(said.get(value) or value for value in db.load(options))}"
