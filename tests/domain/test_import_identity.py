"""Which variant a row of a file means: stock and orders stay with it, whatever its place."""

import csv
import io
import itertools
from pathlib import Path

import pytest

from shop import db
from shop.catalog import products
from shop.catalog.importing import import_products
from tests.domain.test_importing import document, sheet, simple, snapshot

DATA = Path(__file__).parents[1] / "data" / "shops"
STOCK = """
SELECT v.id, v.options, s.on_hand FROM variant v JOIN stock s ON s.variant_id = v.id
WHERE s.pool = 'main'"""


def variants():
    """{option value: (variant id, units)}"""
    return {"".join(db.load(options)): (id, units) for id, options, units in db.rows(STOCK)}


def skus(ctx, handle):
    return [variant["sku"] for variant in document(ctx, handle)["variants"]]


def brought(ctx, *names, **options):
    for name in names:
        report = import_products(ctx, DATA / name, **options)
        assert report.applied, report.errors
    return report


@pytest.mark.parametrize(
    "names",
    [("blank_sku_1.csv", "blank_sku_2.csv", "blank_sku_3.csv"),
     ("woo_blank_sku_1.csv", "woo_blank_sku_2.csv")],
)  # fmt: skip
def test_a_variant_without_a_sku_keeps_its_stock_when_rows_are_put_in_or_taken_out(shop, names):
    brought(shop.ctx, names[0])
    first = variants()
    brought(shop.ctx, *names[1:])
    now = variants()
    assert {value: now[value] for value in first} == first
    assert now["XS"][1] == 99
    before = snapshot()
    assert brought(shop.ctx, names[-1]).unchanged == 1
    assert snapshot() == before


def test_the_order_of_options_does_not_tell_variants_apart(shop):
    size, color = ({"Option1 Name": a, "Option2 Name": b} for a, b in ("SC", "CS"))
    one = simple(
        "", Handle="tee", Title="Tee", **size, **{"Option1 Value": "M", "Option2 Value": "Red"}
    )
    other = simple(
        "", Handle="tee", Title="Tee", **color, **{"Option1 Value": "Red", "Option2 Value": "M"}
    )
    import_products(shop.ctx, sheet(one))
    made = skus(shop.ctx, "tee")
    assert import_products(shop.ctx, sheet(other)).applied
    assert skus(shop.ctx, "tee") == made


HEAD = (
    "ID,Type,SKU,Name,Published,Stock,Regular price,Parent,Attribute 1 name,Attribute 1 value(s)\n"
)


def woo(ctx, *lines):
    return import_products(ctx, io.BytesIO((HEAD + "\n".join(lines) + "\n").encode()))


def test_a_row_of_woocommerce_is_known_by_its_id_when_title_and_option_change(shop):
    woo(shop.ctx, "7,simple,,Jam,1,5,3,,,", "10,variable,,Tee,1,,,,Size,\"S, M\"",
        "11,variation,,,1,10,9,id:10,Size,S", "12,variation,,,1,20,9,id:10,Size,M")  # fmt: skip
    before = variants()
    report = woo(shop.ctx, "7,simple,,Plum jam,1,5,3,,,", "10,variable,,Shirt,1,,,,Size,\"Small, M\"",
                 "12,variation,,,1,20,9,id:10,Size,M", "11,variation,,,1,10,9,id:10,Size,Small")  # fmt: skip
    assert (report.created, report.updated, report.errors) == (0, 2, [])
    assert variants() == {"": before[""], "Small": before["S"], "M": before["M"]}
    assert {found["code"] for found in report.notes} == {"import_renamed"}


def rows_of(name):
    with (DATA / name).open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["made_sku_collides.csv", "made_sku_taken.csv"])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_made_sku_is_nobody_elses_whatever_the_order_of_rows(shop, name, backwards):
    rows = rows_of(name)[:: -1 if backwards else 1]
    report = import_products(shop.ctx, sheet(*rows))
    assert (report.errors, report.created) == ([], 2)
    before = snapshot()
    for again in (rows, rows[::-1]):
        assert import_products(shop.ctx, sheet(*again)).unchanged == 2
        assert snapshot() == before


