"""What the export writes, the import reads back: nothing of meaning is lost, nothing runs."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop import db, letters
from shop.catalog import categories, products
from shop.catalog.exporting import COLUMNS, export_products
from shop.catalog.importing import import_products
from shop.catalog.importing.cells import split
from shop.catalog.importing.writer import meaning
from shop.data.spreadsheet import guard, unguard

TWO_STORES = """
[stores.meadow]
name = "Meadow"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "en"
[stores.tokyo]
name = "Tokyo"
currency = "JPY"
timezone = "Asia/Tokyo"
locale = "en"
"""


@pytest.fixture
def stores_toml():
    return TWO_STORES


def exported(ctx, **options):
    return b"".join(export_products(ctx, **options))


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


# -- documents -------------------------------------------------------------------------------

DANGEROUS = st.sampled_from(["=1+1", "+1", "-1", "@x", "'=1", "''@", "\tx", "\rx", "=HYPERLINK()"])
LETTERS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), min_size=1
)


def words(most, least=1):
    """Text as an owner types it: no spaces around it, now and then a formula."""
    some = st.one_of(DANGEROUS, st.sampled_from(["红苹果", 'a "b", c', "x, y", "A > B"]), LETTERS)
    some = some.map(lambda text: text[:most].strip()).filter(lambda text: len(text) >= least)
    return some | st.just("") if not least else some


def titles(most):
    """What the API takes as a name."""
    return words(most).map(letters.tidied).filter(letters.is_seen)


SLUGS = st.text("abcdefghij0123456789", min_size=1, max_size=12)
AMOUNTS = st.integers(0, 10**9)
ADDRESSES = SLUGS.map(lambda name: f"https://images.example/{name}.jpg") | SLUGS
HTML = st.lists(words(30).map(lambda text: f"<p>{text}</p>\r\n"), max_size=3).map("".join)


@st.composite
def documents(draw):
    names = draw(st.lists(words(20), max_size=3, unique=True))
    combinations = draw(
        st.lists(
            st.tuples(*[words(20) for _ in names]), min_size=1, max_size=4 if names else 1,
            unique=True,
        )
    )  # fmt: skip
    values = [
        draw(st.permutations(sorted({c[n] for c in combinations}))) for n in range(len(names))
    ]
    skus = draw(
        st.lists(words(20), min_size=len(combinations), max_size=len(combinations), unique=True)
    )
    return {
        "title": draw(titles(60)),
        "description": draw(HTML | words(60, 0)),
        "status": draw(st.sampled_from(["draft", "published"])),
        "unit": draw(words(10, 0)),
        "vendor": draw(words(20, 0)),
        "product_type": draw(words(20, 0)),
        "tags": draw(st.lists(words(20), max_size=3, unique=True)),
        "images": draw(
            st.lists(st.fixed_dictionaries({"src": ADDRESSES, "alt": words(20, 0)}), max_size=5)
        ),
        "options": [
            {"name": name, "values": order} for name, order in zip(names, values, strict=True)
        ],
        "seo": draw(
            st.fixed_dictionaries({}, optional={"title": titles(20), "description": words(20)})
        ),
        "translations": draw(
            st.dictionaries(
                st.sampled_from(["en", "zh_Hans"]),
                st.fixed_dictionaries(
                    {"title": titles(20)},
                    optional={"description": HTML, "options": st.dictionaries(LETTERS, LETTERS)},
                ),
            )
        ),
        "position": draw(st.integers(0, 1000)),
        "categories": draw(st.lists(st.sampled_from(["fruit", "apples", "loud"]), unique=True)),
        "variants": [
            {
                "sku": sku,
                "options": list(options),
                "barcode": draw(words(20, 0).map(lambda text: text.lstrip("'"))),
                "price": draw(AMOUNTS),
                "compare_at": draw(st.none() | st.integers(1, 10**9)),
                "cost": draw(st.none() | AMOUNTS),
                "weight": draw(st.none() | st.integers(1, 10**6)),
                "image": draw(ADDRESSES | st.just("")),
                "tracked": draw(st.booleans()),
                "stock": draw(st.integers(0, 10**6)),
            }
            for sku, options in zip(skus, combinations, strict=True)
        ],
    }


@st.composite
def catalogues(draw):
    found = draw(st.lists(documents(), max_size=3))
    taken = set()
    for number, document in enumerate(found):
        document["handle"] = f"{draw(SLUGS)}-{number}"
        for variant in document["variants"]:
            if variant["sku"] in taken:
                variant["sku"] = f"{variant['sku']}-{number}-{len(taken)}"
            taken.add(variant["sku"])
    return found


CATEGORIES = (
    {"handle": "fruit", "title": "=水果 > 蔬菜", "position": 3},
    {"handle": "apples", "title": "苹果", "parent": "fruit", "translations": {"en": {"title": "Apples"}}},
    {"handle": "loud", "title": "@loud, very"},
)  # fmt: skip
TABLES = ("product_category", "variant", "product", "category", "price", "stock", "stock_movement")


def emptied():
    for table in ("search_term", "price", "stock", "stock_movement", *TABLES[:4]):
        db.run(f"DELETE FROM {table}")


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(catalogue=catalogues())
def test_a_catalogue_comes_back_the_same_in_the_same_and_in_another_store(shop, catalogue):
    emptied()
    for category in CATEGORIES:
        categories.create(shop.ctx, category)
    products.create_many(shop.ctx, catalogue)
    before = list(products.each(shop.ctx))
    content = exported(shop.ctx)

    report = import_products(shop.ctx, io.BytesIO(content))
    if not catalogue:
        assert [error["code"] for error in report.errors] == ["import_empty"]
        return
    assert (report.errors, report.notes, report.unchanged) == ([], [], len(catalogue))

    other = shop.context(store="meadow")
    report = import_products(other, io.BytesIO(content))
    assert (report.errors, report.created) == ([], len(catalogue))
    assert list(map(meaning, products.each(other))) == list(map(meaning, before))
    used = {handle for document in before for handle in document["categories"]}
    for category in categories.find(other)["items"]:
        [twin] = [
            c for c in categories.find(shop.ctx)["items"] if c["handle"] == category["handle"]
        ]
        assert {**category, "id": 0} == {**twin, "id": 0}
        used.discard(category["handle"])
    assert not used
    assert exported(other) == content


@given(LETTERS | DANGEROUS)
def test_case_60_a_guarded_cell_starts_no_formula_and_comes_back(text):
    assert guard(text)[0] not in "=+-@\t\r"
    assert unguard(guard(text)) == text


def test_case_60_no_cell_of_an_export_can_run(shop):
    dangerous = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(1)", "\tx", "\rx"]
    for number, text in enumerate(dangerous):
        variant = {"sku": f"{text}{number}", "price": 1, "options": [text], "barcode": text}
        products.create(
            shop.ctx,
            {
                "handle": f"h{number}", "title": text, "description": text, "vendor": text,
                "product_type": text, "unit": text, "tags": [text], "seo": {"title": text},
                "images": [{"src": "a.jpg", "alt": text}],
                "options": [{"name": text, "values": [text]}], "variants": [variant],
            },
        )  # fmt: skip
    found = rows(exported(shop.ctx))
    assert len(found) == len(dangerous)
    for row in found:
        assert not [cell for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    assert found[0]["Title"] == "'=cmd|'/C calc'!A0"


@given(st.lists(words(20), unique=True))
def test_a_list_of_tags_comes_back(tags):
    from shop.catalog.exporting import _quoted

    assert split(", ".join(map(_quoted, tags))) == tags


# -- the file --------------------------------------------------------------------------------


def test_the_export_is_a_shopify_file(shop):
    variants = [
        {"sku": "S", "options": ["小"], "price": 1990, "compare_at": 2500, "cost": 900, "stock": 4},
        {"sku": "L", "options": ["大"], "price": 5, "tracked": False},
    ]
    images = [{"src": f"https://x.example/{n}.jpg", "alt": ""} for n in range(3)]
    products.create(
        shop.ctx,
        {
            "handle": "tea", "title": "茶", "status": "published", "images": images,
            "options": [{"name": "规格", "values": ["小", "大"]}], "variants": variants,
        },
    )  # fmt: skip
    content = exported(shop.ctx)
    assert content.startswith(b"Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,")
    first, second, third = rows(content)
    assert tuple(first) == COLUMNS
    assert (first["Title"], first["Published"], first["Status"]) == ("茶", "TRUE", "active")
    assert (first["Option1 Name"], first["Option1 Value"]) == ("规格", "小")
    assert (first["Variant Price"], first["Variant Compare At Price"]) == ("19.90", "25.00")
    assert (first["Cost per item"], first["Variant Inventory Qty"]) == ("9.00", "4")
    assert (second["Handle"], second["Title"], second["Variant Price"]) == ("tea", "", "0.05")
    assert second["Variant Inventory Tracker"] == ""
    assert (third["Variant SKU"], third["Image Src"]) == ("", "https://x.example/2.jpg")


def test_a_currency_without_small_units_is_written_without_them(shop):
    ctx = shop.context(store="tokyo")
    products.create(ctx, {"title": "Tea", "variants": [{"sku": "T", "price": 1990}]})
    content = exported(ctx)
    assert rows(content)[0]["Variant Price"] == "1990"
    assert import_products(ctx, io.BytesIO(content)).unchanged == 1


def test_excel_gets_its_mark_and_the_import_does_not_mind(shop):
    products.create(shop.ctx, {"title": "茶", "variants": [{"sku": "T", "price": 1990}]})
    content = exported(shop.ctx, excel=True)
    assert content.startswith(b"\xef\xbb\xbf")
    assert import_products(shop.ctx, io.BytesIO(content)).unchanged == 1


def test_only_the_stores_own_products_leave(shop):
    products.create(shop.ctx, {"title": "茶", "variants": [{"sku": "T", "price": 1990}]})
    assert rows(exported(shop.context(store="meadow"))) == []


def test_a_category_that_a_person_changed_in_the_file_wins_over_ours(shop):
    categories.create(shop.ctx, {"handle": "fruit", "title": "Fruit"})
    document = {"handle": "a", "title": "A", "categories": ["fruit"]}
    products.create(shop.ctx, {**document, "variants": [{"sku": "A", "price": 1}]})
    content = exported(shop.ctx).replace(b",Fruit,", b",Juice,")
    assert import_products(shop.ctx, io.BytesIO(content)).updated == 1
    product = products.document(shop.ctx, products.by_handle(shop.ctx, ["a"])["a"])
    assert product["categories"] == ["juice"]


def test_a_column_of_ours_that_is_no_json_is_an_error_of_its_row(shop):
    products.create(shop.ctx, {"title": "A", "variants": [{"sku": "A", "price": 1}]})
    for bad in ('"{"', "[]", '"{""translations"": {""en"": 1}}"', '"{""categories"": [[{}]]}"'):
        content = exported(shop.ctx).decode().rstrip() + bad
        report = import_products(shop.ctx, io.BytesIO(content.encode()))
        assert [found["code"] for found in report.errors] == ["import_json"], bad


TURNED = (
    "0112", "00123", "8901234567894", "13800001234", "1-2", "3/4", "1e5", "1E5", "2026-05-01",
    "10:30", "1.50", "1,000", "MAR1", "Dec 10", "1-Mar", "138-0000-1234", "030 1234567", "50%",
    "$5", "(5)", "1 3/4", "5月2日", "＝1+1", "＋1", "－1", "＠x", " =1+1", "\t=1", "\r=1", "\n=1",
)  # fmt: skip


@pytest.mark.parametrize("text", TURNED)
def test_text_that_a_spreadsheet_would_change_is_guarded_and_comes_back(text):
    for written in (text, "'" + text, "''" + text):
        assert guard(written) == "'" + written
        assert unguard(guard(written)) == written


@pytest.mark.parametrize(
    "text", ["", "Apples", "1 kg", "12", "A-1-2", "'60s", "http://a/1", "5斤装"]
)
def test_text_that_a_spreadsheet_keeps_is_written_as_it_is(text):
    assert guard(text) == text
    assert unguard(text) == text


def test_numbers_and_dates_as_skus_options_and_barcodes_survive_export_and_import(shop):
    variants = [
        {"sku": text, "options": [text], "barcode": text, "price": 150}
        for text in TURNED if text == text.strip()
    ]  # fmt: skip
    products.create(
        shop.ctx,
        {"title": "3/4", "options": [{"name": "1-2", "values": []}], "variants": variants},
    )
    content = exported(shop.ctx)
    assert {row["Variant SKU"] for row in rows(content)} == {"'" + v["sku"] for v in variants}
    assert rows(content)[0]["Variant Price"] == "1.50"
    assert import_products(shop.ctx, io.BytesIO(content)).unchanged == 1
