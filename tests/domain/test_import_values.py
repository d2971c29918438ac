"""Values of real files that are not written as we would: they come in, and it is said how."""

from pathlib import Path

import pytest

from shop.catalog.importing import import_products
from tests.domain.test_importing import document, sheet, simple, snapshot

pytestmark = pytest.mark.sqlite_only
DATA = Path(__file__).parents[1] / "data" / "shops"


def codes(report):
    return [note["code"] for note in report.notes]


@pytest.mark.parametrize("name, weight", [("grams.csv", 227), ("grams_new_columns.csv", 454)])
def test_parts_of_grams_are_rounded_and_said(shop, name, weight):
    report = import_products(shop.ctx, DATA / name)
    assert (report.errors, codes(report)) == ([], ["import_rounded"])
    assert str(weight) in report.notes[0]["reason"]
    [variant] = document(shop.ctx, "mug")["variants"]
    assert (variant["sku"], variant["price"], variant["weight"]) == ("M1", 1200, weight)


@pytest.mark.parametrize("weight", ["-1", "NaN", "1e99", "Infinity", "a"])
def test_a_weight_that_is_no_number_of_grams_is_an_error(shop, weight):
    report = import_products(shop.ctx, sheet(simple(**{"Variant Grams": weight})))
    assert [found["code"] for found in report.errors] == ["import_number"]


def test_the_apostrophe_of_a_spreadsheet_is_no_part_of_a_sku_or_barcode(shop):
    import_products(shop.ctx, DATA / "sku_apostrophe.csv")
    [variant] = document(shop.ctx, "pen")["variants"]
    assert (variant["sku"], variant["barcode"]) == ("0112", "8901234567894")


def test_a_sku_written_as_a_formula_of_text_is_that_text(shop):
    import_products(
        shop.ctx, sheet(simple('="00123"', Handle="a", **{"Variant Barcode": '="0456"'}))
    )
    [variant] = document(shop.ctx, "a")["variants"]
    assert (variant["sku"], variant["barcode"]) == ("00123", "0456")


@pytest.mark.parametrize(
    "handle, made",
    [("skin-tac™-wipes", "skin-tactm-wipes"), ("🎂-box", "birthday-cake-box"), ("🍰-box", "shortcake-box"),
     ("a®", "a-registered-sign"), ("❤️", "heavy-black-heart")],
)  # fmt: skip
def test_a_handle_with_signs_is_made_valid_with_a_note_and_is_the_same_again(shop, handle, made):
    rows = [simple("W1", Handle=handle), simple("W2", Handle="plain")]
    report = import_products(shop.ctx, sheet(*rows))
    assert (report.errors, codes(report)) == ([], ["import_handle_made"])
    assert document(shop.ctx, made)["variants"][0]["sku"] == "W1"
    before = snapshot()
    assert import_products(shop.ctx, sheet(*rows[::-1])).unchanged == 2
    assert snapshot() == before


def test_handles_that_are_too_long_are_cut_and_stay_apart(shop):
    rows = [simple(sku, Handle="x" * 230 + sku) for sku in "AB"]
    report = import_products(shop.ctx, sheet(*rows))
    assert (report.created, report.errors) == (2, [])
    assert import_products(shop.ctx, sheet(*rows)).unchanged == 2


def test_texts_that_are_too_long_are_cut_with_a_note(shop):
    row = simple("A", Title="t" * 300, Vendor="v" * 300, Tags="g" * 70, **{
        "Option1 Name": "n" * 70, "Option1 Value": "o" * 70, "Image Src": "/a.jpg",
        "Image Alt Text": "i" * 300,
    })  # fmt: skip
    report = import_products(shop.ctx, sheet(row))
    assert (report.errors, codes(report)) == ([], ["import_cut"] * 6)
    found = document(shop.ctx, "a")
    assert (len(found["title"]), found["options"]) == (
        255,
        [{"name": "n" * 64, "values": ["o" * 64]}],
    )
    assert import_products(shop.ctx, sheet(row)).unchanged == 1


def test_a_sku_that_is_too_long_is_an_error_with_its_limit_and_value(shop):
    [error] = import_products(shop.ctx, sheet(simple("S" * 70, Handle="a"))).errors
    assert (error["code"], error["column"]) == ("import_sku_long", "Variant SKU")
    assert "64" in error["reason"]
    assert "SSSS" in error["reason"]


@pytest.mark.parametrize("title", ["\u200b", "\u3164", "\u202e "])
def test_a_title_that_shows_nothing_is_missing(shop, title):
    [error] = import_products(shop.ctx, sheet(simple("A", Handle="a", Title=title))).errors
    assert (error["code"], error["column"]) == ("import_missing", "Title")