def test_a_made_sku_is_not_one_of_the_catalogue(shop):
    taken = {"title": "Old", "handle": "old", "variants": [{"sku": "bread-1", "price": 1}]}
    products.create(shop.ctx, taken)
    assert import_products(shop.ctx, sheet(simple("", Handle="bread", Title="Bread"))).applied
    assert skus(shop.ctx, "old") == ["bread-1"]
    assert skus(shop.ctx, "bread") == ["bread-2"]


def test_a_blank_row_does_not_take_the_variant_that_another_row_names(shop):
    more = {"Handle": "tee", "Title": "Tee", "Option1 Name": "Size"}
    import_products(shop.ctx, sheet(simple("A", **more, **{"Option1 Value": "S"})))
    rows = [
        simple("", **more, **{"Option1 Value": "S"}),
        simple("A", **more, **{"Option1 Value": "M"}),
    ]
    assert import_products(shop.ctx, sheet(*rows)).applied
    found = {v["options"][0]: v["sku"] for v in document(shop.ctx, "tee")["variants"]}
    assert found == {"S": "tee-s", "M": "A"}


def test_a_sku_in_two_products_is_an_error_that_offers_a_suffix(shop):
    report = import_products(shop.ctx, DATA / "sku_twice.csv")
    [error] = report.errors
    assert (error["line"], error["code"]) == (3, "import_sku_twice")
    assert "--suffix-skus" in error["reason"]


def test_suffixed_skus_are_distinct_and_stay_whatever_the_order_of_rows(shop):
    rows = rows_of("sku_twice.csv")
    report = import_products(shop.ctx, sheet(*rows), suffix_skus=True)
    assert (report.created, report.errors) == (2, [])
    assert [note["code"] for note in report.notes] == ["import_sku_suffixed"]
    assert (skus(shop.ctx, "a"), skus(shop.ctx, "b")) == (["SAME"], ["SAME-2"])
    before = snapshot()
    for again in itertools.permutations(rows):
        assert import_products(shop.ctx, sheet(*again), suffix_skus=True).unchanged == 2
        assert snapshot() == before


def test_a_sku_of_another_product_in_the_shop_is_suffixed_too(shop):
    import_products(shop.ctx, sheet(simple("A")))
    more = simple("A", Handle="other", Title="Other")
    assert import_products(shop.ctx, sheet(more)).errors[0]["code"] == "import_sku_taken"
    for created in (1, 0):
        assert import_products(shop.ctx, sheet(more), suffix_skus=True).created == created
    assert skus(shop.ctx, "other") == ["A-2"]


def codes(report):
    return [found["code"] for found in report.errors]


@pytest.mark.sqlite_only
def test_a_sku_filled_in_at_woocommerce_goes_to_the_variant_that_is_there(shop):
    woo(shop.ctx, "5,simple,,Mug,1,9,5.00,,,", '10,variable,,Tee,1,,,,Size,"S, M"',
        "11,variation,,,1,10,9,id:10,Size,S", "12,variation,,,1,20,9,id:10,Size,M")  # fmt: skip
    before = variants()
    for updated in (2, 0):
        report = woo(shop.ctx, "5,simple,MUG-1,Mug,1,9,5.00,,,", '10,variable,TEE,Tee,1,,,,Size,"S, M"',
                     "11,variation,T-S,,1,10,9,TEE,Size,S", "12,variation,T-M,,1,20,9,TEE,Size,M")  # fmt: skip
        assert (codes(report), report.created, report.updated) == ([], 0, updated)
        assert variants() == before
    assert (skus(shop.ctx, "mug-5"), skus(shop.ctx, "tee-10")) == (["MUG-1"], ["T-S", "T-M"])


