import pytest
from marshmallow import Schema, fields

from shop import db
from shop.catalog import catalog, categories, prices, products, search, version
from shop.errors import Conflict, NotFound, Reject
from shop.plugin import Plugin, hookimpl
from shop.stock import stock
from tests import factory


class Sale(Plugin):
    """Prices of its own, and words beside every product and variant."""

    name = "sale"

    class Settings(Schema):
        broken = fields.Boolean(load_default=False)

    asked: list[tuple[str, int]] = []

    @hookimpl
    def present(self, ctx, kind, objects):
        self.asked.append((kind, len(objects)))
        if self.settings.broken:
            db.change("UPDATE variant SET price = 0")
        return {item.id: {"handle": item.handle, "price": item.price} for item in objects}


class History(Plugin):
    """Knows what may be struck through: by variant id, from its `answers`."""

    name = "history"
    answers: dict[int, int | None] = {}

    @hookimpl
    def reference_price(self, variants):
        return {
            variant: History.answers[variant] for variant in variants if variant in self.answers
        }


class Other(History):
    name = "other"

    @hookimpl
    def reference_price(self, variants):
        return dict.fromkeys(variants, 2500)


class Broken(Plugin):
    name = "broken"

    @hookimpl
    def reference_price(self, variants):
        return "garbage"

    @hookimpl
    def present(self, kind, objects):
        return {item.id: {"x": object()} for item in objects}


@pytest.fixture
def plugins():
    return Sale, History, Other, Broken


def on(*names):
    lines = [f"[stores.orchard.plugins.{name}]" for name in names]
    return pytest.mark.parametrize("stores_toml", ["\n".join(lines)], ids=[" ".join(names)])


def product(ctx, title="苹果", sku="A", price=2000, **facts):
    variant = {"sku": sku, "price": price, "stock": 5}
    variant |= {k: facts.pop(k) for k in ("compare_at", "tracked", "stock") if k in facts}
    return products.create(
        ctx, {"title": title, "status": "published", "variants": [variant], **facts}
    )


def variant_id(sku="A"):
    return db.value("SELECT id FROM variant WHERE sku = ?", sku)


def shown(ctx, handle="苹果"):
    return catalog.get_product(ctx, handle)["variants"][0]


def listed(ctx, **query):
    return [item["title"] for item in catalog.list_products(ctx, **query)["items"]]


def statements(work):
    seen = []
    with db.watched(seen.append):
        work()
    return len(seen)


def test_a_product_reads_in_the_callers_language(shop):
    words = {"title": "Fuji", "description": "<p>Crisp</p>", "unit": "bag",
             "options": {"规格": "Size", "大": "Big"}}  # fmt: skip
    products.create(shop.ctx, {
        "title": "红富士", "handle": "fuji", "status": "published", "description": "<p>脆</p>",
        "unit": "袋", "options": [{"name": "规格"}], "translations": {"en": words},
        "variants": [{"sku": "A", "price": 100, "options": ["大"]}],
    })  # fmt: skip
    here = catalog.get_product(shop.ctx, "fuji")
    there = catalog.get_product(shop.context(locale="en"), "fuji")
    assert (here["title"], here["unit"], here["description"]) == ("红富士", "袋", "<p>脆</p>")
    assert (there["title"], there["unit"], there["description"]) == ("Fuji", "bag", "<p>Crisp</p>")
    assert there["options"] == [{"name": "Size", "values": ["Big"]}]
    assert there["variants"][0]["options"] == {"Size": "Big"}
    assert there["variants"][0]["title"] == "Big"
    assert catalog.sellable(shop.ctx, ["A"])["A"].title == "红富士 · 大"
    assert catalog.sellable(shop.context(locale="en"), ["A"])["A"].title == "Fuji · Big"


def test_only_published_products_are_public(shop):
    draft = product(shop.ctx, status="draft")
    assert listed(shop.ctx) == []
    assert catalog.sellable(shop.ctx, ["A"]) == {}
    with pytest.raises(NotFound):
        catalog.get_product(shop.ctx, "苹果")
    products.update(shop.ctx, draft, {"status": "published"})
    assert listed(shop.ctx) == ["苹果"]
    products.delete(shop.ctx, draft)
    assert listed(shop.ctx) == []


