"""A shop to be measured: products with Chinese titles, a pickup window, carts and orders."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from bench import served
from shop.context import Context
from shop.services import carts, catalog, categories, orders, points, products, timetable
from shop.services.orders import Draft
from shop.services.quote import Basket, Item

STORE = {
    "name": "果园小店", "currency": "CNY", "timezone": "Asia/Shanghai", "locale": "zh_Hans",
}  # fmt: skip
KEYS = {
    "shop.workers": 1,
    "shop.trusted_proxies": 1,
    "shop.limits.unpaid_orders": 1000,
}
FRUITS = "苹果 红富士苹果 香蕉 雪梨 蜜柚 脐橙 砂糖橘 葡萄 蓝莓 草莓 樱桃 芒果 菠萝 火龙果 猕猴桃 石榴 柿子 桃子 李子 西瓜"
WORDS = "有机 山东 当季 精选 脆甜 高山 农家 新鲜 特级 进口 早熟 树上熟 现摘 儿童 礼盒 家庭"
PLACES = "烟台 洛川 阿克苏 赣南 丹东 昭通 攀枝花 三亚 漳州 眉山 蒲江 仙居 大理 平谷 苍溪 慈溪"
SIZES = ("3斤装", "5斤装")
BATCH = 500
DAY = 86_400_000_000
ENOUGH = 1_000_000
"""units of each variant: no measurement sells out, or shows another number"""
CART_LINES = 20


@dataclass
class Facts:
    """What the requests of the workloads are made of."""

    token: str
    handles: list[str]
    skus: list[str]
    cursors: list[str]
    carts: list[str]
    point: str
    window: int


def fill(ctx: Context, count: int, placed: int, tell: Callable[[int], None]) -> Facts:
    """Make `count` products and `placed` orders by the services; `tell` hears of each batch."""
    chance = random.Random(1)
    for fruit in FRUITS.split():
        categories.create(ctx, {"title": fruit})
    made = documents(count, chance)
    while batch := list(islice(made, BATCH)):
        products.create_many(ctx, batch)
        tell(len(batch))
    skus = [f"P{number}-{size}" for number in range(count) for size in range(len(SIZES))]
    points.create(ctx, "north", {"name": "北门自提点"})
    starts = ctx.now_us + 2 * DAY
    point = points.named(ctx, "north").id
    window = timetable.create(ctx, point, starts, starts + DAY, starts, ENOUGH)["id"]
    for _ in range(placed):
        orders.place(ctx, _draft(chance, skus, window))
        tell(1)
    return Facts(
        served.owner_token(ctx),
        [f"p{number}" for number in chance.sample(range(count), min(1000, count))],
        skus,
        list(islice(_cursors(ctx), 50)),
        [_cart(ctx, chance.sample(skus, CART_LINES)) for _ in range(50)],
        "north",
        window,
    )


def documents(count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    names = list(product(PLACES.split(), WORDS.split(), FRUITS.split()))
    for number in range(count):
        *words, fruit = names[number * 7919 % len(names)]
        title = "".join([*words, fruit])
        price = chance.randrange(500, 20_000)
        yield {
            "handle": f"p{number}",
            "title": title,
            "description": f"<p>{title}，当天采摘，次日到自提点。</p><ul><li>冷链运输</li><li>坏果包赔</li></ul>",
            "status": "published",
            "unit": "箱",
            "tags": ["当季", "次日达"],
            "images": [{"src": f"/media/orchard/p{number}.jpg", "alt": title}],
            "options": [{"name": "规格"}],
            "position": number,
            "categories": [fruit],
            "variants": [
                {"sku": f"P{number}-{at}", "options": [size], "price": price * (at + 1),
                 "compare_at": price * (at + 1) + 500, "stock": ENOUGH, "weight": 1500 * (at + 1)}
                for at, size in enumerate(SIZES)
            ],
        }  # fmt: skip


def phone(chance: random.Random) -> str:
    """One of 10,000 customers."""
    return f"+861390000{chance.randrange(10_000):04}"


def _draft(chance: random.Random, skus: list[str], window: int) -> Draft:
    items = [Item(sku, chance.randint(1, 2)) for sku in chance.sample(skus, 3)]
    return Draft(Basket(items), "王小明", phone(chance), "north", window)


def _cursors(ctx: Context) -> Iterator[str]:
    """Where the second and later pages of the catalogue begin."""
    after = None
    while after := catalog.list_products(ctx, limit=20, after=after)["next"]:
        yield after


def _cart(ctx: Context, skus: list[str]) -> str:
    cart = carts.create(ctx)
    for sku in skus:
        carts.add(ctx, cart, Item(sku, 1))
    return cart
