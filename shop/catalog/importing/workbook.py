"""The rows of an Excel workbook, as a person reads them, within bounds of memory."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any

from shop.catalog.importing.errors import Unreadable

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SHEET, PART, PARTS = 400 << 20, 32 << 20, 2000
"""The most bytes of a sheet, which is read as a stream; of another part; the most parts."""
COLUMNS, ROWS, BLOCK = 300, 1_048_576, 1 << 20
"""Columns that are read; rows that Excel knows; bytes that are unpacked at once."""
CELLS, TAGS, STYLES = 16_384, 400_000, 66_000
"""The most cells of a row, tags of a row, cell styles: Excel allows no more."""
SHEET_TAGS, OTHER_TAGS = 40_000_000, 4_000_000
"""The most tags of a sheet, and of another part."""
CELL, ROW_END = re.compile(rb"<(?:\w+:)?c[\s/>]"), re.compile(rb"</(?:\w+:)?row\s*>")
STYLE = re.compile(rb"<(?:\w+:)?xf[\s/>]")
TYPES = "[Content_Types].xml"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
PLACE = re.compile(r"/xl/worksheets/[^/]+\.xml")
ZEROS = re.compile(r"0+")


def is_one(head: bytes) -> bool:
    """Whether a file that begins with `head` is a workbook, or another packed file."""
    if head.startswith(OLE):
        raise Unreadable(1, "import_old_excel")
    return head.startswith(ZIP)


def opened(file: IO[bytes]) -> Any:
    """The workbook in `file`. Unreadable: `import_workbook` if it is none or unpacks too far."""
    import openpyxl  # slow to load, and seldom needed

    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if len(parts) > PARTS or packed.getinfo(TYPES).file_size > PART:
                raise Unreadable(1, "import_workbook")
            sheets = _sheets(packed)
            for part in parts:
                _check(packed, part, part.filename in sheets)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        if any(sheet._worksheet_path not in sheets for sheet in book.worksheets):
            raise Unreadable(1, "import_workbook")
        return book
    except Unreadable:
        raise
    except Exception:  # openpyxl raises whatever a broken file makes it raise
        raise Unreadable(1, "import_workbook") from None


def _sheets(packed: zipfile.ZipFile) -> set[str]:
    """The parts that are told to be sheets and nothing else, where sheets lie."""
    from openpyxl.packaging.manifest import Manifest
    from openpyxl.xml.functions import fromstring

    told = Manifest.from_tree(fromstring(packed.read(TYPES))).Override
    others = {part.PartName for part in told if part.ContentType != SHEET_TYPE}
    return {
        part.PartName[1:] for part in told
        if part.PartName not in others and PLACE.fullmatch(part.PartName)
    }  # fmt: skip


def _check(packed: zipfile.ZipFile, part: zipfile.ZipInfo, sheet: bool) -> None:
    """Refuse a part that would become too many objects: openpyxl holds a whole row at once, and
    every style. A part's name says nothing of what is read of it, so all of them are counted."""
    if part.file_size > (SHEET if sheet else PART):
        raise Unreadable(1, "import_workbook")
    total = tags = cells = styles = 0
    rest = b""
    with packed.open(part) as unpacked:
        while block := unpacked.read(BLOCK):
            block = rest + block
            cut = block.rfind(b"<", len(block) - 40)
            block, rest = (block[:cut], block[cut:]) if cut >= 0 else (block, b"")
            total += block.count(b"<")
            if not sheet:
                styles += len(STYLE.findall(block))
            for at, row in enumerate(ROW_END.split(block) if sheet else ()):
                tags, cells = (0, 0) if at else (tags, cells)
                tags += row.count(b"<")
                if tags > CELLS:
                    cells += len(CELL.findall(row))
                if tags > TAGS or cells > CELLS:
                    raise Unreadable(1, "import_workbook")
            if total > (SHEET_TAGS if sheet else OTHER_TAGS) or styles > STYLES:
                raise Unreadable(1, "import_workbook")


def sheets(book: Any) -> list[str]:
    """The titles of the sheets that are shown; the first is the one that is read."""
    return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]


def rows(book: Any) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of the first sheet that is shown."""
    from openpyxl.cell.read_only import EMPTY_CELL

    number = 0
    try:
        sheet = book[sheets(book)[0]]
        sheet.reset_dimensions()
        missing: object = (
            None  # what openpyxl gives, the same each time, for a row that is not there
        )
        for number, row in enumerate(sheet.iter_rows(max_row=ROWS, max_col=COLUMNS), 1):
            if row is missing:
                yield number, []
                continue
            cells = ["" if cell is EMPTY_CELL else _text(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            missing = missing if cells else row
            yield number, cells
    except Unreadable:
        raise
    except Exception:
        raise Unreadable(number + 1, "import_workbook") from None


def _text(cell: Any) -> str:
    """A number without the digits that only the computer sees, a date as 2026-05-01."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        text = f"{Decimal(format(value, '.15g')):f}"
        shape = cell.number_format or ""
        return text.zfill(len(shape)) if ZEROS.fullmatch(shape) and text.isdigit() else text
    return str(value).replace("_x000D_", "")