def test_what_is_available_shows_exactly_up_to_twenty(shop):
    product(shop.ctx, stock=21)
    assert shown(shop.ctx)["available"] == 20
    stock.adjust(shop.ctx, "A", -2, "count")
    assert shown(shop.ctx)["available"] == 19
    product(shop.ctx, "free", sku="F", tracked=False)
    assert shown(shop.ctx, "free")["available"] is None


def test_the_version_moves_only_when_a_shown_number_does(shop):
    product(shop.ctx, stock=30)
    start = version.current(shop.ctx)
    stock.take(shop.ctx, [(variant_id(), "main", 10)], 1)
    assert version.current(shop.ctx) == start
    stock.take(shop.ctx, [(variant_id(), "main", 1)], 1)
    assert version.current(shop.ctx) == start + 1
    with db.transaction():
        stock.give_back(shop.ctx, [(variant_id(), "main", 1)], 1)
        stock.take(shop.ctx, [(variant_id(), "main", 2)], 1)
    assert version.current(shop.ctx) == start + 2
    with pytest.raises(Conflict):
        stock.take(shop.ctx, [(variant_id(), "main", 99)], 1)
    assert version.current(shop.ctx) == start + 2


def test_a_list_goes_by_position_and_pages_meet_every_product_once(shop):
    for number, position in enumerate([3, 1, 1, 2, 0]):
        product(shop.ctx, f"T{number}", sku=f"S{number}", position=position)
    seen, after = [], None
    while True:
        page = catalog.list_products(shop.ctx, limit=2, after=after)
        seen += [item["title"] for item in page["items"]]
        if not (after := page["next"]):
            break
    assert seen == ["T4", "T1", "T2", "T3", "T0"]
    with pytest.raises(Reject):
        catalog.list_products(shop.ctx, after="eyJ4IjoxfQ")


@pytest.mark.parametrize("few", [500, 1], ids=["named", "met"])
def test_a_category_shows_what_is_in_it_and_below_it(shop, monkeypatch, few):
    monkeypatch.setattr(catalog, "FEW", few)
    for handle, parent in (("food", None), ("fruit", "food"), ("apples", "fruit"), ("tools", None)):
        categories.create(shop.ctx, {"title": handle, "parent": parent, "position": 1})
    product(shop.ctx, "Fuji 苹果", sku="1", categories=["apples", "fruit"])
    product(shop.ctx, "Pear", sku="2", categories=["fruit"])
    product(shop.ctx, "Saw", sku="3", categories=["tools"])
    product(shop.ctx, "Salt 苹果", sku="4", categories=["food"])
    assert listed(shop.ctx, category="food") == ["Fuji 苹果", "Pear", "Salt 苹果"]
    assert listed(shop.ctx, category="fruit") == ["Fuji 苹果", "Pear"]
    assert listed(shop.ctx, category="apples") == ["Fuji 苹果"]
    assert listed(shop.ctx, category="nowhere") == []
    assert listed(shop.ctx, category="food", q="苹果") == ["Fuji 苹果", "Salt 苹果"]
    assert listed(shop.ctx, category="tools", q="苹果") == []
    first = catalog.list_products(shop.ctx, category="food", limit=1)
    assert listed(shop.ctx, category="food", after=first["next"]) == ["Pear", "Salt 苹果"]
    tree = catalog.list_categories(shop.ctx)
    assert [node["handle"] for node in tree] == ["food", "tools"]
    assert tree[0]["children"][0]["children"][0]["handle"] == "apples"


def test_terms_are_cjk_uni_and_bigrams_and_latin_words():
    assert search.terms("红富士 Apple-3") == {"红", "富", "士", "红富", "富士", "apple", "3"}
    assert search.terms("ＦＵＪＩ café 100%") == {"fuji", "cafe", "100"}
    assert search.asked("苹果") == ["苹果"]
    assert search.asked("果") == ["果"]
    assert len(search.terms("".join(chr(0x4E00 + n) for n in range(5000)))) == search.MOST_TERMS
    assert len(search.asked(" ".join(map(str, range(100))))) == search.MOST_ASKED


