import threading
from dataclasses import replace

import pytest

from shop import db
from shop.catalog import categories, prices, products, version
from shop.errors import Conflict, Invalid, NotFound, Reject
from shop.models import Customer, Order, OrderLine
from shop.stock import movements, stock

APPLES = {
    "title": "红富士苹果",
    "status": "published",
    "description": "<p>脆甜</p>",
    "options": [{"name": "规格", "values": ["5斤", "3斤"]}],
    "translations": {"en": {"title": "Fuji apples", "options": {"3斤": "1.5 kg"}}},
    "variants": [
        {"sku": "A3", "options": ["3斤"], "price": 1990, "stock": 12, "cost": 1200},
        {"sku": "A5", "options": ["5斤"], "price": 2990, "compare_at": 3290},
    ],
}


def refused(code, call, *args, **facts):
    with pytest.raises(Reject) as caught:
        call(*args)
    assert caught.value.code == code
    assert facts.items() <= caught.value.facts.items()


def with_(**changes):
    return {**APPLES, **changes}


@pytest.fixture
def apples(shop):
    return products.create(shop.ctx, APPLES)


def order_line(ctx, variant_id, **facts):
    """A row that refers to a variant, as an order does."""
    customer = Customer.create(store=ctx.code, phone="+8613800000000", created_at=ctx.now)
    order = Order.create(
        store=ctx.code, number="N1", customer=customer, state="paid", currency="CNY", locale="en",
        total=3, provider="manual", method="at_pickup", contact_name="", contact_phone="",
        pickup_code="C", placed_at=ctx.now,
    )  # fmt: skip
    line = OrderLine.create(
        order=order, position=0, variant=variant_id, sku="A3", title="", quantity=3, unit_price=1,
        amount=3, **facts,
    )  # fmt: skip
    return line.id


def test_what_is_written_is_read_in_the_same_shape(shop, apples):
    document = products.document(shop.ctx, apples)
    again = products.create(shop.context(store="orchard"), {**document, "handle": "", "variants": [
        {**variant, "sku": variant["sku"] + "x"} for variant in document["variants"]
    ]})  # fmt: skip
    copy = products.document(shop.ctx, again)
    assert copy["handle"] == "红富士苹果-2"
    assert [v.pop("sku") for v in copy["variants"]] == ["A3x", "A5x"]
    for variant in document["variants"]:
        variant.pop("sku")
    assert {**copy, "handle": document["handle"]} == document
    assert document["variants"][0]["stock"] == 12
    assert document["options"] == [{"name": "规格", "values": ["5斤", "3斤"]}]
    assert [product["title"] for product in products.each(shop.ctx)] == ["红富士苹果"] * 2


def test_stock_at_creation_is_a_movement(shop, apples):
    [move] = movements.of_sku(shop.ctx, "A3")["items"]
    assert (move["delta"], move["kind"]) == (12, "delta")
    assert movements.of_sku(shop.ctx, "A5")["items"] == []


def test_a_handle_is_made_of_the_title(shop):
    ids = products.create_many(
        shop.ctx,
        [
            {"title": title, "variants": [{"sku": str(i), "price": 1}]}
            for i, title in enumerate(
                ["Fuji Apples (1.5 kg)", "Fuji apples 1.5 KG", "！！", "ＡＢ"]
            )
        ],
    )
    handles = [products.get(shop.ctx, i)["handle"] for i in ids]
    assert handles == ["fuji-apples-1-5-kg", "fuji-apples-1-5-kg-2", "product", "ab"]


def test_a_duplicate_is_a_clear_conflict(shop, apples):
    refused("sku_taken", products.create, shop.ctx, APPLES, sku="A3")
    other = [{"sku": "B", "price": 1}]
    taken = {"title": "B", "handle": "红富士苹果", "variants": other}
    refused("handle_taken", products.create, shop.ctx, taken)
    refused("sku_taken", products.create_many, shop.ctx, [
        {"title": "B", "variants": other}, {"title": "C", "variants": other}
    ])  # fmt: skip
    two = products.create(shop.ctx, {"title": "B", "variants": other})
    refused("sku_taken", products.update, shop.ctx, two, {
        "options": [{"name": "x"}],
        "variants": [{"sku": "B", "options": ["b"]}, {"sku": "A5", "price": 1, "options": ["a"]}],
    })  # fmt: skip
    refused("handle_taken", products.update, shop.ctx, two, {"handle": "红富士苹果"})


