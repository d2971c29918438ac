"""What is asked often is asked in few statements, and none of them reads a whole table that grows.

Counts do not depend on how busy a machine is, so what `bench` measures is held here.
"""

import re
from dataclasses import replace

import pytest

from shop import db
from shop.app import mount
from shop.bundled import bundled
from shop.carts import carts
from shop.carts.quote import Item
from shop.catalog import categories
from shop.pickup import points, timetable
from tests.live import key

BUNDLED = sorted(
    path.name for path in bundled("plugins").iterdir() if (path / "plugin.py").exists()
)
NOISE = re.compile(r"SAVEPOINT|RELEASE|BEGIN|.*clock_timestamp")
"""begun and ended around the statements; and the clock, which is asked once a minute"""
DAY = 86_400_000_000
GROWING = {
    "account", "allocation", "audit", "cart", "cart_line", "charge", "claim", "counter", "customer",
    "entry", "event", "hold", "idempotency", "job", "lot", "movement", "order_adjustment",
    "order_line", "orders", "payment", "pickup_window", "price", "product", "product_category",
    "refund", "search_term", "stock", "stock_movement", "token", "variant",
}  # fmt: skip


@pytest.fixture(params=[(), BUNDLED], ids=["bare", "all"])
def enabled(request):
    return {name: {} for name in request.param}


@pytest.fixture
def many(request):
    return "all" in request.node.callspec.id


@pytest.fixture
def busy(shop):
    """A shop with goods, people, orders and campaigns, in which nothing of the catalogue is kept."""
    categories.create(shop.ctx, {"title": "Fruit"})
    goods = [
        shop.product(1000 + n, stock=1000, sku=f"APPLE-{n}", categories=["fruit"], tags=["new"])
        for n in range(25)
    ]
    points.create(shop.ctx, "gate", {"name": "Gate"})
    point = points.named(shop.ctx, "gate").id
    starts = shop.ctx.now_us + 2 * DAY
    shop.window = timetable.create(shop.ctx, point, starts, starts + DAY, starts, 100)["id"]
    for plugin in shop.ctx.plugins.by_name.values():
        plugin.demo(shop.ctx)
    shop.goods = goods[5:]  # what the campaigns of the demo leave alone
    for number in range(3):
        shop.up_to("paid", {shop.goods[number]: 1}, point="gate", window=shop.window)
    limits = replace(shop.config.limits, catalogue_cache_mib=0)
    shop.instance.config = replace(shop.config, limits=limits)
    shop.bare = mount(shop.instance).test_client()
    return shop


@pytest.fixture
def asked(busy, monkeypatch):
    """`asked(method, path, …)`: the statements of one request, with what they were given."""
    seen, target = [], type(db.database.obj)
    send = target._send

    def watched(self, sql, params, options):
        seen.append((" ".join(sql.split()), params))
        return send(self, sql, params, options)

    monkeypatch.setattr(target, "_send", watched)

    def ask(method, path, status=200, **request):
        for _ in range(2):  # the first has texts read that are remembered
            if method == "POST" and "headers" not in request:
                request = request | {"headers": key()}
            elif method == "POST":
                request["headers"] = request["headers"] | key()
            seen.clear()
            answer = busy.bare.open(busy.url(path), method=method, **request)
            assert answer.status_code == status, answer.text
        return [(sql, params) for sql, params in seen if not NOISE.match(sql)]  # fmt: skip

    return ask


def order_of(busy, phone, *goods):
    return {
        "lines": [{"sku": one.sku, "quantity": 1} for one in goods],
        "contact": {"name": "Wang", "phone": phone},
        "pickup": {"point": "gate", "window": busy.window},
    }


def questions(busy):
    """(what, method, path, more of the request, statements without plugins, and with all)."""
    cart = carts.create(busy.ctx)
    for goods in busy.goods[:20]:
        carts.add(busy.ctx, cart, Item(goods.sku, 1))
    order = busy.up_to("paid", {busy.goods[0]: 1}, point="gate", window=busy.window)
    owner = busy.bearer()
    known = order_of(busy, "+8613912345678", *busy.goods[:3])
    gone = order_of(busy, "+8613912345679", busy.product(100, stock=0, sku="GONE"))
    at = {"headers": owner}
    return [
        ("a page of 20", "GET", "/products", {}, 3, 5),
        ("a product", "GET", "/products/apple-7", {}, 3, 5),
        ("a search", "GET", "/products?q=apple", {}, 4, 6),
        ("a category", "GET", "/products?category=fruit", {}, 4, 6),
        ("a cart of 20 lines", "GET", f"/carts/{cart}", {}, 3, 7),
        ("a checkout of 3 lines", "POST", "/orders", {"json": known, "status": 201}, 15, 19),
        ("goods that are gone", "POST", "/orders", {"json": gone, "status": 409}, 5, 6),
        ("the owner's orders", "GET", "/admin/orders?limit=20", at, 7, 10),
        ("a pickup by its code", "GET", f"/admin/pickups/{order.pickup_code}", at, 8, 10),
    ]


def test_each_hot_request_makes_few_statements(busy, asked, many):
    counts, most, texts = {}, {}, {}
    for what, method, path, request, bare, all_ in questions(busy):
        texts[what] = [sql for sql, _ in asked(method, path, **request)]
        counts[what] = len(texts[what])
        most[what] = all_ if many else bare
    if many:  # and fewer in a house from which a plugin was taken
        assert all(counts[what] <= most[what] for what in most), counts
    else:
        more = {what: texts[what] for what in most if counts[what] != most[what]}
        assert counts == most, "\n".join(map(str, more.values()))


def test_no_hot_request_reads_a_whole_table_that_grows(busy, asked):
    found = []
    for what, method, path, request, *_ in questions(busy):
        for sql, params in asked(method, path, **request):
            if sql.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
                found += [f"{what}: {table}: {sql}" for table in scanned(sql, params) & GROWING]
    assert not found, "\n".join(found)


def test_the_look_for_whole_reads_sees_one(busy):
    assert scanned("SELECT * FROM orders WHERE note = 'x'", ()) == {"orders"}
    assert scanned("SELECT * FROM orders WHERE store = 'orchard' AND number = 'x'", ()) == set()


def scanned(sql, params):
    """Tables that the database would read from one end to the other, whatever it is told."""
    if db.is_postgres():
        with db.transaction():
            db.database.execute_sql("SET LOCAL enable_seqscan = off")
            lines = db.database.execute_sql(f"EXPLAIN {sql}", params).fetchall()
        return {table for (line,) in lines for table in re.findall(r"Seq Scan on (\w+)", line)}
    lines = db.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
    names = dict(re.findall(r'(?:FROM|JOIN|UPDATE|,) "?(\w+)"? (?:AS )?"?(\w+)"?', sql))
    aliases = {alias: table for table, alias in names.items()} | {t: t for t in GROWING}
    scans = [re.match(r"SCAN (\w+)(?! VIRTUAL)", line[-1]) for line in lines]
    return {aliases.get(found[1], found[1]) for found in scans if found}
