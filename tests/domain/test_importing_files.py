"""What kinds of files an import reads: workbooks, UTF-16, other languages, named columns."""

import io
import time
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from shop import db
from shop.catalog import products
from shop.catalog.importing import import_products, numbers, table, workbook
from shop.catalog.importing.errors import Unreadable

INPUTS = Path(__file__).parents[1] / "data" / "inputs"
HEAD = "Handle,Title,Variant SKU,Variant Price"
NAMED = "商品名称=title,商品编码=sku,价格=price,库存=stock"


def text(*lines, encoding="utf-8"):
    return io.BytesIO("\n".join([*lines, ""]).encode(encoding))


def book(*rows, shapes=()):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for place, shape in shapes:
        made.active[place].number_format = shape
    file = io.BytesIO()
    made.save(file)
    file.seek(0)
    return file


def document(ctx, handle):
    return products.document(ctx, products.by_handle(ctx, [handle])[handle])


def prices(ctx):
    return dict(
        db.rows("SELECT v.sku, p.amount FROM price p JOIN variant v ON v.id = p.variant_id")
    )


def codes(report):
    return [(found["line"], found["code"]) for found in report.errors]


# -- text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "encoding", "titles"),
    [
        ("windows1252.csv", "windows-1252", ["Äpfel", "Brötchen", "Käsekuchen mit Früchten"]),
        ("shift_jis.csv", "shift_jis", ["りんご"]),
    ],
)
def test_a_guessed_encoding_is_told_with_sample_titles(shop, name, encoding, titles):
    report = import_products(shop.ctx, INPUTS / name)
    assert (report.encoding, report.encoding_guessed, report.titles) == (encoding, True, titles)
    assert [title for (title,) in db.rows("SELECT title FROM product ORDER BY id")] == titles


@pytest.mark.sqlite_only
def test_a_file_in_doubt_is_refused_and_comes_in_with_its_encoding(shop):
    file = text(HEAD, "a,Gruyère,A,1", encoding="cp1252")
    report = import_products(shop.ctx, file)
    assert codes(report) == [(1, "import_encoding_doubt")]
    assert {"encoding": "windows-1250", "sample": "Gruyčre"} in report.candidates
    assert "windows-1252: Gruyère" in report.errors[0]["reason"]
    report = import_products(shop.ctx, file, encoding="windows-1252")
    assert (report.created, report.titles) == (1, ["Gruyère"])


@pytest.mark.parametrize("name", ["sep_line.csv", "excel_unicode_text.txt", "table.xlsx"])
@pytest.mark.sqlite_only
def test_what_excel_saves_comes_in(shop, name):
    report = import_products(shop.ctx, INPUTS / name)
    assert (report.errors, report.created) == ([], 1)
    assert document(shop.ctx, "a-a")["title"] in ("A", "苹果")
    assert prices(shop.ctx)["A1"] in (350, 100, 150)


@pytest.mark.sqlite_only
def test_rows_are_counted_as_a_spreadsheet_shows_them_and_errors_name_the_handle(shop):
    [error] = import_products(shop.ctx, INPUTS / "line_number.csv").errors
    assert (error["line"], error["handle"], error["column"]) == (3, "b", "Variant Price")


@pytest.mark.sqlite_only
def test_a_dry_run_with_errors_counts_what_is_new_and_changed(shop):
    import_products(shop.ctx, text(HEAD, "a,A,A,1", "b,B,B,1"))
    file = text(HEAD, "a,A,A,2", "b,B,B,1", "c,C,C,3", "d,D,D,x")
    report = import_products(shop.ctx, file, dry_run=True)
    assert codes(report) == [(5, "import_amount")]
    assert (report.created, report.updated, report.unchanged) == (1, 1, 1)
    assert (report.applied, prices(shop.ctx)) == (False, {"A": 100, "B": 100})


@pytest.mark.parametrize("content", ["", "\n \n", HEAD, HEAD + "\n,,,\n", "品名,售价\n"])
@pytest.mark.sqlite_only
def test_a_file_without_a_row_of_products_is_an_error(shop, content):
    named = "品名=title,售价=price" if "品名" in content else ""
    report = import_products(replace(shop.ctx, locale="en"), text(content), map=named)
    assert codes(report) == [(1, "import_empty")]
    assert report.errors[0]["reason"] == "The file has no rows of products."