@pytest.mark.sqlite_only
def test_a_sku_filled_in_at_shopify_goes_to_the_variant_that_is_there(shop):
    size = {"Handle": "tee", "Title": "Tee", "Option1 Name": "Size"}
    for names in (["", ""], ["T-S", "T-M"]):
        rows = [simple(sku, **size, **{"Option1 Value": value, "Variant Inventory Qty": "4"})
                for sku, value in zip(names, "SM", strict=True)]  # fmt: skip
        report = import_products(shop.ctx, sheet(*rows))
        assert codes(report) == []
    assert (report.updated, skus(shop.ctx, "tee")) == (1, ["T-S", "T-M"])
    assert [units for _, units in variants().values()] == [4, 4]


@pytest.mark.sqlite_only
def test_a_sku_of_the_owners_own_is_not_changed_by_a_file(shop):
    import_products(shop.ctx, sheet(simple("OWN", Handle="mug", Title="Mug")))
    report = import_products(shop.ctx, sheet(simple("NEW", Handle="mug", Title="Mug")))
    assert codes(report) == ["import_sku_changed"]
    assert all(word in report.errors[0]["reason"] for word in ("OWN", "NEW", "Mug"))


@pytest.mark.sqlite_only
def test_the_case_of_an_option_makes_no_new_variant(shop):
    size = {"Handle": "tee", "Title": "Tee", "Option1 Name": "Size"}
    for values in ("SM", "sM"):
        rows = [simple("", **size, **{"Option1 Value": value}) for value in values]
        assert import_products(shop.ctx, sheet(*rows)).applied
    assert (list(variants()), len(skus(shop.ctx, "tee"))) == (["s", "M"], 2)


@pytest.mark.sqlite_only
def test_a_product_under_a_new_sku_with_a_title_of_the_shop_is_told(shop):
    woo(shop.ctx, "5,simple,OLD,Mug,1,9,5.00,,,", "6,simple,LAMP,Lamp,1,9,5.00,,,")
    report = woo(shop.ctx, "5,simple,NEW,Mug,1,9,5.00,,,", "6,simple,LAMP,Lamp,1,9,5.00,,,")
    [note] = report.notes
    assert (report.created, note["code"], note["line"]) == (1, "import_title_known", 2)
    assert all(word in note["reason"] for word in ("Mug", "old"))


@pytest.mark.sqlite_only
def test_two_products_of_one_title_in_the_file_itself_are_no_question(shop):
    for sku in ("A", "C"):
        rows = ["5,simple,A,Mug,1,9,5.00,,,", f"6,simple,B{sku},Mug,1,9,5.00,,,"]
        report = woo(shop.ctx, *rows[: 1 if sku == "A" else 2])
        assert (report.created, report.notes) == (1, [])


@pytest.mark.parametrize(
    ("sku", "created", "errors"), [("", 0, ["import_id_of_another"]), ("L", 1, [])]
)
@pytest.mark.sqlite_only
def test_an_id_alone_does_not_hand_the_stock_of_one_product_to_another(shop, sku, created, errors):
    woo(shop.ctx, "5,simple,,Mug,1,9,5.00,,,")
    report = woo(shop.ctx, f"5,simple,{sku},Lamp,1,2,5.00,,,")
    assert (report.created, codes(report)) == (created, errors)
    assert all(word in found["reason"] for found in report.errors for word in ("Mug", "Lamp"))
    assert document(shop.ctx, "mug-5")["title"] == "Mug"


@pytest.mark.sqlite_only
def test_a_kept_variant_that_does_not_fit_is_told_in_words(shop):
    import_products(shop.ctx, sheet(simple("A")))
    more = {"Handle": "a", "Option1 Name": "n", "Option1 Value": "1"}
    [error] = import_products(shop.ctx, sheet(simple("A-1", **more))).errors
    assert error["code"] == "import_kept_variant"
    assert "variant_options" not in error["reason"]
