"""A shop to be measured: products with Chinese titles, a pickup window, carts and orders, and the
plugins that a run has on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

from bench import served
from shop import db
from shop.carts import carts
from shop.carts.quote import Basket, Item
from shop.catalog import catalog, categories, products
from shop.context import Context
from shop.orders import orders
from shop.orders.orders import Draft
from shop.pickup import points, timetable

STORE = {
    "name": "果园小店", "currency": "CNY", "timezone": "Asia/Shanghai", "locale": "zh_Hans",
}  # fmt: skip
BUNDLED = tuple(
    name for name in sorted(path.name for path in (served.ROOT / "plugins").iterdir())
    if (served.ROOT / "plugins" / name / "plugin.py").exists()
)  # fmt: skip
GENERATED = tuple(f"filler_{number}" for number in range(20 - len(BUNDLED)))
PLUGINS = {"none": (), "all": BUNDLED, "twenty": BUNDLED + GENERATED}
"""by what a run is told"""
FILLER = '''"""A plugin that takes part in everything and changes nothing."""

from shop import Plugin, hookimpl


class Filler(Plugin):
    name = "{name}"

    @hookimpl
    def price_lines(self, ctx, lines):
        return {{}}

    @hookimpl
    def adjust_quote(self, ctx, quote, lane):
        return []

    @hookimpl
    def check_quote(self, ctx, quote):
        return []

    @hookimpl
    def check_cancel(self, ctx, order):
        return []

    @hookimpl
    def order_placing(self, ctx, order):
        return None

    @hookimpl
    def order_changed(self, ctx, order, change):
        return None

    @hookimpl
    def customer_joined(self, ctx, customer, options):
        return None

    @hookimpl
    def reference_price(self, ctx, variants):
        return {{}}

    @hookimpl
    def present(self, ctx, kind, objects):
        return {{}}

    @hookimpl
    def notify(self, ctx, event):
        return None
'''
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
OFFERED = """
SELECT v.sku FROM variant v JOIN price p ON p.variant_id = v.id
WHERE v.store = ? AND p.source <> 'catalogue'"""
ENOUGH = 1_000_000
"""units of each variant: no measurement sells out, or shows another number"""
CART_LINES, FRESH_CARTS = 20, 20_000


@dataclass
class Facts:
    """What the requests of the workloads are made of."""

    token: str
    handles: list[str]
    skus: list[str]
    cursors: list[str]
    carts: list[str]
    fresh_carts: list[str]
    sold_out: str
    point: str
    window: int


def make(
    folder: Path, plugins: str, database: str = "", keys: dict[str, Any] | None = None
) -> Path:
    """The shop.toml of a new instance in `folder` with these plugins on, one of `PLUGINS`."""
    own = folder / "shop" / "plugins"
    for name in GENERATED if plugins == "twenty" else ():
        (own / name).mkdir(parents=True)
        (own / name / "plugin.py").write_text(FILLER.format(name=name), "utf-8")
    tables = {f"stores.orchard.plugins.{name}": {} for name in PLUGINS[plugins]}
    more = {"shop.plugins": ["plugins"]} if own.exists() else {}
    more |= {"shop.database": database} if database else {}
    return served.make(folder / "shop", "orchard", STORE, KEYS | more | tables | (keys or {}))


def fill(
    ctx: Context, count: int, placed: int, tell: Callable[[int], None] = lambda done: None
) -> Facts:
    """Make `count` products and `placed` orders by the services, and what each plugin shows in a
    demo; `tell` hears of each batch."""
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
    for plugin in ctx.plugins.by_name.values():
        plugin.demo(ctx)
    offered = {sku for (sku,) in db.rows(OFFERED, ctx.code)}  # of which few are left
    skus = [sku for sku in skus if sku not in offered]
    for _ in range(placed):
        orders.place(ctx, _draft(chance, skus, window))
        tell(1)
    return Facts(
        served.owner_token(ctx),
        [f"p{number}" for number in chance.sample(range(count), min(1000, count))],
        skus,
        list(islice(_cursors(ctx), 50)),
        [_cart(ctx, chance.sample(skus, CART_LINES)) for _ in range(50)],
        _fresh_carts(ctx, chance),
        _sold_out(ctx),
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
                 "compare_at": None if number % 5 else price * (at + 1) + 500,
                 "stock": ENOUGH, "weight": 1500 * (at + 1)}
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


def _fresh_carts(ctx: Context, chance: random.Random) -> list[str]:
    """Carts of three lines, each to be ordered once."""
    variants = db.rows("SELECT id, sku FROM variant WHERE store = ?", ctx.code)
    ends, ids = (
        ctx.now_us + 30 * DAY,
        [f"{chance.getrandbits(128):032x}" for _ in range(FRESH_CARTS)],
    )
    carts_ = "id, store, options, pickup, contact, note, peer, created_at, expires_at"
    row = (ctx.code, "{}", "{}", "{}", "", "", ctx.now_us, ends)
    with db.transaction():
        db.link("cart", carts_, *((cart, *row) for cart in ids))
        db.link("cart_line", "cart_id, variant_id, sku, title, quantity, options", *(
            (cart, *variant, "", 1, "{}") for cart in ids for variant in chance.sample(variants, 3)
        ))  # fmt: skip
    return ids


def _sold_out(ctx: Context) -> str:
    """A SKU of which nothing is left."""
    variant = {"sku": "SOLD-OUT", "price": 100, "stock": 0}
    products.create(ctx, {"title": "Sold out", "status": "published", "position": 2**30,
                          "variants": [variant]})  # fmt: skip
    return "SOLD-OUT"