# -- workbooks ---------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_cells_of_a_workbook_are_read_as_a_person_sees_them(shop):
    file = book(
        ["Handle", "Title", "Variant SKU", "Variant Price", "Variant Barcode", "Tags", "Vendor"],
        ["a", "A", 1001, 0.1 + 0.2, 6901234567892.0, date(2026, 5, 1), True],
        [None] * 7,
        ["b", "B", 42, 19.9, None, datetime(2026, 5, 1, 8, 30), "=1+1"],
        shapes=[("C4", "00000")],
    )
    report = import_products(shop.ctx, file)
    assert (report.encoding, report.errors) == ("xlsx", [])
    a, b = document(shop.ctx, "a"), document(shop.ctx, "b")
    assert (a["tags"], a["vendor"], b["tags"]) == (["2026-05-01"], "TRUE", ["2026-05-01 08:30:00"])
    assert (a["variants"][0]["barcode"], b["vendor"]) == ("6901234567892", "")
    assert prices(shop.ctx) == {"1001": 30, "00042": 1990}


@pytest.mark.sqlite_only
def test_a_row_of_a_workbook_is_named_by_its_number(shop):
    head = ["Handle", "Title", "Variant SKU", "Variant Price"]
    report = import_products(shop.ctx, book(head, ["a", "A", "A", 1], [], ["b", "B", "B", "x"]))
    assert codes(report) == [(4, "import_amount")]


@pytest.mark.sqlite_only
def test_other_sheets_are_told_and_not_read(shop):
    made = openpyxl.load_workbook(INPUTS / "table.xlsx")
    made.create_sheet("Prices").append(["x"])
    file = io.BytesIO()
    made.save(file)
    report = import_products(shop.ctx, file)
    assert [note["code"] for note in report.notes] == ["import_sheets"]
    assert "Prices" in report.notes[0]["reason"]