def test_the_hundredth_of_one_title_is_named_in_a_few_statements(shop):
    documents = [{"title": "Box", "variants": [{"sku": f"B-{n}", "price": 1}]} for n in range(100)]
    products.create_many(shop.ctx, documents)
    asked = []
    with db.watched(lambda sql: asked.append(sql) if "handle IN" in sql or "ANY" in sql else None):
        last = products.create(shop.ctx, {"title": "Box", "variants": [{"sku": "B", "price": 1}]})
    assert products.get(shop.ctx, last)["handle"] == "box-101"
    assert len(asked) < 12


def test_the_same_sku_and_handle_are_free_in_another_store(shop, apples):
    other = replace(shop.ctx, store=replace(shop.ctx.store, code="other"))
    products.create(other, APPLES)
    with pytest.raises(NotFound):
        products.get(other, apples)


@pytest.mark.parametrize(
    "code, changes",
    [
        ("no_title", {"title": " "}),
        ("no_variants", {"variants": []}),
        ("too_many_options", {"options": [{"name": str(i)} for i in range(4)]}),
        ("option_twice", {"options": [{"name": "规格"}, {"name": "规格"}]}),
        ("variant_options", {"options": []}),
        ("variant_options", {"variants": [{"sku": "A", "price": 1, "options": [""]}]}),
        ("sku_twice", {"variants": [{"sku": "A", "price": 1, "options": ["x"]},
                                    {"sku": "A", "price": 1, "options": ["y"]}]}),
        ("variant_twice", {"variants": [{"sku": "A", "price": 1, "options": ["x"]},
                                        {"sku": "B", "price": 1, "options": ["x"]}]}),
        ("no_sku", {"variants": [{"sku": " ", "price": 1, "options": ["x"]}]}),
        ("bad_amount", {"variants": [{"sku": "A", "options": ["x"]}]}),
        ("bad_amount", {"variants": [{"sku": "A", "price": -1, "options": ["x"]}]}),
        ("too_many_variants", {"variants": [{"sku": f"A{i}", "price": 1, "options": [f"{i}"]}
                                            for i in range(101)]}),
        ("too_long", {"title": "x" * 256}),
        ("bad_handle", {"handle": "a/b"}),
        ("bad_handle", {"handle": ".."}),
        ("bad_image", {"images": [{"src": "javascript:alert(1)"}]}),
        ("bad_image", {"images": [{"src": "java\tscript:alert(1)"}]}),
        ("unknown_category", {"categories": ["nowhere"]}),
    ],
)  # fmt: skip
def test_a_product_that_breaks_a_rule_is_refused(shop, code, changes):
    refused(code, products.create, shop.ctx, with_(**changes))
    assert db.value("SELECT COUNT(*) FROM product") == 0


def test_case_62_html_is_cleaned_when_written_and_when_read(shop, apples):
    evil = '<p>ok</p><img src=x onerror=alert(1)><a href="javascript:x()">l</a><script>1</script>'
    evil += '<img src="data:text/html,x"><iframe></iframe><p style="x">s</p>'
    products.update(shop.ctx, apples, {
        "description": evil, "translations": {"en": {"description": evil}},
    })  # fmt: skip
    raw, words = db.rows("SELECT description, translations FROM product")[0]
    for text in (raw, db.load(words)["en"]["description"]):
        assert "<p>ok</p>" in text
        assert not any(bad in text for bad in ("onerror", "javascript", "script", "data:", "style"))
    db.change("UPDATE product SET description = ?", evil)
    assert "onerror" not in products.get(shop.ctx, apples)["description"]


def test_an_update_changes_what_it_names_and_nothing_else(shop, apples):
    before = products.get(shop.ctx, apples)
    assert products.update(shop.ctx, apples, {"title": "苹果", "variants": [
        {"sku": "A5", "price": 2790}, {"sku": "A9", "options": ["9斤"], "price": 4990},
    ]})  # fmt: skip
    after = products.get(shop.ctx, apples)
    assert after["version"] == 2
    assert [v["sku"] for v in after["variants"]] == ["A3", "A5", "A9"]
    assert after["variants"][0] == before["variants"][0]
    assert after["variants"][1] == {**before["variants"][1], "price": 2790}
    assert after["options"][0]["values"] == ["5斤", "3斤", "9斤"]
    assert after["handle"] == before["handle"]
    order = [{"sku": "A9"}, {"sku": "A5"}, {"sku": "A3"}]
    products.update(shop.ctx, apples, {"variants": order})
    assert [v["sku"] for v in products.get(shop.ctx, apples)["variants"]] == ["A9", "A5", "A3"]


