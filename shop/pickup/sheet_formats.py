"""A sheet as printable HTML, as CSV and as XLSX, each written while the orders are read."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any
from unicodedata import east_asian_width

import jinja2

from shop import i18n, money
from shop.data.spreadsheet import guarded
from shop.errors import Reject
from shop.pickup.sheets import Sheet, SheetOrder

TEMPLATES = Path(__file__).parent.parent / "templates"
CHUNK = 32_768
COLUMNS = (
    "window",
    "name",
    "phone",
    "code",
    "order",
    "sku",
    "product",
    "units",
    "due",
    "note",
    "hold",
)
WIDTHS = (24, 14, 8, 11, 10, 14, 32, 7, 10, 28, 24)
LINE, TALLEST = 15.0, 409.0
"""the height of one line, and the greatest that a row of a workbook may have (1/72 inch)"""
DUE = COLUMNS.index("due")
UNITS = COLUMNS.index("units")


# -- HTML ------------------------------------------------------------------------------------


def html(sheet: Sheet) -> Iterator[str]:
    """A page for A4; its head is sent before the first order is read."""
    say = partial(_say, sheet)
    pieces = _template().generate(
        sheet=sheet,
        say=say,
        show=lambda amount, currency: money.show(amount, currency, sheet.locale),
        store=sheet.ctx.store,
    )
    return _batched(pieces)


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("sheet.html")


def _batched(pieces: Iterable[str]) -> Iterator[str]:
    """Join pieces, a few at first, to chunks worth sending."""
    waiting, size, enough = [], 0, 1
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= enough:
            yield "".join(waiting)
            waiting, size, enough = [], 0, min(enough * 8, CHUNK)
    yield "".join(waiting)


# -- tables ----------------------------------------------------------------------------------


def rows(sheet: Sheet) -> Iterator[list[Any]]:
    """A row for each line of each order, in the order of COLUMNS; `due` stands in the first row
    of its order only, so that the column adds up."""
    for order in sheet.orders():
        due: Any = (order.due, order.currency)
        for line in order.lines:
            yield [
                order.window, order.name, order.phone, _spaced(order), order.number, line.sku,
                line.title, line.waiting, due, order.note, "; ".join(order.holds),
            ]  # fmt: skip
            due = None


def csv_file(sheet: Sheet) -> Iterator[bytes]:
    """UTF-8 with the mark that Excel wants; no cell can be taken for a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_say(sheet, f"sheet_{name}") for name in COLUMNS)
    yield b"\xef\xbb\xbf" + _taken(buffer)
    for cells in rows(sheet):
        cells[DUE] = Decimal(money.plain(*cells[DUE])) if cells[DUE] and cells[DUE][0] else ""
        writer.writerow(guarded(cells))
        if buffer.tell() > CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def xlsx_file(sheet: Sheet) -> IO[bytes]:
    """A workbook in a temporary file, at its start: the lines, and the totals per product. Texts
    are texts whatever they begin with. 501 `xlsx_unavailable` without the `export` extra."""
    try:
        import xlsxwriter
    except ImportError:
        raise Reject("xlsx_unavailable", 501) from None
    file = tempfile.TemporaryFile()  # noqa: SIM115, the caller closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        plain = book.add_format({"valign": "top", "text_wrap": True})
        digits = money.precision(sheet.ctx.store.currency)
        price = book.add_format({"valign": "top", "num_format": f"0.{'0' * digits}".rstrip(".")})
        page = _page(book, sheet, "sheet_goods", [f"sheet_{name}" for name in COLUMNS], bold)
        for number, width in enumerate(WIDTHS):
            page.set_column(number, number, width)
        for number, cells in enumerate(rows(sheet), 1):
            page.set_row(number, _height(cells))
            for column, cell in enumerate(cells):
                if column == UNITS:
                    page.write_number(number, column, cell, plain)
                elif column == DUE:
                    if cell and cell[0]:
                        page.write_number(number, column, float(money.plain(*cell)), price)
                elif cell:
                    page.write_string(number, column, cell, plain)
        _totals(book, sheet, bold, plain)
    file.seek(0)
    return file


def _height(cells: list[Any]) -> float:
    """Of a row in which the longest text is seen whole: not every program reckons it by itself."""
    texts = ((cell, WIDTHS[column]) for column, cell in enumerate(cells) if isinstance(cell, str))
    lines = max((_lines(text, width) for text, width in texts), default=1)
    return min(LINE * lines, TALLEST)


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column of so many characters; a Chinese one counts twice."""
    parts = text.splitlines() or [""]
    wide = (sum(1 + (east_asian_width(letter) in "WF") for letter in part) for part in parts)
    return sum(max(1, -(-count // (width - 1))) for count in wide)


def _totals(book: Any, sheet: Sheet, bold: Any, plain: Any) -> None:
    names = ["sheet_sku", "sheet_product", "sheet_units"]
    page = _page(book, sheet, "sheet_totals", names, bold)
    page.set_column(0, 0, 16)
    page.set_column(1, 1, 40)
    for number, (title, sku, units) in enumerate(sheet.totals(), 1):
        page.write_string(number, 0, sku, plain)
        page.write_string(number, 1, title, plain)
        page.write_number(number, 2, units, plain)


def _page(book: Any, sheet: Sheet, title: str, names: list[str], bold: Any) -> Any:
    page = book.add_worksheet(_say(sheet, title))
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.freeze_panes(1, 0)
    for column, name in enumerate(names):
        page.write_string(0, column, _say(sheet, name), bold)
    return page


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _spaced(order: SheetOrder) -> str:
    return f"{order.code[:4]} {order.code[4:]}"


def _say(sheet: Sheet, code: str, **facts: Any) -> str:
    return i18n.say(code, sheet.locale, **facts)