def packed(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return file


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (packed("xl/sharedStrings.xml", b"0" * (40 << 20)), "import_workbook"),
        (packed("content.xml", b""), "import_workbook"),
        (io.BytesIO(b"PK\x03\x04" + b"0" * 100), "import_workbook"),
        (io.BytesIO(b"\xd0\xcf\x11\xe0" + b"0" * 100), "import_old_excel"),
    ],
    ids=["bomb", "other", "torn", "old"],
)
@pytest.mark.sqlite_only
def test_what_is_no_workbook_is_refused_and_not_unpacked(shop, file, code):
    report = import_products(shop.ctx, file)
    assert codes(report) == [(1, code)]


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def changed(name, change):
    """A workbook with one part of it changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(book(["A"])) as old, zipfile.ZipFile(made, "w", 8) as new:
        for part in old.namelist():
            content = old.read(part).decode()
            new.writestr(part, change(content) if part == name else content)
    return made


@pytest.mark.parametrize("row", [1_048_576, 10**12])
@pytest.mark.sqlite_only
def test_a_blank_cell_far_below_costs_no_cells_for_the_rows_between(row, monkeypatch):
    read = []
    monkeypatch.setattr(workbook, "_text", lambda cell: read.append(cell) or "x")
    cells = '<row r="1"><c r="A1"/></row>' + f'<row r="{row}"><c r="C{row}" s="0"/></row>'
    sheet = f"{SHEET}{cells}</sheetData></worksheet>"
    found = workbook.opened(changed("xl/worksheets/sheet1.xml", lambda content: sheet))
    assert sum(bool(cells) for _, cells in workbook.rows(found)) == 1 + (row == 1_048_576)
    assert len(read) < 5


@pytest.mark.parametrize("cell", ["<c/>", "<x:c/>"])
@pytest.mark.sqlite_only
def test_a_row_with_more_cells_than_excel_has_columns_is_refused(cell):
    sheet = f"{SHEET}<row>{cell * 16_400}</row></sheetData></worksheet>"
    with pytest.raises(Unreadable):
        workbook.opened(changed("xl/worksheets/sheet1.xml", lambda content: sheet))


def renamed(old, new, content):
    """A workbook whose part `old` is called `new`, told so wherever it is named."""
    made = io.BytesIO()
    with zipfile.ZipFile(book(["A"])) as before, zipfile.ZipFile(made, "w", 8) as after:
        for part in before.namelist():
            text = content if part == old else before.read(part).decode()
            after.writestr(new if part == old else part, text.replace(old, new))
    return made


@pytest.mark.parametrize(
    "name", ["xl/sheet1.xml", "xl/worksheets/sheet1.bin", "xl/worksheets/1.rels"]
)
@pytest.mark.sqlite_only
def test_a_part_by_any_name_is_counted_before_it_is_read(name, monkeypatch):
    monkeypatch.setattr(workbook, "OTHER_TAGS", 100)
    sheet = f"{SHEET}{'<row><c/></row>' * 50}</sheetData></worksheet>"
    with pytest.raises(Unreadable):
        workbook.opened(renamed("xl/worksheets/sheet1.xml", name, sheet))
    with pytest.raises(Unreadable):
        workbook.opened(renamed("xl/sharedStrings.xml", name, "<sst>" + "<si/>" * 101 + "</sst>"))


@pytest.mark.sqlite_only
def test_a_sheet_that_lies_elsewhere_is_not_read():
    """Its rows would not have been counted one by one."""
    empty = f"{SHEET}</sheetData></worksheet>"
    workbook.opened(renamed("xl/worksheets/sheet1.xml", "xl/worksheets/other.xml", empty))
    with pytest.raises(Unreadable):
        workbook.opened(renamed("xl/worksheets/sheet1.xml", "xl/other.xml", empty))


@pytest.mark.sqlite_only
def test_a_workbook_with_more_styles_than_excel_allows_is_refused():
    many = '<xf numFmtId="0"/>' * 66_001 + "</cellXfs>"
    file = changed("xl/styles.xml", lambda content: content.replace("</cellXfs>", many))
    with pytest.raises(Unreadable):
        workbook.opened(file)


# -- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "amounts"),
    [
        (["2,90", "1.234", "3"], [290, 123400, 300]),
        (["2.90", "1,234", "3"], [290, 123400, 300]),
        (["1.234,50", "12", "2,5"], [123450, 1200, 250]),
        (["¥ 2.90", "3元", "4 CNY"], [290, 300, 400]),
        (["1 234,50", "￥2,00", "1"], [123450, 200, 100]),
        (["1,234,567", "1,234", "2"], [123456700, 123400, 200]),
    ],
)
@pytest.mark.sqlite_only
def test_a_decimal_mark_is_that_of_the_whole_column(shop, cells, amounts):
    rows = [f'h{at};T;S{at};"{cell}"' for at, cell in enumerate(cells)]
    report = import_products(shop.ctx, text(HEAD.replace(",", ";"), *rows))
    assert report.errors == []
    assert prices(shop.ctx) == {f"S{at}": amount for at, amount in enumerate(amounts)}


@pytest.mark.sqlite_only
def test_an_ambiguous_thousand_is_refused_until_the_mark_is_told(shop):
    file = text(HEAD, 'a,A,A,"1,234"')
    assert codes(import_products(shop.ctx, file)) == [(2, "import_thousands")]
    assert import_products(shop.ctx, file, decimal="point").created == 1
    assert prices(shop.ctx) == {"A": 123400}


@pytest.mark.sqlite_only
def test_two_decimal_marks_in_a_column_are_an_error_and_not_a_guess(shop):
    report = import_products(shop.ctx, INPUTS / "woo_mixed.csv")
    assert codes(report) == [(2, "import_decimal_mixed"), (3, "import_whole")]
    assert [(found["line"], found["code"]) for found in report.skipped] == [
        (4, "import_not_for_pickup"),
        (5, "import_not_for_pickup"),
    ]


@pytest.mark.sqlite_only
def test_a_price_in_another_currency_is_an_error(shop):
    report = import_products(shop.ctx, text(HEAD, "a,A,A,€2.90", "b,B,B,3 USD"))
    assert codes(report) == [(2, "import_currency"), (3, "import_currency")]


@pytest.mark.parametrize(
    ("currency", "text", "bare"),
    [
        ("CLP", "$1.990", "1.990"), ("COP", "$ 12.900", "12.900"), ("ARS", "$1.234,50", "1.234,50"),
        ("SGD", "$5.00", "5.00"), ("DKK", "149,00 kr.", "149,00"), ("RON", "12,50 lei", "12,50"),
        ("IDR", "Rp 15.000", "15.000"), ("MYR", "RM12.50", "12.50"), ("TRY", "12,50 TL", "12,50"),
        ("ZAR", "R 12.50", "12.50"), ("UAH", "50 грн", "50"), ("PEN", "S/ 12.50", "12.50"),
        ("CHF", "12.-", "12"), ("CHF", "Fr. 12.–", "12"), ("SEK", "149,-", "149"),
        ("EUR", "12,50 Euro", "12,50"), ("VND", "15.000 đ", "15.000"), ("INR", "Rs. 500", "500"),
        ("CNY", "￥１９．９０", "19.90"),
    ],
)  # fmt: skip
def test_what_people_write_beside_amounts_of_their_own_currency_is_understood(currency, text, bare):
    assert numbers.bare(text, currency) == bare


@pytest.mark.parametrize("currency", ["EUR", "CNY", "GBP", "CHF"])
def test_dollars_are_another_currency_where_nobody_pays_in_them(currency):
    with pytest.raises(numbers.Refused):
        numbers.bare("$5.00", currency)


def test_small_raised_digits_are_not_taken_for_usual_ones():
    assert numbers.bare("19⁹⁰", "EUR") == "19⁹⁰"


def test_a_price_with_thousands_of_spaces_is_read_in_no_time():
    text = "$" + " " * 20_000 + "x"
    before = time.process_time()
    assert numbers.bare(text, "USD") == text
    assert time.process_time() - before < 1


# -- WooCommerce in other languages ------------------------------------------------------------

LANGUAGES = {
    "de": "ID|Typ|Artikelnummer|Name|Veröffentlicht|Lager|Regulärer Preis|Kategorien|Übergeordnetes Produkt|Attribut 1 Name|Attribut 1 Wert(e)",
    "fr": "ID|Type|UGS|Nom|Publié|Stock|Tarif régulier|Catégories|Parent|Nom de l’attribut 1|Valeur(s) de l’attribut 1",
    "es": "ID|Tipo|SKU|Nombre|Publicado|Inventario|Precio normal|Categorías|Superior|Nombre del atributo 1|Valor(es) del atributo 1",
    "it": "ID|Tipo|COD|Nome|Pubblicato|Magazzino|Prezzo di listino|Categorie|Genitore|Attributo 1 nome|Attributo 1 valuta(e)",
    "nl": "ID|Type|Artikelnummer|Naam|Gepubliceerd|Voorraad|Reguliere prijs|Categorieën|Hoofd|Naam eigenschap 1|Waarde eigenschap 1",
    "pt_BR": "ID|Tipo|SKU|Nome|Publicado|Estoque|Preço|Categorias|Ascendente|Nome do atributo 1|Valores do atributo 1",
    "pl": "ID|Typ|SKU|Nazwa|Opublikowano|Stan magazynowy|Cena|Kategorie|Element nadrzędny|Nazwa atrybutu 1|Wartości atrybutu 1",
    "ru": "ID|Тип|Артикул|Имя|Опубликован|Запасы|Базовая цена|Категории|Родительский|Имя атрибута 1|Значение(-я) аттрибута(-ов) 1",
    "zh_CN": "ID|类型|SKU|名称|已发布|库存|常规售价|分类|父级|属性 1 名称|属性 1 值",
    "ja": "ID|タイプ|SKU|名前|公開済み|在庫|標準価格|カテゴリー|親|属性 1 名|属性 1 値",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.sqlite_only
def test_a_woocommerce_export_comes_in_in_any_of_its_languages(shop, language):
    header = LANGUAGES[language].replace("|", ",")
    report = import_products(shop.ctx, text(
        header,
        "1,simple,APPLE,Apple,1,5,2.90,Fruit,,,",
        '2,variable,TEE,Tee,1,,,,,Size,"S, M"',
        "3,variation,TEE-S,,1,4,10,,TEE,Size,S",
        "4,variation,TEE-M,,1,6,11,,TEE,Size,M",
    ))  # fmt: skip
    assert (report.format, report.errors, report.created) == ("woocommerce", [], 2)
    apple, tee = document(shop.ctx, "apple"), document(shop.ctx, "tee")
    assert (apple["categories"], apple["variants"][0]["stock"]) == (["fruit"], 5)
    assert tee["options"] == [{"name": "Size", "values": ["S", "M"]}]
    assert prices(shop.ctx) == {"APPLE": 290, "TEE-S": 1000, "TEE-M": 1100}


@pytest.mark.sqlite_only
def test_the_german_export_comes_in(shop):
    report = import_products(shop.ctx, INPUTS / "woo_german.csv")
    assert (report.errors, prices(shop.ctx)) == ([], {"A1": 290})


@pytest.mark.sqlite_only
def test_a_sale_may_end_at_an_hour(shop):
    report = import_products(shop.ctx, INPUTS / "woo_date.csv")
    assert codes(report) == [(3, "import_missing")]
    assert [note["code"] for note in report.notes] == ["import_sale_ends"]


@pytest.mark.sqlite_only
def test_variations_of_a_product_that_is_not_sold_are_no_error(shop):
    report = import_products(shop.ctx, text(
        "ID,Type,SKU,Name,Regular price,Parent",
        "1,variable-subscription,BOX,Box,,", "2,variation,BOX-1,Box,5,BOX", "3,simple,A,A,1,",
    ))  # fmt: skip
    assert (report.errors, report.created, len(report.skipped)) == ([], 1, 1)


# -- any table ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Handle,Title,Variant SKU,Tags", ("shopify", "“Variant Price”")),
        ("ID,Typ,Artikelnummer,Regulärer Preis", ("woocommerce", "“Name”")),
    ],
)
@pytest.mark.sqlite_only
def test_the_nearest_format_and_what_it_lacks_are_named(shop, header, words):
    [error] = import_products(replace(shop.ctx, locale="en"), text(header, "a,b,c,d")).errors
    assert error["code"] == "import_format_near"
    assert all(word in error["reason"] for word in words)


def test_a_table_comes_in_once_its_columns_are_named(shop):
    file = INPUTS / "chinese_header_gbk.csv"
    report = import_products(shop.ctx, file)
    assert codes(report) == [(1, "import_table")]
    assert f"{NAMED},规格=option" in report.errors[0]["reason"]
    assert report.preview == [["红富士苹果", "A1", "19.90", "100", "1kg"]]
    assert report.guess["商品名称"] == "title"
    report = import_products(shop.ctx, file, map=NAMED)
    assert (report.format, report.errors, report.created) == ("table", [], 1)
    apple = document(shop.ctx, "红富士苹果")
    assert (apple["title"], apple["variants"][0]["stock"]) == ("红富士苹果", 100)
    assert apple["variants"][0]["tracked"]
    assert import_products(shop.ctx, file, map=NAMED).unchanged == 1


@pytest.mark.sqlite_only
def test_rows_with_one_title_are_one_product_if_a_column_is_its_option(shop):
    file = text("品名,规格,货号,售价", "米,5斤,R5,20", "米,10斤,R10,38", "面,,M,9")
    report = import_products(shop.ctx, file, map="品名=title,规格=option,货号=sku,售价=price")
    assert (report.errors, report.created, report.variants) == ([], 2, 3)
    assert document(shop.ctx, "米")["options"] == [{"name": "规格", "values": ["5斤", "10斤"]}]


@pytest.mark.sqlite_only
def test_a_sku_tells_its_product_though_the_title_changed(shop):
    names = "Name=title,Code=sku,Price=price"
    import_products(shop.ctx, text("Name,Code,Price", "Apple,A,1", "Apple,B,2"), map=names)
    report = import_products(
        shop.ctx, text("Name,Code,Price", "Red apple,A,1", "Apple,B,2"), map=names
    )
    assert (report.errors, report.updated, report.unchanged) == ([], 1, 1)
    assert document(shop.ctx, "apple")["title"] == "Red apple"


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("Name=title", "import_map_lacks"), ("Name=titel,Price=price", "import_map"),
        ("Name", "import_map"), ("Nom=title,Price=price", "import_map_column"),
        ("Name=title,Price=price,Code=price", "import_map"),
    ],
)  # fmt: skip
@pytest.mark.sqlite_only
def test_columns_that_are_named_wrongly_are_refused(shop, named, code):
    report = import_products(shop.ctx, text("Name,Code,Price", "A,A,1"), map=named)
    assert codes(report) == [(1, code)]


@pytest.mark.sqlite_only
def test_the_grams_of_shopifys_newer_header_are_no_unit_of_ours(shop):
    file = text("URL handle,Title,SKU,Price,Weight value (grams)", "a,A,A,1,454")
    assert import_products(shop.ctx, file).errors == []
    assert document(shop.ctx, "a")["variants"][0]["weight"] == 454


PLAIN = "Name=title,Code=sku,Price=price,Stock=stock"


@pytest.mark.sqlite_only
def test_rows_of_a_table_without_a_sku_are_never_told_apart_by_their_place(shop):
    file = text("Name,Code,Price,Stock", "Apple,,5.00,3", "Apple,,8.00,7", "Pear,,1,1")
    report = import_products(shop.ctx, file, map=PLAIN)
    assert codes(report) == [(3, "import_title_twice")]
    assert "Apple（另一行是第 2 行）" in report.errors[0]["reason"]
    assert "只导入第 2 行" in report.errors[0]["reason"]
    assert import_products(shop.ctx, file, map=PLAIN, skip_errors=True).created == 2
    assert prices(shop.ctx)["apple-1"] == 500


@pytest.mark.sqlite_only
def test_rows_of_one_title_that_stand_apart_are_no_second_product(shop):
    file = text("Name,Size,Price", "Rice,5,20", "Flour,1,9", "Rice,10,38")
    report = import_products(shop.ctx, file, map="Name=title,Size=option,Price=price")
    assert codes(report) == [(4, "import_handle_twice")]


@pytest.mark.sqlite_only
def test_a_new_product_with_the_title_of_another_gets_a_handle_with_its_sku(shop):
    head = "Name,Code,Price,Stock"
    import_products(shop.ctx, text(head, "Pear,S1,1,4"), map=PLAIN)
    for created in (1, 0):
        report = import_products(shop.ctx, text(head, "Pear,S2,2,6"), map=PLAIN)
        assert (report.errors, report.created) == ([], created)
    assert document(shop.ctx, "pear")["variants"][0]["sku"] == "S1"
    assert document(shop.ctx, "pear-s2")["variants"][0]["stock"] == 6


@pytest.mark.sqlite_only
def test_a_new_option_above_the_known_ones_is_of_the_same_product(shop):
    named, head = "Name=title,Size=option,Code=sku,Price=price", "Name,Size,Code,Price"
    import_products(shop.ctx, text(head, "Rice,5,R5,20"), map=named)
    for rows in (["Rice,1,R1,5", "Rice,5,R5,20"], ["Rice,2,R2,9"]):
        report = import_products(shop.ctx, text(head, *rows), map=named)
        assert (report.errors, report.created, report.updated) == ([], 0, 1)


@pytest.mark.parametrize(
    ("title", "grams", "notes"),
    [("Weight (lb)", 907, []), ("Weight oz", 57, []), ("Weight/kg", 2000, []), ("重量kg", 2000, []),
     ("重量公斤", 2000, []), ("Weight (g)", 2, []), ("Weight", 2, ["import_as_grams"])],
)  # fmt: skip
@pytest.mark.sqlite_only
def test_the_weights_of_a_table_are_of_the_unit_in_its_header(shop, title, grams, notes):
    assert table.guess([title]) == {title: "weight"}
    named = f"Name=title,Price=price,{title}=weight"
    report = import_products(shop.ctx, text(f"Name,Price,{title}", "a,1,2"), map=named)
    found = [note["code"] for note in report.notes if note["code"] != "import_rounded"]
    assert (report.errors, found) == ([], notes)
    assert document(shop.ctx, "a")["variants"][0]["weight"] == grams


@pytest.mark.sqlite_only
def test_grams_that_may_be_thousands_are_refused(shop):
    rows = ["a,A,A,1.50,1.500", "b,B,B,2.50,226.796"]
    report = import_products(shop.ctx, text(f"{HEAD},Variant Grams", *rows))
    assert codes(report) == [(2, "import_grams_doubtful")]
    assert "1500 克，也可能是 1.5 克" in report.errors[0]["reason"]


@pytest.mark.parametrize(("stock", "kept"), [("1.000", None), ("3.0", 3), ("3.00", 3)])
@pytest.mark.sqlite_only
def test_a_stock_that_may_be_a_thousand_is_refused(shop, stock, kept):
    report = import_products(shop.ctx, text("Name,Code,Price,Stock", f"a,A,1,{stock}"), map=PLAIN)
    if kept is None:
        assert codes(report) == [(2, "import_whole")]
    else:
        assert document(shop.ctx, "a")["variants"][0]["stock"] == kept


@pytest.mark.sqlite_only
def test_a_second_bad_handle_does_not_stand_there_twice(shop):
    report = import_products(shop.ctx, text(HEAD, "A B,A,A,1", "C D,B,B,1"))
    assert codes(report) == [(2, "import_handle"), (3, "import_handle")]


@pytest.mark.parametrize(
    ("attribute", "errors"),
    [("Attribuut 1 naam,Attribuut 1 waarde(n)", []), ("Kenmerk A,Kenmerk B", [(2, "import_no_attributes")])],
)  # fmt: skip
@pytest.mark.sqlite_only
def test_a_variable_product_does_not_come_in_without_its_attributes(shop, attribute, errors):
    report = import_products(shop.ctx, text(
        f"ID,Type,Artikelnummer,Naam,Reguliere prijs,Hoofd,{attribute}",
        '2,variable,TEE,Tee,,,Maat,"S, M"', "3,variation,TEE-S,,10,TEE,Maat,S",
    ))  # fmt: skip
    assert [found for found in codes(report) if found[1] == "import_no_attributes"] == errors
    assert all("Kenmerk A, Kenmerk B" in found["reason"] for found in report.errors)
    assert report.created == (not errors)


@pytest.mark.sqlite_only
def test_a_sku_filled_in_in_a_table_goes_to_the_product_that_is_there(shop):
    for sku in ("", "A1", "A1"):
        file = text("Name,Code,Price,Stock", f"Apple,{sku},5.00,3")
        assert import_products(shop.ctx, file, map=PLAIN).errors == []
    [variant] = document(shop.ctx, "apple")["variants"]
    assert (variant["sku"], variant["stock"], len(prices(shop.ctx))) == ("A1", 3, 1)


# -- tables as people keep them ----------------------------------------------------------------


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "made", [book, lambda *rows: text(*(",".join(map(str, row)) for row in rows))]
)
def test_a_name_or_a_date_may_stand_above_the_header(shop, made):
    """Errors still name the rows of the spreadsheet."""
    rows = [("绿洲果园 2026 年价目表",), (), ("商品名称", "商品编码", "价格", "库存"),
            ("苹果", "A1", "9.90", 5), ("梨", "B1", "x", 3)]  # fmt: skip
    report = import_products(shop.ctx, made(*rows), map=NAMED, skip_errors=True)
    assert [(note["line"], note["code"]) for note in report.notes] == [(3, "import_header_row")]
    assert (report.created, codes(report)) == (1, [(5, "import_amount")])


@pytest.mark.sqlite_only
def test_a_title_that_is_merged_over_its_variants_is_theirs(shop):
    rows = [("品名", "规格", "编码", "售价"), ("苹果", "大", "A1", 9), (None, "小", "A2", 6),
            ("梨", "袋", "B1", 5), (None, None, "B2", 4)]  # fmt: skip
    report = import_products(
        shop.ctx, book(*rows), map="品名=title,规格=option,编码=sku,售价=price", skip_errors=True
    )
    assert [(note["line"], note["code"]) for note in report.notes] == [(3, "import_title_above")]
    assert codes(report)[0][0] == 5
    [apple] = [product for product in products.each(shop.ctx) if product["title"] == "苹果"]
    assert [variant["sku"] for variant in apple["variants"]] == ["A1", "A2"]


@pytest.mark.sqlite_only
def test_a_point_in_weights_beside_prices_with_commas_is_not_guessed(shop):
    rows = ["品名;编码;售价;重量(g)", "苹果;A1;9,90;1.125"]
    named = "品名=title,编码=sku,售价=price,重量(g)=weight"
    assert codes(import_products(shop.ctx, text(*rows), map=named)) == [(2, "import_thousands")]
    told = import_products(shop.ctx, text(*rows, "梨;B1;5,00;2.5"), map=named, dry_run=True)
    assert codes(told) == []
    assert document_weight(shop, text(*rows), named, "comma") == 1125
    ounces = ["品名;编码;售价;重量(g)", "苹果;A1;9,90;226.796"]
    assert document_weight(shop, text(*ounces), named, "") == 227


def document_weight(shop, file, named, decimal):
    assert not import_products(shop.ctx, file, map=named, decimal=decimal).errors
    [apple] = products.each(shop.ctx)
    return apple["variants"][0]["weight"]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "made", [book, lambda *rows: text(*(",".join(map(str, row)) for row in rows))]
)
def test_a_header_below_blank_rows_alone_is_no_product(shop, made):
    rows = [(), (), ("品名", "编码", "售价"), ("苹果", "A1", "9.90")]
    report = import_products(shop.ctx, made(*rows), map="品名=title,编码=sku,售价=price")
    assert (report.created, report.errors) == (1, [])
