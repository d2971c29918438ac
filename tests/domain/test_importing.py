"""Product files come in whole or not at all, and the second time they change nothing."""

import csv
import io
import threading
import tracemalloc
from pathlib import Path

import pytest

from shop import db
from shop.catalog import products, search, version
from shop.catalog.importing import import_products
from shop.stock import stock
from tests.tools.racing import race

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data"
TABLES = (
    "product", "variant", "price", "stock", "stock_movement", "category", "product_category",
    "search_term", "audit", "store", "event", "job",
)  # fmt: skip


def shared(name):
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"../shared/data/{name} is not beside this checkout")
    return path


def sheet(*rows, encoding="utf-8"):
    """A Shopify file of dicts, in memory."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def simple(sku="A", **more):
    return {
        "Handle": sku.lower(), "Title": sku, "Variant SKU": sku, "Variant Price": "1.00", **more
    }  # fmt: skip


def document(ctx, handle):
    return products.document(ctx, products.by_handle(ctx, [handle])[handle])


def snapshot():
    """Every row of every table that an import may touch."""
    return {table: sorted(map(repr, db.rows(f"SELECT * FROM {table}"))) for table in TABLES}


def places(report):
    return [(found["line"], found["column"], found["code"]) for found in report.errors]


# -- Shopify ---------------------------------------------------------------------------------


def test_a_shopify_product_comes_in_with_all_that_its_rows_say(shop):
    report = import_products(shop.ctx, DATA / "shopify.csv")
    assert (report.format, report.encoding, report.applied) == ("shopify", "utf-8", True)
    assert (report.products, report.variants, report.created) == (2, 3, 2)
    apple = document(shop.ctx, "red-apple")
    assert apple == {
        "handle": "red-apple",
        "title": "红苹果",
        "description": "<p>脆甜。</p>\n<p>产地：烟台</p>",
        "status": "published",
        "unit": "",
        "vendor": "山里果园",
        "product_type": "水果",
        "tags": ["当季", "家常"],
        "images": [
            {"src": "https://images.example/apple-1.jpg", "alt": "一个苹果"},
            {"src": "https://images.example/apple-2.jpg", "alt": "一箱苹果"},
            {"src": "https://images.example/apple-3.jpg", "alt": ""},
        ],
        "options": [{"name": "规格", "values": ["3斤装", "5斤装"]}],
        "seo": {"title": "红苹果", "description": "脆甜的红苹果"},
        "translations": {},
        "position": 0,
        "categories": ["苹果"],
        "variants": [
            {"sku": "APPLE-3", "barcode": "6901234567892", "options": ["3斤装"], "price": 1990,
             "compare_at": 2500, "cost": None, "weight": 1500, "image": "", "tracked": True,
             "stock": 12},
            {"sku": "APPLE-5", "barcode": "", "options": ["5斤装"], "price": 2990,
             "compare_at": None, "cost": None, "weight": 2500, "image": "", "tracked": True,
             "stock": 8},
        ],
    }  # fmt: skip
    parent = db.value(
        "SELECT p.title FROM category c JOIN category p ON p.id = c.parent_id WHERE c.handle = ?",
        "苹果",
    )
    assert parent == "水果"
    assert search.query(shop.ctx, "苹果")


def test_a_variant_without_a_sku_gets_a_stable_one_and_a_default_title_is_no_option(shop):
    import_products(shop.ctx, DATA / "shopify.csv")
    rice = document(shop.ctx, "rice")
    assert (rice["status"], rice["options"]) == ("draft", [])
    [variant] = rice["variants"]
    assert (variant["sku"], variant["tracked"], variant["weight"]) == ("rice-1", False, None)


def test_a_gift_card_is_reported_as_not_for_pickup(shop):
    report = import_products(shop.ctx, DATA / "shopify.csv")
    assert [(found["line"], found["code"]) for found in report.skipped] == [
        (6, "import_not_for_pickup")
    ]


def test_the_real_catalogue_gives_239_products_and_244_variants(shop):
    path = shared("yanxuan_products.csv")
    report = import_products(shop.ctx, path)
    assert (report.products, report.variants, report.errors) == (239, 244, [])
    assert db.value("SELECT COUNT(*) FROM product") == 239
    assert db.value("SELECT COUNT(*) FROM variant") == 244
    before = snapshot()
    shop.clock.forward(days=1)
    again = import_products(shop.ctx, path)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 239)
    assert snapshot() == before


@pytest.mark.parametrize("name", ["shopify.csv", "woocommerce.csv"])
def test_the_same_file_changes_nothing_the_second_time(shop, name):
    import_products(shop.ctx, DATA / name)
    before = snapshot()
    shop.clock.forward(hours=1)
    for options in ({}, {"set_stock": True}):
        report = import_products(shop.ctx, DATA / name, **options)
        assert (report.created, report.updated, report.unchanged) == (0, 0, 2)
        assert snapshot() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_gives_the_same_products(shop, encoding):
    text = (DATA / "shopify.csv").read_text("utf-8").replace("大米", "大米𠮷")
    report = import_products(shop.ctx, io.BytesIO(text.encode(encoding)))
    assert (report.encoding, report.errors) == (encoding, [])
    assert document(shop.ctx, "rice")["title"] == "大米𠮷"


def test_a_broken_byte_is_an_error_with_its_line_and_not_noise(shop):
    good = sheet(simple("A", Title="红" * 50), simple("B", Title="苹果" * 50)).getvalue()
    broken = good.replace("苹".encode(), "苹".encode()[:2], 1)
    report = import_products(shop.ctx, io.BytesIO(broken), skip_errors=True)
    assert places(report) == [(3, "", "import_encoding")]
    assert not report.applied
    assert not products.by_handle(shop.ctx, ["a"])


@pytest.mark.parametrize("content", [b"", b"\n", b"a,b\n1,2\n", b"\xff\xfe\x00\x01", b'Handle,"'])
def test_what_is_no_product_file_is_refused_with_a_reason(shop, content):
    report = import_products(shop.ctx, io.BytesIO(content))
    assert len(report.errors) == 1
    assert not report.applied


def test_a_quote_that_never_closes_is_reported_where_it_opens(shop):
    text = 'Handle,Title,Variant SKU,Variant Price\na,A,A,1\nb,"B,B,1\nc,C,C,1\n'
    report = import_products(shop.ctx, io.BytesIO(text.encode()), skip_errors=True)
    assert places(report) == [(3, "", "import_csv")]
    assert not products.by_handle(shop.ctx, ["a"])


def test_semicolons_and_tabs_separate_too(shop):
    for at, mark in enumerate(";\t"):
        text = f"Handle,Title,Variant SKU,Variant Price\nh{at},T,S{at},1.5\n".replace(",", mark)
        assert import_products(shop.ctx, io.BytesIO(text.encode())).created == 1


def test_all_errors_come_at_once_with_line_column_and_reason(shop):
    file = sheet(
        simple("A", **{"Variant Price": "19.999", "Body (HTML)": "two\nlines"}),
        simple("B", **{"Variant Price": "", "Variant Compare At Price": "-1"}),
        simple("C", Published="perhaps", **{"Variant Inventory Qty": "3.5"}),
        simple("D", Title="", **{"Image Src": "javascript:alert(1)"}),
        simple("E", **{"Option1 Name": "Size", "Option1 Value": ""}),
        simple("F", **{"Variant SKU": "A"}),
        {**simple("G"), "Handle": "a b"},
        simple("H\x00"),
        simple("A", **{"Variant SKU": "other"}),
    )
    report = import_products(shop.ctx, file)
    assert [place[0] for place in places(report)] == sorted(place[0] for place in places(report))
    assert sorted(places(report)) == [
        (2, "Variant Price", "import_amount"),
        (3, "Variant Compare At Price", "import_below_zero"),
        (3, "Variant Price", "import_missing"),
        (4, "Published", "import_flag"),
        (4, "Variant Inventory Qty", "import_whole"),
        (5, "Image Src", "import_image"),
        (5, "Title", "import_missing"),
        (6, "Option1 Value", "import_option"),
        (7, "Variant SKU", "import_sku_twice"),
        (8, "Handle", "import_handle"),
        (9, "Handle", "import_control"),
        (10, "Handle", "import_handle_twice"),
    ]
    assert all(found["reason"] and "{" not in found["reason"] for found in report.errors)
    assert not report.applied
    assert db.value("SELECT COUNT(*) FROM product") == 0


def test_one_error_keeps_everything_out_and_skipping_errors_takes_the_rest(shop):
    file = sheet(simple("A"), simple("B", **{"Variant Price": "x"}), simple("C"))
    before = snapshot()
    report = import_products(shop.ctx, file)
    assert (report.applied, report.created, len(report.errors)) == (False, 0, 1)
    assert snapshot() == before
    report = import_products(shop.ctx, file, skip_errors=True)
    assert (report.applied, report.created, len(report.errors)) == (True, 2, 1)
    assert sorted(products.by_handle(shop.ctx, ["a", "b", "c"])) == ["a", "c"]


def test_a_dry_run_finds_everything_and_keeps_nothing(shop):
    import_products(shop.ctx, sheet(simple("A")))
    before = snapshot()
    file = sheet(
        simple("A", **{"Variant Price": "2.00", "Product Category": "New > Newer"}), simple("B")
    )
    report = import_products(shop.ctx, file, dry_run=True, set_stock=True)
    assert (report.created, report.updated, report.dry_run, report.applied) == (1, 1, True, False)
    assert snapshot() == before


def test_a_sku_of_another_product_is_an_error_of_its_row(shop):
    products.create(shop.ctx, {"title": "Old", "variants": [{"sku": "X", "price": 1}]})
    file = sheet(simple("A"), simple("X", Handle="new"), simple("B", **{"Variant Price": "?"}))
    report = import_products(shop.ctx, file)
    assert places(report) == [
        (3, "Variant SKU", "import_sku_taken"),
        (4, "Variant Price", "import_amount"),
    ]
    assert "old" in report.errors[0]["reason"]
    assert import_products(shop.ctx, file, skip_errors=True).created == 1


def test_rows_of_a_product_with_more_than_one_hundred_variants_are_refused(shop):
    rows = [
        simple("A", **{"Option1 Name": "n", "Option1 Value": str(n), "Variant SKU": f"A{n}"})
        for n in range(101)
    ]
    assert places(import_products(shop.ctx, sheet(*rows))) == [
        (2, "Variant SKU", "import_too_many")
    ]
    assert import_products(shop.ctx, sheet(*rows[:100])).variants == 100


def test_two_variants_with_the_same_options_are_an_error(shop):
    def row(sku):
        return {**simple("A"), "Option1 Name": "n", "Option1 Value": "1", "Variant SKU": sku}

    report = import_products(shop.ctx, sheet(row("A"), row("B")))
    assert places(report) == [(3, "Option1 Value", "import_options_twice")]


@pytest.mark.parametrize(
    "bad", ["p,,2,x,S2,,", "p,,2,1.00,S2,,,slipped", "p,,1,1.00,S2,,", "p,,2,1,S2,ftp://a,"]
)
def test_skipping_errors_leaves_out_the_whole_product_of_a_bad_row(shop, bad):
    text = (
        "Handle,Title,Option1 Value,Variant Price,Variant SKU,Image Src,Option1 Name\n"
        f"p,P,1,1.00,S1,,n\n{bad}\nq,Q,1,1.00,S3,,n\n"
    )
    report = import_products(shop.ctx, io.BytesIO(text.encode()), skip_errors=True)
    assert [found["line"] for found in report.errors] == [3]
    assert (report.applied, report.created) == (True, 1)
    assert _handles() == ["q"]


@pytest.mark.parametrize("bad", ["2,variation,B,B,x,,,5,A,", "2,variation,B,B,1,,,5,A,,slipped"])
def test_a_bad_variation_keeps_its_product_out(shop, bad):
    report = woo(shop, "1,variable,A,A,1,,,,,", bad, skip_errors=True)
    assert [found["line"] for found in report.errors] == [3]
    assert _handles() == []


def test_a_product_of_too_many_rows_is_one_error(shop):
    rows = [simple("A", **{"Image Src": f"/{n}.jpg", "Image Position": n}) for n in range(402)]
    for row in rows[1:]:
        row |= {"Title": "", "Variant SKU": "", "Variant Price": ""}
    report = import_products(shop.ctx, sheet(*rows, simple("B")), skip_errors=True)
    assert ("Handle", "import_too_many") in [place[1:] for place in places(report)]
    assert _handles() == ["b"]


def test_a_shifted_row_is_an_error(shop):
    text = "Handle,Title,Variant SKU,Variant Price\na,A,with, comma,1\n"
    report = import_products(shop.ctx, io.BytesIO(text.encode()))
    assert places(report)[0] == (2, "", "import_too_wide")


# -- what is there already -------------------------------------------------------------------


def test_what_the_file_has_no_column_for_stays(shop):
    variant = {"sku": "A", "price": 100, "cost": 60, "weight": 5, "barcode": "1", "stock": 3}
    given = {
        "handle": "a", "title": "Old", "unit": "bag", "vendor": "V", "tags": ["x"], "position": 4,
        "translations": {"en": {"title": "Old too"}}, "seo": {"title": "S"}, "variants": [variant],
    }  # fmt: skip
    products.create(shop.ctx, given)
    before = document(shop.ctx, "a")
    report = import_products(shop.ctx, sheet(simple("A", Title="New")))
    assert report.updated == 1
    after = document(shop.ctx, "a")
    assert after == {**before, "title": "New"}
    assert search.query(shop.ctx, "new")


def test_a_changed_price_closes_one_row_of_history_and_opens_another(shop):
    import_products(shop.ctx, sheet(simple("A")))
    was = version.current(shop.ctx)
    shop.clock.forward(hours=1)
    import_products(shop.ctx, sheet(simple("A", **{"Variant Price": "2.00"})))
    now = shop.ctx.now_us
    rows = db.rows("SELECT amount, starts, ends FROM price ORDER BY id")
    assert rows == [(100, now - 3_600_000_000, now), (200, now, None)]
    assert version.current(shop.ctx) == was + 1
    assert db.value("SELECT version FROM product") == 2


def test_variants_and_products_that_the_file_does_not_list_stay(shop):
    def row(value, sku):
        return {**simple("A"), "Option1 Name": "n", "Option1 Value": value, "Variant SKU": sku}

    import_products(shop.ctx, sheet(row("1", "A1"), row("2", "A2"), simple("B")))
    import_products(shop.ctx, sheet(row("3", "A3"), row("2", "A2")))
    skus = [variant["sku"] for variant in document(shop.ctx, "a")["variants"]]
    assert skus == ["A1", "A2", "A3"]
    [option] = document(shop.ctx, "a")["options"]
    assert sorted(option["values"]) == ["1", "2", "3"]
    assert document(shop.ctx, "b")


def test_a_kept_variant_that_does_not_fit_the_new_options_is_an_error(shop):
    import_products(shop.ctx, sheet(simple("A")))
    other = {**simple("A"), "Option1 Name": "n", "Option1 Value": "1", "Variant SKU": "A-1"}
    report = import_products(shop.ctx, sheet(other))
    assert places(report) == [(2, "Variant SKU", "import_kept_variant")]
    assert not report.applied


def test_case_30_an_import_leaves_live_stock_alone(shop):
    file = sheet(
        simple("A", **{"Variant Inventory Tracker": "shopify", "Variant Inventory Qty": 9})
    )
    import_products(shop.ctx, file)
    stock.adjust(shop.ctx, "A", -4, "sold elsewhere")
    report = import_products(shop.ctx, file)
    assert report.unchanged == 1
    assert document(shop.ctx, "a")["variants"][0]["stock"] == 5


def test_case_30_stock_that_an_import_sets_while_units_are_sold_loses_none(shop):
    file = sheet(
        simple("A", **{"Variant Inventory Tracker": "shopify", "Variant Inventory Qty": 50})
    )
    import_products(shop.ctx, file)
    [(variant,)] = db.rows("SELECT id FROM variant")
    ctx = shop.ctx

    def sell(number):
        for step in range(5):
            with db.transaction():
                stock.take(ctx, [(variant, "main", 1)], 100 * number + step)

    def take_in(_):
        return import_products(ctx, io.BytesIO(file.getvalue()), set_stock=True)

    works = [lambda n=n: (take_in if n % 4 == 0 else sell)(n) for n in range(12)]
    assert not [found for found in race(*works) if isinstance(found, Exception)]
    moved, kinds = db.row("SELECT SUM(delta), COUNT(DISTINCT kind) FROM stock_movement")
    assert db.value("SELECT on_hand FROM stock") == moved
    assert db.value("SELECT SUM(delta) FROM stock_movement WHERE kind = 'order'") == -45
    assert 5 <= moved <= 50
    assert kinds == 2


def test_case_30_set_stock_moves_by_the_difference_with_its_reason(shop):
    file = sheet(
        *(simple(sku, **{"Variant Inventory Tracker": "x", "Variant Inventory Qty": 9})
          for sku in "AB")
    )  # fmt: skip
    import_products(shop.ctx, file)
    stock.adjust(shop.ctx, "A", -4, "sold elsewhere")
    report = import_products(shop.ctx, file, set_stock=True)
    assert (report.updated, report.unchanged) == (1, 1)
    movements = db.rows("SELECT delta, kind, reason FROM stock_movement ORDER BY id")
    assert movements[-2:] == [(-4, "delta", "sold elsewhere"), (4, "delta", "import")]
    assert len(movements) == 4
    assert db.rows("SELECT on_hand FROM stock") == [(9,), (9,)]


def test_stock_below_zero_counts_as_none_and_is_noted(shop):
    more = {"Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "-3"}
    report = import_products(shop.ctx, sheet(simple("A", **more)))
    assert [found["code"] for found in report.notes] == ["import_oversold"]
    assert document(shop.ctx, "a")["variants"][0]["stock"] == 0


def test_the_same_file_at_the_same_time_comes_in_once(shop):
    rows = [simple(f"P{n}", **{"Product Category": "One > Two"}) for n in range(60)]
    content = sheet(*rows).getvalue()
    reports, barrier = [], threading.Barrier(4)

    def work():
        barrier.wait()
        try:
            reports.append(import_products(shop.ctx, io.BytesIO(content)))
        finally:
            db.database.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.created for report in reports) == [0, 0, 0, 60]
    assert sum(report.unchanged for report in reports) == 180
    assert db.value("SELECT COUNT(*) FROM category") == 2


# -- categories ------------------------------------------------------------------------------


def test_a_path_grows_the_tree_and_meets_what_is_there(shop):
    rows = [
        simple("A", **{"Product Category": "Fruit > Apples"}),
        simple("B", **{"Product Category": "Fruit > Pears"}),
        simple("C", **{"Product Category": "Juice > Apples"}),
        simple("D", **{"Product Category": ""}),
    ]
    import_products(shop.ctx, sheet(*rows))
    tree = db.rows(
        "SELECT c.handle, p.handle FROM category c LEFT JOIN category p ON p.id = c.parent_id"
        " ORDER BY c.id"
    )
    assert tree == [
        ("fruit", None), ("apples", "fruit"), ("pears", "fruit"), ("juice", None),
        ("juice-apples", "juice"),
    ]  # fmt: skip
    assert document(shop.ctx, "c")["categories"] == ["juice-apples"]
    assert document(shop.ctx, "d")["categories"] == []
    rows[0]["Product Category"] = "Juice"
    import_products(shop.ctx, sheet(*rows))
    assert document(shop.ctx, "a")["categories"] == ["juice"]


# -- WooCommerce -----------------------------------------------------------------------------


def test_woocommerce_variations_find_their_product_wherever_they_stand(shop):
    report = import_products(shop.ctx, DATA / "woocommerce.csv")
    assert (report.format, report.products, report.variants) == ("woocommerce", 2, 3)
    assert not report.errors
    tee = document(shop.ctx, "tee")
    assert tee["options"] == [{"name": "Color", "values": ["Blue", "Red"]}]
    assert [variant["sku"] for variant in tee["variants"]] == ["TEE-BLUE", "TEE-RED"]
    blue, red = tee["variants"]
    assert (blue["price"], blue["compare_at"], blue["weight"]) == (2000, 2500, 250)
    assert (red["price"], red["compare_at"], red["weight"]) == (2500, None, 200)
    assert (blue["tracked"], blue["stock"], red["tracked"], red["stock"]) == (True, 0, True, 5)
    assert red["image"] == "https://images.example/tee-red.jpg"
    assert tee["description"] == "<p>=plain</p>"
    assert [image["src"][-5:] for image in tee["images"]] == ["1.jpg", "2.jpg"]
    notes = {(found["line"], found["code"]) for found in report.notes}
    assert notes == {(5, "import_shared_stock"), (4, "import_open_option")}


def test_woocommerce_texts_lists_and_prices_are_read_as_it_writes_them(shop):
    import_products(shop.ctx, DATA / "woocommerce.csv")
    jam = document(shop.ctx, "jam-1")
    assert jam["description"] == (
        "<p>From our own trees.</p>\n<p>Cooked slowly.</p>\n<p>Keeps a year.</p>"
    )
    assert jam["tags"] == ["plum", "sweet"]
    assert jam["position"] == 3
    titles = dict(db.rows("SELECT handle, title FROM category"))
    assert {titles[handle] for handle in jam["categories"]} == {"Jam, jelly", "Gifts"}
    [variant] = jam["variants"]
    assert (variant["price"], variant["compare_at"], variant["weight"]) == (450, 600, 350)


def _handles():
    return [handle for (handle,) in db.rows("SELECT handle FROM product")]


def test_what_cannot_be_picked_up_is_reported_one_by_one(shop):
    report = import_products(shop.ctx, DATA / "woocommerce.csv")
    assert [(found["line"], found["code"]) for found in report.skipped] == [
        (6, "import_disabled"),
        (7, "import_not_for_pickup"),
        (8, "import_not_for_pickup"),
        (9, "import_not_for_pickup"),
    ]
    assert "grouped" in report.skipped[1]["reason"]


def test_the_sample_of_woocommerce_comes_in_but_for_what_cannot_be_picked_up(shop):
    report = import_products(shop.ctx, shared("woocommerce_sample_products.csv"))
    assert (report.products, report.variants, report.errors) == (11, 18, [])
    assert [found["line"] for found in report.skipped] == [10, 11, 17, 18]
    hoodie = document(shop.ctx, "cc-hoodie")
    assert [option["name"] for option in hoodie["options"]] == ["Color", "Logo"]
    assert len(hoodie["variants"]) == 6


HEADER = "ID,Type,SKU,Name,Published,Stock,Sale price,Regular price,Parent,{more}\n"


def woo(shop, *rows, more="Weight (kg)", **options):
    text = HEADER.format(more=more) + "\n".join(rows) + "\n"
    return import_products(shop.ctx, io.BytesIO(text.encode()), **options)


def test_a_variation_without_its_product_is_an_error(shop):
    report = woo(shop, "2,variation,B,B,1,,,5,nowhere,", "3,variation,C,C,1,,,5,id:9,")
    assert places(report) == [(2, "Parent", "import_parent"), (3, "Parent", "import_parent")]


@pytest.mark.parametrize(
    "unit, weight, grams",
    [("kg", "0.35", 350), ("g", "12", 12), ("lbs", "2", 907), ("oz", "1", 28)],
)
def test_weights_are_grams_whatever_unit_the_header_names(shop, unit, weight, grams):
    woo(shop, f"1,simple,a,A,1,,,5,,{weight}", more=f"Weight ({unit})")
    assert document(shop.ctx, "a")["variants"][0]["weight"] == grams


@pytest.mark.parametrize(
    "dates, price",
    [("2026-05-01,2026-05-01", 300), ("2026-05-02,", 500), (",2026-04-30", 500), (",", 300),
     ("2026-05-01 11:00:00,2026-05-01 12:30:00", 300), (",2026-05-01 11:59:00", 500)],
)  # fmt: skip
def test_a_sale_price_counts_while_the_sale_lasts_in_the_stores_zone(shop, dates, price):
    report = woo(shop, f"1,simple,a,A,1,,3,5,,{dates}",
                 more="Date sale price starts,Date sale price ends")  # fmt: skip
    assert not report.errors
    [variant] = document(shop.ctx, "a")["variants"]
    assert (variant["price"], variant["compare_at"]) == (price, 500 if price == 300 else None)


def test_woocommerce_handles_stay_the_same_when_a_product_is_renamed(shop):
    woo(shop, "1,simple,AB 1,Old name,1,,,5,,", "2,simple,,No SKU,1,,,5,,")
    assert sorted(_handles()) == ["ab-1-1", "no-sku-2"]
    report = woo(shop, "1,simple,AB 1,New name,1,,,5,,")
    assert (report.created, report.updated) == (0, 1)


# -- size ------------------------------------------------------------------------------------


def many(count):
    """A Shopify file of `count` products, as it goes by."""
    head = "Handle,Title,Body (HTML),Product Category,Tags,Option1 Name,Option1 Value,Variant SKU,"
    yield (head + "Variant Inventory Qty,Variant Price,Image Src\n").encode()
    for n in range(count):
        yield (
            f"p{n},新鲜水果{n}号,<p>{'好吃' * 50}</p>,水果 > 第{n % 40}类,当季,规格,小,S{n},5,9.90,/a/{n}.jpg\n"
            f"p{n},,,,,,大,L{n},5,19.90,\n"
        ).encode()


@pytest.fixture
def big(tmp_path, request):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.writelines(many(request.param))
    return path


@pytest.mark.sqlite_only
@pytest.mark.parametrize("big", [3_000], indirect=True)
def test_memory_does_not_grow_with_the_file(shop, big):
    peaks = []
    for content in (io.BytesIO(b"".join(many(600))), big):
        tracemalloc.start()
        report = import_products(shop.ctx, content, dry_run=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert report.created == 3_000
    assert peaks[1] < peaks[0] + 1_000_000, peaks


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.parametrize("big", [100_000], indirect=True)
def test_a_hundred_thousand_products_come_in_within_bounded_memory(shop, big):
    stages = {}
    tracemalloc.start()
    report = import_products(
        shop.ctx, big, progress=lambda stage, done, of: stages.update({stage: (done, of)})
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (report.created, report.variants) == (100_000, 200_000)
    assert peak < 40_000_000
    assert stages == {
        "reading": (big.stat().st_size,) * 2,
        "writing": (100_000, 100_000),
    }


def test_progress_tells_bytes_read_and_products_written(shop):
    seen = []
    content = b"".join(many(520))
    import_products(shop.ctx, io.BytesIO(content), progress=lambda *now: seen.append(now))
    assert seen[-1] == ("writing", 520, 520)
    assert ("writing", 500, 520) in seen
    reading = [done for stage, done, of in seen if stage == "reading" and of == len(content)]
    assert reading == sorted(reading)
    assert reading[-1] == len(content)