def test_an_update_that_says_nothing_new_changes_nothing(shop, apples):
    known = version.current(shop.ctx)
    document = products.document(shop.ctx, apples)
    for variant in document["variants"]:
        del variant["stock"]
    assert not products.update(shop.ctx, apples, document)
    assert products.get(shop.ctx, apples)["version"] == 1
    assert version.current(shop.ctx) == known


def test_case_30_stock_is_not_overwritten_by_an_update(shop, apples):
    with pytest.raises(Invalid):
        products.update(shop.ctx, apples, {"variants": [{"sku": "A3", "stock": 5}]})


def test_case_30_a_version_that_moved_is_412(shop, apples):
    products.update(shop.ctx, apples, {"title": "x"}, seen=1)
    refused("precondition_failed", products.update, shop.ctx, apples, {"title": "y"}, 1)
    refused("precondition_failed", products.delete, shop.ctx, apples, 1)
    assert products.get(shop.ctx, apples)["title"] == "x"


def test_a_product_never_ordered_is_deleted(shop, apples):
    products.delete(shop.ctx, apples)
    with pytest.raises(NotFound):
        products.get(shop.ctx, apples)
    assert db.value("SELECT COUNT(*) FROM variant") == 0


def test_a_product_once_ordered_is_archived_and_its_names_are_free(shop, apples):
    variant = products.get(shop.ctx, apples)["variants"][0]["id"]
    order_line(shop.ctx, variant)
    products.delete(shop.ctx, apples)
    with pytest.raises(NotFound):
        products.get(shop.ctx, apples)
    assert products.find(shop.ctx)["items"] == []
    assert products.find(shop.ctx, q="苹果")["items"] == []
    assert db.value("SELECT COUNT(*) FROM variant") == 2
    again = products.create(shop.ctx, APPLES)
    assert products.get(shop.ctx, again)["handle"] == "红富士苹果"
    stock.give_back(shop.ctx, [(variant, "main", 1)], 1)


def test_a_variant_is_deleted_or_archived_but_never_the_last(shop, apples):
    variant = products.get(shop.ctx, apples)["variants"][0]["id"]
    order_line(shop.ctx, variant)
    products.delete_variant(shop.ctx, apples, "A3")
    assert [v["sku"] for v in products.get(shop.ctx, apples)["variants"]] == ["A5"]
    assert products.get(shop.ctx, apples)["options"][0]["values"] == ["5斤"]
    refused("no_variants", products.delete_variant, shop.ctx, apples, "A5")
    with pytest.raises(NotFound):
        products.delete_variant(shop.ctx, apples, "A3")


def test_lists_run_from_the_newest_by_cursor(shop):
    products.create_many(shop.ctx, [
        {"title": f"T{i}", "variants": [{"sku": f"S{i}", "price": 1}],
         "status": "published" if i % 2 else "draft"} for i in range(5)
    ])  # fmt: skip
    seen, after = [], None
    while True:
        page = products.find(shop.ctx, limit=2, after=after)
        seen += [product["title"] for product in page["items"]]
        if not (after := page["next"]):
            break
    assert seen == ["T4", "T3", "T2", "T1", "T0"]
    assert [p["title"] for p in products.find(shop.ctx, status="published")["items"]] == [
        "T3",
        "T1",
    ]
    assert [p["title"] for p in products.find(shop.ctx, q="s2")["items"]] == ["T2"]


def test_a_price_keeps_its_history(shop, clock, apples):
    variant = products.get(shop.ctx, apples)["variants"][0]["id"]
    clock.forward(hours=1)
    products.update(shop.ctx, apples, {"variants": [{"sku": "A3", "price": 1790}]})
    clock.forward(hours=1)
    prices.set_catalogue_price(shop.ctx, variant, 1690)
    rows = db.rows(
        "SELECT amount, starts, ends FROM price WHERE variant_id = ? ORDER BY id", variant
    )
    assert [row[0] for row in rows] == [1990, 1790, 1690]
    assert [row[2] for row in rows] == [rows[1][1], rows[2][1], None]
    assert db.value("SELECT price FROM variant WHERE id = ?", variant) == 1690


