"""The sheet of a pickup point, as HTML, CSV and XLSX."""

import csv
import io
import re
import sys
import tracemalloc
from dataclasses import replace

import openpyxl
import pytest

from shop import db
from shop.carts.quote import Basket, Item
from shop.catalog import products
from shop.context import Caller
from shop.errors import NotFound, Reject
from shop.orders import holds, orders
from shop.orders.orders import Draft
from shop.payments import payments
from shop.pickup import pickup, points, sheet_formats, sheets, timetable

HOUR = 3_600_000_000
FORMULAS = ["=cmd|'/c calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.fixture
def ctx(shop):
    for sku, title in (("APPLE", "苹果"), ("PEAR", "=HYPERLINK(0)")):
        products.create(
            shop.ctx,
            {
                "title": title,
                "status": "published",
                "variants": [{"sku": sku, "price": 1000, "stock": 500}],
            },
        )
    points.create(shop.ctx, "gate", {"name": "东门"})
    return shop.ctx


@pytest.fixture
def window(ctx):
    return open_window(ctx, 5)


def open_window(ctx, hours):
    starts = ctx.now_us + hours * HOUR
    point = points.named(ctx, "gate")
    return timetable.create(ctx, point.id, starts, starts + 2 * HOUR, starts)["id"]


def place(ctx, name, window, *items, paid=False, **facts):
    basket = Basket([Item(sku, count) for sku, count in items or (("APPLE", 2),)])
    order = orders.place(ctx, Draft(basket, name, "+8613000001234", "gate", window, **facts))
    if paid:
        payments.record(ctx, order.id, "manual", "at_pickup", order.total)
    return order


def html(ctx, *which):
    return "".join(sheet_formats.html(sheets.sheet(ctx, "gate", *which)))


def table(ctx, *which):
    content = b"".join(sheet_formats.csv_file(sheets.sheet(ctx, "gate", *which)))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_it_lists_what_waits_by_name_with_what_is_due(ctx, window):
    place(ctx, "王五", window, ("APPLE", 2), ("PEAR", 1))
    place(ctx, "Anna", window, paid=True)
    rows = table(ctx, window)
    assert [row["姓名"] for row in rows] == ["Anna", "王五", "王五"]
    assert [row["应收"] for row in rows] == ["", "30.00", ""]
    assert [row["数量"] for row in rows] == ["2", "2", "1"]
    assert {row["手机尾号"] for row in rows} == {"1234"}
    assert rows[0]["自提时间"] == "5月1日周五 17:00–19:00"


def test_what_was_fetched_or_cancelled_is_not_on_it(ctx, window):
    gone, partly = place(ctx, "一", window, paid=True), place(ctx, "二", window, paid=True)
    pickup.hand_out(ctx, gone.id)
    pickup.hand_out(ctx, partly.id, {partly.lines[0].id: 1})
    orders.cancel(ctx, place(ctx, "三", window).id, "customer")
    assert [(row["姓名"], row["数量"]) for row in table(ctx, window)] == [("二", "1")]
    assert "共 2 件" in html(ctx, window)


def test_another_windows_orders_are_on_the_points_sheet_only(ctx, window):
    later = open_window(ctx, 30)
    place(ctx, "later", later)
    place(ctx, "soon", window)
    assert [row["姓名"] for row in table(ctx)] == ["soon", "later"]
    assert [row["姓名"] for row in table(ctx, window)] == ["soon"]
    page = html(ctx)
    assert page.index("5月1日周五 17:00–19:00") < page.index("5月2日周六 18:00–20:00")


def test_the_page_shows_holds_notes_and_totals(ctx, window):
    held = place(ctx, "王五", window, note="放保安室")
    holds.hold(ctx, held.id, "group_buy", "等待成团")
    holds.hold(ctx, held.id, "presale", "尚未到货")
    place(ctx, "赵六", window)
    page = html(ctx, window)
    for words in ("东门", "暂不交付：等待成团", "暂不交付：尚未到货", "放保安室", "共 2 单", "共 4 件",
                  "应收 ¥40.00", "··1234", held.pickup_code[:4]):  # fmt: skip
        assert words in page
    assert table(ctx, window)[0]["暂不交付"] == "等待成团; 尚未到货"


def test_an_empty_sheet_says_so(ctx, window):
    assert "没有待取的订单" in html(ctx, window)
    assert table(ctx, window) == []


@pytest.mark.parametrize("text", FORMULAS)
def test_case_60_no_cell_of_the_csv_is_a_formula(ctx, window, text):
    place(ctx, text, window, ("PEAR", 1), note=text)
    [row] = table(ctx, window)
    assert (row["姓名"], row["备注"]) == ("'" + text, "'" + text)
    assert row["商品名"] == "'=HYPERLINK(0)"


@pytest.mark.parametrize("text", FORMULAS)
def test_case_60_no_cell_of_the_workbook_is_a_formula(ctx, window, text):
    place(ctx, text, window, ("PEAR", 3), note=text)
    with sheet_formats.xlsx_file(sheets.sheet(ctx, "gate", window)) as file:
        book = openpyxl.load_workbook(file)
    lines, totals = book.worksheets
    assert all(cell.data_type in "sn" for page in (lines, totals) for row in page for cell in row)
    heads = [cell.value for cell in lines[1]]
    row = dict(zip(heads, [cell.value for cell in lines[2]], strict=True))
    assert row["商品名"] == "=HYPERLINK(0)"
    assert row["应收"] == 30
    assert [cell.value for cell in totals[2]] == ["PEAR", "=HYPERLINK(0)", 3]


def test_case_63_what_customers_write_is_never_a_template_or_markup(ctx, window):
    place(ctx, "{{7*7}}<script>", window, note='{% raw %}"><img src=x onerror=alert(1)>')
    page = html(ctx, window)
    assert "{{7*7}}&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page
    assert re.search(r"\b49\b", page.split("<main>")[1]) is None


def test_a_clerk_gets_no_sheet_of_another_point(shop, ctx, window):
    other = points.create(ctx, "lobby", {"name": "大堂"})
    clerk = shop.context(Caller("clerk", 7, "li", frozenset(), frozenset([other.id])))
    for which in (("gate", None), ("lobby", window), ("nowhere", None)):
        with pytest.raises(NotFound):
            sheets.sheet(clerk, *which)


def test_without_the_export_extra_only_xlsx_is_refused(ctx, window, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(Reject, match="xlsx_unavailable") as refusal:
        sheet_formats.xlsx_file(sheets.sheet(ctx, "gate", window))
    assert refusal.value.status == 501
    assert "没有待取的订单" in html(ctx, window)


def test_five_thousand_orders_are_one_query_in_bounded_memory(ctx, window):
    make_many(ctx, window, 5000)
    statements = []
    with db.watched(statements.append):
        page = sheet_formats.html(sheets.sheet(ctx, "gate", window))
        first = next(page)
        assert first.startswith("<!doctype html>")
        assert not any("order_line" in sql for sql in statements), "the head waits for nothing"
        tracemalloc.start()
        size = sum(len(piece) for piece in page)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size > 2_000_000
    assert peak < 2_000_000
    assert sum("order_line" in sql for sql in statements) == 1


def test_a_sheet_that_is_not_read_to_its_end_leaves_nothing_open(ctx, window):
    make_many(ctx, window, 1500)
    page = sheet_formats.csv_file(sheets.sheet(ctx, "gate", window))
    next(page), next(page)
    page.close()
    assert not db.database.in_transaction()
    place(ctx, "王五", window)


def make_many(ctx, window, count):
    """Copies of one order, written straight into the tables."""
    order = place(ctx, "王五", window, ("APPLE", 2), ("PEAR", 1))
    with db.transaction():
        db.run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO orders (store, number, customer_id, state, currency, locale, total, paid,"
            " refunded, provider, method, contact_name, contact_phone, note, options, point_id,"
            " window_id, pickup_code, placed_at, cancel_reason, peer, guest)"
            " SELECT store, CAST(i AS TEXT), customer_id, state, currency, locale, total, paid,"
            " refunded, provider, method, contact_name || i, contact_phone, note, options, point_id,"
            " window_id, 'X' || i, placed_at, cancel_reason, peer, guest FROM orders, n WHERE id = ?",
            count - 1, order.id,
        )  # fmt: skip
        columns = """position, variant_id, sku, title, label, source, pool, quantity, unit_price,
            amount, discount, spend, options, offer, handed_out, refunded, withdrawn, returned,
            refunded_amount"""
        named = ", ".join("l." + name.strip() for name in columns.split(","))
        db.run(
            f"INSERT INTO order_line (order_id, {columns}) SELECT o.id, {named}"
            " FROM order_line l, orders o WHERE l.order_id = ? AND o.id <> ?",
            order.id, order.id,
        )  # fmt: skip


def test_totals_are_one_line_per_sku_in_the_stores_language_whatever_it_was_called(ctx, window):
    words = {"en": {"title": "Melon", "options": {"大": "large"}}}
    document = {
        "title": "瓜", "status": "published", "options": [{"name": "规格", "values": ["大"]}],
        "translations": words, "variants": [{"sku": "MELON", "price": 100, "stock": 9, "options": ["大"]}],
    }  # fmt: skip
    melon = products.create(ctx, document)
    place(replace(ctx, locale="en"), "Anna", window, ("MELON", 1))
    place(ctx, "王五", window, ("MELON", 2))
    products.update(ctx, melon, {"title": "西瓜"})
    place(ctx, "赵六", window, ("MELON", 3))
    sheet = sheets.sheet(ctx, "gate", window)
    page = "".join(sheet_formats.html(sheet))
    assert sheet.totals() == [("西瓜 · 大", "MELON", 6)]
    assert page.count('<i class="quiet">MELON</i>') == 1
    with sheet_formats.xlsx_file(sheets.sheet(ctx, "gate", window)) as file:
        totals = openpyxl.load_workbook(file).worksheets[1]
    assert [cell.value for cell in totals[2]] == ["MELON", "西瓜 · 大", 6]
    assert totals.max_row == 2


def test_totals_name_what_is_sold_no_more_as_it_was_ordered(ctx, window):
    place(ctx, "王五", window, ("APPLE", 2))
    [apple] = products.by_sku(ctx, ["APPLE"]).values()
    products.delete(ctx, apple)
    sheet = sheets.sheet(ctx, "gate", window)
    list(sheet.orders())
    assert sheet.totals() == [("苹果", "APPLE", 2)]


def test_a_long_note_wraps_in_the_workbook_and_keeps_its_lines_on_paper(ctx, window):
    note = "请放在门卫室，" * 20 + "\n谢谢"
    place(ctx, "王五", window, note=note)
    with sheet_formats.xlsx_file(sheets.sheet(ctx, "gate", window)) as file:
        lines = openpyxl.load_workbook(file).worksheets[0]
    [cell] = [cell for cell in lines[2] if cell.value == note]
    assert cell.alignment.wrap_text
    assert lines.row_dimensions[2].height > 100
    assert "white-space: pre-line" in html(ctx, window)


@pytest.mark.parametrize("text", ["0112", "3/4", "1-2", "1e5", "13800001234", "＝1+1"])
def test_a_text_that_a_spreadsheet_would_change_is_guarded_in_the_csv_and_money_is_not(
    ctx, window, text
):
    place(ctx, "王五", window, note=text)
    [row] = table(ctx, window)
    assert (row["备注"], row["应收"]) == ("'" + text, "20.00")
