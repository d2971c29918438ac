"""Three products in the demo store that want to strike a price through: one may, one never asked
that price, one asked it for two days only."""

from __future__ import annotations

from datetime import timedelta

from shop import Context, db
from shop.services import prices, products

MADE = "SELECT 1 FROM variant WHERE store = ? AND sku = ?"
BEGAN = 60
"""days ago"""
GOODS = (
    ("PECAN-500", "碧根果", "Pecans in the shell", 500, 3990, 3990, ((2, 2990),)),
    ("LOTUS-SEED-250", "湘莲子", "Lotus seeds", 250, 2690, 3990, ()),
    ("LONGAN-250", "桂圆干", "Dried longan", 250, 2490, 3490, ((3, 3490), (1, 2490))),
)  # fmt: skip
"""(SKU, title, in English, grams, first price, wished, ((days ago, price), …))"""


def fill(ctx: Context) -> None:
    """Once; their prices began two months ago."""
    with db.transaction():
        if db.value(MADE, ctx.code, GOODS[0][0]):
            return
        began = ctx.at(ctx.now - timedelta(days=BEGAN))
        made = products.create_many(began, [_document(*facts[:6]) for facts in GOODS])
        for product, (*_, changes) in zip(made, GOODS, strict=True):
            [variant] = products.get(ctx, product)["variants"]
            for days, price in changes:
                then = ctx.at(ctx.now - timedelta(days=days))
                prices.set_catalogue_price(then, variant["id"], price)


def _document(
    sku: str, title: str, english: str, weight: int, price: int, wished: int
) -> products.Document:
    return {
        "handle": sku.lower(),
        "title": title,
        "status": "published",
        "unit": "袋",
        "position": 1000,
        "translations": {"en": {"title": english, "unit": "bag"}},
        "variants": [
            {"sku": sku, "price": price, "compare_at": wished, "weight": weight, "stock": 40}
        ],
    }