def test_products_are_found_by_words_of_titles_tags_skus_and_options(shop):
    product(shop.ctx, "红富士苹果", sku="APPLE-FUJI-3", tags=["当季"], barcode="69",
            translations={"en": {"title": "Fuji apples"}})  # fmt: skip
    product(shop.ctx, "青苹果", sku="APPLE-GREEN")
    product(shop.ctx, "苹婆果", sku="NUT")
    assert listed(shop.ctx, q="苹果") == ["红富士苹果", "青苹果"]
    assert listed(shop.ctx, q="果") == ["红富士苹果", "青苹果", "苹婆果"]
    assert listed(shop.ctx, q="富士苹果") == ["红富士苹果"]
    assert listed(shop.ctx, q="apple") == ["红富士苹果", "青苹果"]
    assert listed(shop.ctx, q="FUJI apples") == ["红富士苹果"]
    assert listed(shop.ctx, q="app 青") == ["青苹果"]
    assert listed(shop.ctx, q="当季") == ["红富士苹果"]
    assert listed(shop.ctx, q="梨") == listed(shop.ctx, q="苹果 梨") == []
    assert listed(shop.ctx, q="  ") == ["红富士苹果", "青苹果", "苹婆果"]
    products.update(shop.ctx, products.by_sku(shop.ctx, ["NUT"])["NUT"], {"title": "坚果"})
    assert listed(shop.ctx, q="苹婆") == []
    assert listed(shop.ctx, q="坚果") == ["坚果"]


@pytest.mark.parametrize("q", ["%", "_", "'; DROP TABLE product", "100%", "\\", "* OR 1"])
def test_case_65_wildcards_mean_nothing(shop, q):
    product(shop.ctx, "苹果", sku="A")
    assert listed(shop.ctx, q=q) == []


def test_case_65_a_long_query_is_answered_at_once(shop):
    product(shop.ctx, "苹果", sku="A")
    assert statements(lambda: listed(shop.ctx, q="苹果" * 5000)) <= 6
    assert listed(shop.ctx, q="x" * 10_000) == []


def test_a_page_takes_as_many_statements_as_one_product(shop):
    product(shop.ctx, "T", sku="S")
    one = statements(lambda: catalog.list_products(shop.ctx))
    for number in range(20):
        product(shop.ctx, f"T{number}", sku=f"S{number}")
    assert statements(lambda: catalog.list_products(shop.ctx)) == one == 4
    assert statements(lambda: catalog.list_products(shop.ctx)) == 3, "their texts are known"


@on("sale", "history")
def test_a_plugins_price_shows_while_it_is_in_force(shop, clock):
    product(shop.ctx)
    start = shop.ctx.now_us + 3_600_000_000
    prices.put_price(shop.ctx, variant_id(), "sale", 1500, start, start + 3_600_000_000)
    prices.put_price(shop.ctx, variant_id(), "history", 1000, start, None)
    prices.put_price(shop.ctx, variant_id(), "gone", 1, shop.ctx.now_us, None)
    before = catalog.etag(shop.ctx)
    assert (shown(shop.ctx)["price"], shown(shop.ctx)["compare_at"]) == (2000, None)
    assert prices.horizon(shop.ctx) == start
    clock.forward(hours=1)
    assert shown(shop.ctx)["price"] == 1500
    assert catalog.etag(shop.ctx) != before
    assert prices.in_force(shop.ctx, [variant_id()]) == {variant_id(): (1500, "sale")}
    sold = catalog.sellable(shop.ctx, ["A"])["A"]
    assert (sold.price, sold.source) == (1500, "sale")
    clock.forward(hours=1)
    assert shown(shop.ctx)["price"] == 1000
    prices.end_prices(shop.ctx, "history", variant_ids=[variant_id()])
    assert shown(shop.ctx)["price"] == 2000
    assert prices.in_force(shop.ctx, [variant_id()]) == {variant_id(): (2000, "catalogue")}
    assert prices.horizon(shop.ctx) is None