def test_categories_are_a_tree(shop):
    ctx = shop.ctx
    fruit = categories.create(ctx, {"title": "水果", "handle": "fruit"})
    apples = categories.create(ctx, {"title": "Apples", "parent": "fruit"})
    assert categories.get(ctx, apples)["parent"] == "fruit"
    refused("category_circle", categories.update, ctx, fruit, {"parent": "apples"})
    refused("category_circle", categories.update, ctx, fruit, {"parent": "fruit"})
    refused("unknown_category", categories.update, ctx, fruit, {"parent": "nowhere"})
    refused("handle_taken", categories.create, ctx, {"title": "x", "handle": "apples"})
    refused("category_not_empty", categories.delete, ctx, fruit)
    refused("precondition_failed", categories.delete, ctx, apples, 9)
    parent = "apples"
    for level in range(6):
        parent = f"l{level}"
        above = f"l{level - 1}" if level else "apples"
        categories.create(ctx, {"title": parent, "parent": above})
    refused("too_deep", categories.create, ctx, {"title": "x", "parent": parent})
    other = categories.create(ctx, {"title": "other"})
    refused("too_deep", categories.update, ctx, fruit, {"parent": "other"})
    product = products.create(ctx, with_(categories=["other", "fruit"]))
    categories.delete(ctx, other)
    assert products.get(ctx, product)["categories"] == ["fruit"]
    assert len(categories.find(ctx, limit=3)["items"]) == 3


def test_a_take_back_returns_goods_without_money(shop, apples):
    variant = products.get(shop.ctx, apples)["variants"][0]["id"]
    line = order_line(shop.ctx, variant, handed_out=2)
    stock.take_back(shop.ctx, line, 1, "restore", "unopened")
    stock.take_back(shop.ctx, line, 1, "write_off", "bruised")
    with pytest.raises(Conflict) as caught:
        stock.take_back(shop.ctx, line, 1, "restore")
    assert caught.value.facts == {"left": 0}
    assert db.value("SELECT returned FROM order_line") == 2
    assert db.value("SELECT on_hand FROM stock WHERE variant_id = ?", variant) == 13
    told = [(m["kind"], m["delta"]) for m in movements.of_sku(shop.ctx, "A3")["items"]]
    assert told == [("write_off", -1), ("return", 1), ("return", 1), ("delta", 12)]
    with pytest.raises(NotFound):
        stock.take_back(shop.ctx, line + 1, 1, "restore")


def at_once(*works):
    """Run these in threads at the same time; the codes of what was refused."""
    start, codes = threading.Barrier(len(works)), []

    def run(work):
        start.wait()
        try:
            work()
        except Reject as refusal:
            codes.append(refusal.code)
        finally:
            db.database.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def test_of_two_who_make_the_same_sku_at_once_one_is_refused(shop):
    ctx = shop.ctx
    works = [lambda n=n: products.create(ctx, with_(handle=f"h{n}")) for n in range(4)]
    assert at_once(*works) == ["sku_taken"] * 3
    assert db.value("SELECT COUNT(*) FROM product") == 1


def test_case_30_of_two_who_change_the_same_version_at_once_one_is_refused(shop, apples):
    ctx = shop.ctx
    works = [lambda n=n: products.update(ctx, apples, {"title": f"T{n}"}, 1) for n in range(4)]
    assert at_once(*works) == ["precondition_failed"] * 3
    assert products.get(ctx, apples)["version"] == 2


def test_two_moves_at_once_close_no_circle(shop):
    ctx = shop.ctx
    a, b = (categories.create(ctx, {"title": name}) for name in "ab")
    codes = at_once(
        lambda: categories.update(ctx, a, {"parent": "b"}),
        lambda: categories.update(ctx, b, {"parent": "a"}),
    )
    assert codes == ["category_circle"]


def test_a_category_says_how_many_products_its_deletion_takes_out_of_it(shop):
    fruit = categories.create(shop.ctx, {"title": "Fruit", "handle": "fruit"})
    for title in ("Apple", "Pear"):
        variants = [{"sku": title.upper(), "price": 100}]
        document = {"title": title, "variants": variants, "categories": ["fruit"]}
        products.create(shop.ctx, document)
    assert categories.get(shop.ctx, fruit)["products"] == 2
    categories.delete(shop.ctx, fruit)
    told = db.value("SELECT data FROM audit WHERE action = 'category.delete'")
    assert db.load(told) == {"title": "Fruit", "products": 2}
