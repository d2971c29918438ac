"""The catalogue is sent straight from rows; here it is made the slow, obvious way, by models and
schemas, and both are the same to the last field."""

import random

import orjson
import pytest

from shop.api.products import Image, ProductPage
from shop.api.products import Product as ProductSchema
from shop.api.products import Variant as Variants
from shop.catalog import catalog, categories, prices, products
from shop.models import Category, Product, ProductCategory, Stock, Variant
from shop.stock import stock

pytestmark = pytest.mark.both_databases

ENGLISH = {"title": "Apple", "description": "<b>Red</b>", "unit": "box", "options": {"规格": "Size", "大": "Large"}}  # fmt: skip


def obvious(product, locale):
    """The document of a product, a query for everything."""
    words = product.translations.get(locale, {})
    names = words.get("options", {})
    options = [
        {
            "name": names.get(option["name"], option["name"]),
            "values": [names.get(value, value) for value in option["values"]],
        }
        for option in product.options
    ]
    title = words.get("title") or product.title
    variants = []
    for variant in (
        Variant.select()
        .where((Variant.product == product.id) & Variant.archived_at.is_null())
        .order_by(Variant.position, Variant.id)
    ):
        values = [names.get(value, value) for value in variant.options]
        units = Stock.get_or_none((Stock.variant == variant.id) & (Stock.pool == "main"))
        higher = variant.compare_at is not None and variant.compare_at > variant.price
        variants.append(
            {
                "sku": variant.sku,
                "title": " / ".join(values) or title,
                "options": dict(zip([option["name"] for option in options], values, strict=True)),
                "price": variant.price,
                "compare_at": variant.compare_at if higher else None,
                "available": min(units.on_hand if units else 0, 20) if variant.tracked else None,
                "weight": variant.weight,
                "image": variant.image,
                "extensions": {},
            }
        )
    of_product = (
        Category.select()
        .join(ProductCategory)
        .where(ProductCategory.product == product.id)
        .order_by(Category.position, Category.handle)
    )
    return {
        "handle": product.handle,
        "title": title,
        "description": words.get("description") or product.description,
        "unit": words.get("unit") or product.unit,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "images": product.images,
        "categories": [category.handle for category in of_product],
        "tags": product.tags,
        "options": options,
        "seo": product.seo,
        "variants": variants,
        "extensions": {},
    }


def random_product(chance, number):
    sizes = ["大", "小", "中"][: chance.randint(1, 3)]
    plain = chance.random() < 0.3
    return {
        "title": f"苹果{number}",
        "description": chance.choice(["", "<p>好吃</p>", "words & more"]),
        "status": chance.choice(["published"] * 4 + ["draft"]),
        "unit": chance.choice(["", "箱"]),
        "vendor": chance.choice(["", "农家"]),
        "tags": chance.sample(["当季", "new", "it's"], chance.randint(0, 3)),
        "images": [{"src": f"/media/x/{number}.jpg", "alt": "a"}] * chance.randint(0, 2),
        "seo": chance.choice([{}, {"title": "T", "description": "D"}]),
        "categories": chance.sample(["fruit", "red"], chance.randint(0, 2)),
        "options": [] if plain else [{"name": "规格"}],
        "position": chance.randint(0, 9),
        "translations": chance.choice([{}, {"en": ENGLISH}]),
        "variants": [
            {
                "sku": f"S{number}-{place}",
                "options": [] if plain else [size],
                "price": chance.randint(0, 5000),
                "compare_at": chance.choice([None, 100, 6000]),
                "weight": chance.choice([None, 250]),
                **chance.choice([{"stock": 0}, {"stock": 7}, {"stock": 90}, {"tracked": False}]),
            }
            for place, size in enumerate(["一"] if plain else sizes)
        ],
    }


@pytest.mark.parametrize("seed", range(3))
def test_rows_and_models_say_the_same(shop, seed):
    chance = random.Random(seed)
    for title, handle in (("水果", "fruit"), ("红", "red")):
        categories.create(shop.ctx, {"title": title, "handle": handle, "position": seed})
    ids = [products.create(shop.ctx, random_product(chance, number)) for number in range(12)]
    for _ in range(6):
        for locale, tag in (("zh_Hans", "zh-CN"), ("en", "en")):
            page = shop.client.get(
                shop.url("/products?limit=50"), headers={"Accept-Language": tag}
            ).data
            published = (
                Product.select()
                .where(Product.status == "published")
                .order_by(Product.position, Product.id)
            )
            slow = {"items": [obvious(product, locale) for product in published], "next": None}
            assert orjson.loads(page) == ProductPage().dump(slow) == slow
            for product in published:
                one = shop.client.get(
                    shop.url(f"/products/{product.handle}"), headers={"Accept-Language": tag}
                ).data
                assert orjson.loads(one) == ProductSchema().dump(obvious(product, locale))
        change(shop, chance, ids)


def change(shop, chance, ids):
    """Something of what shows."""
    product = products.get(shop.ctx, chance.choice(ids))
    variant = chance.choice(product["variants"])
    kind = chance.randrange(4)
    if kind == 0:
        prices.set_catalogue_price(shop.ctx, variant["id"], chance.randint(0, 9000))
    elif kind == 1 and variant["tracked"]:
        stock.adjust(shop.ctx, variant["sku"], chance.randint(1, 15), "count")
    elif kind == 2:
        products.update(shop.ctx, product["id"], {"title": f"梨{chance.random()}"}, None)
    else:
        products.update(shop.ctx, product["id"], {"translations": {"en": ENGLISH}}, None)


def test_every_field_of_the_schemas_is_sent_and_no_other(shop):
    shop.product(sku="APPLE", images=[{"src": "/media/x/a.jpg", "alt": "a"}])
    page = catalog.list_products(shop.ctx)
    [product] = page["items"]
    for document, schema in (
        (page, ProductPage),
        (product, ProductSchema),
        (product["variants"][0], Variants),
        (product["images"][0], Image),
    ):
        assert set(document) == set(schema().fields)
