"""The rows of an Excel workbook, as a person reads them, within bounds of memory."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any

from shop.services.importing.errors import Unreadable

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SHEET, PART, PARTS = 400 << 20, 32 << 20, 2000
"""The most bytes of a sheet, which is read as a stream; of another part; the most parts."""
COLUMNS = 300
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
        if len(parts) > PARTS or any(map(_too_large, parts)):
            raise Unreadable(1, "import_workbook")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Unreadable:
        raise
    except Exception:  # openpyxl raises whatever a broken file makes it raise
        raise Unreadable(1, "import_workbook") from None


def _too_large(part: zipfile.ZipInfo) -> bool:
    if not part.filename.endswith((".xml", ".rels")):
        return False
    sheet = part.filename.startswith("xl/worksheets/")
    return part.file_size > (SHEET if sheet else PART)


def sheets(book: Any) -> list[str]:
    """The titles of the sheets that are shown; the first is the one that is read."""
    return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]


def rows(book: Any) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of the first sheet that is shown."""
    number = 0
    try:
        sheet = book[sheets(book)[0]]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS), 1):
            cells = [_text(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
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