@on("sale")
def test_a_price_ends_by_its_id_and_keeps_its_past(shop, clock):
    product(shop.ctx)
    now = shop.ctx.now_us
    first = prices.put_price(shop.ctx, variant_id(), "sale", 1500, now, None)
    prices.put_price(shop.ctx, variant_id(), "sale", 1200, now + 10**9, None)
    clock.forward(seconds=1)
    prices.end_prices(shop.ctx, "sale", ids=[first])
    assert shown(shop.ctx)["price"] == 2000
    assert prices.horizon(shop.ctx, [variant_id()]) == now + 10**9
    assert db.rows("SELECT amount FROM price WHERE ends IS NOT NULL") == [(1500,)]


@on("sale")
def test_a_price_of_a_pool_shows_with_the_units_of_the_pool(shop):
    product(shop.ctx)
    stock.adjust(shop.ctx, "A", 50, "more")
    before, pool = shown(shop.ctx)["available"], "sale:1"
    stock.open_pool(shop.ctx, pool, {variant_id(): 3})
    prices.put_price(shop.ctx, variant_id(), "sale", 1500, shop.ctx.now_us, None, pool)
    assert (before, shown(shop.ctx)["price"], shown(shop.ctx)["available"]) == (20, 1500, 3)
    seen = catalog.etag(shop.ctx)
    stock.take(shop.ctx, [(variant_id(), pool, 3)], factory.order(shop.ctx).id)
    assert (shown(shop.ctx)["available"], stock.left(shop.ctx, pool)) == (0, {variant_id(): 0})
    assert catalog.etag(shop.ctx) != seen
    sold = catalog.sellable(shop.ctx, ["A"])["A"]
    assert (sold.price, sold.source) == (2000, "catalogue")


def test_compare_at_shows_when_it_is_above_the_price(shop):
    product(shop.ctx, compare_at=2500)
    assert shown(shop.ctx)["compare_at"] == 2500
    products.update(shop.ctx, 1, {"variants": [{"sku": "A", "price": 2500}]})
    assert shown(shop.ctx)["compare_at"] is None


@on("history", "other")
@pytest.mark.parametrize("answer, seen", [({}, 2500), (2600, 2500), (2400, 2400), (None, None),
                                          (1900, None)])  # fmt: skip
def test_the_lowest_reference_price_wins_and_none_hides(shop, monkeypatch, answer, seen):
    product(shop.ctx, compare_at=3000)
    answers = {} if answer == {} else {variant_id(): answer}
    monkeypatch.setattr(History, "answers", answers)
    assert shown(shop.ctx)["compare_at"] == seen


@on("broken", "other", "sale")
def test_case_49_a_plugin_that_fails_is_left_out(shop, caplog):
    product(shop.ctx, compare_at=3000)
    found = catalog.get_product(shop.ctx, "苹果")
    assert found["variants"][0]["compare_at"] is None
    assert found["extensions"] == {"sale": {"handle": "苹果", "price": 2000}}
    assert "broken failed" in caplog.text


@pytest.mark.parametrize("stores_toml", ["[stores.orchard.plugins.sale]\nbroken = true"])
def test_a_plugin_that_writes_while_it_presents_is_left_out(shop, caplog):
    product(shop.ctx)
    assert catalog.get_product(shop.ctx, "苹果")["extensions"] == {}
    assert shown(shop.ctx)["price"] == 2000


@on("sale")
def test_plugins_are_asked_once_per_page(shop, monkeypatch):
    monkeypatch.setattr(Sale, "asked", [])
    for number in range(3):
        product(shop.ctx, f"T{number}", sku=f"S{number}")
    page = catalog.list_products(shop.ctx)
    assert Sale.asked == [("product", 3), ("variant", 3)]
    assert page["items"][1]["variants"][0]["extensions"] == {
        "sale": {"handle": "t1", "price": 2000}
    }


def test_the_etag_names_version_and_language(shop):
    first = catalog.etag(shop.ctx)
    assert first == catalog.etag(shop.ctx)
    assert catalog.etag(shop.context(locale="en")) != first
    product(shop.ctx)
    assert catalog.etag(shop.ctx) != first
