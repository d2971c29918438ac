"""One row's cells under our names, read as what they should be.

What cannot be read is reported with its line and column and reads as nothing, so that one pass
finds every mistake of a file.
"""

from __future__ import annotations

import csv
import re
from typing import Any

from shop import money
from shop.catalog.importing.header import Header
from shop.catalog.importing.report import Findings
from shop.data.spreadsheet import unguard

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
WHOLE = re.compile(r"-?\d{1,15}(\.0{1,2}|\.0{4,})?", re.ASCII)
"""`3`, `3.0`; not `1.000`, which may be a thousand"""
YES, NO = ("true", "1", "yes", "y"), ("false", "0", "no", "n")


def split(text: str) -> list[str]:
    """The words of a list with commas; a word with a comma stands in double quotes."""
    try:
        [words] = csv.reader([text], skipinitialspace=True) if text else [[]]
    except (csv.Error, ValueError):
        words = text.replace("\n", ",").split(",")
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


class Cells:
    """`bad` once an error was found in the row: the product that it belongs to is not taken."""

    __slots__ = ("bad", "cells", "findings", "header", "line")

    def __init__(self, line: int, cells: list[str], header: Header, findings: Findings) -> None:
        self.line, self.cells, self.header, self.findings = line, cells, header, findings
        self.bad = False

    def at(self, line: int, cells: list[str], bad: bool = False) -> Cells:
        """Another row of the same file."""
        other = Cells(line, cells, self.header, self.findings)
        other.bad = bad
        return other

    def __contains__(self, name: str) -> bool:
        """Whether the file has such a column at all."""
        return name in self.header.places

    def raw(self, name: str) -> str:
        place = self.header.places.get(name, -1)
        return self.cells[place] if 0 <= place < len(self.cells) else ""

    def text(self, name: str, most: int = 255, strip: bool = True) -> str:
        text = self.raw(name)
        if not text:
            return ""
        text = unguard(text)
        text = text.strip() if strip else text
        if len(text) > most:
            self.error(name, "import_too_long", limit=most, have=len(text))
            return ""
        if CONTROL.search(text):
            self.error(name, "import_control")
            return ""
        return text

    def amount(self, name: str) -> int | None:
        """A price in minor units; None for an empty cell."""
        text = self.raw(name).strip()
        if not text:
            return None
        try:
            amount = money.parse(text, self.findings.currency)
        except ValueError:
            self.error(name, "import_amount", value=text[:40], currency=self.findings.currency)
            return None
        if amount < 0:
            self.error(name, "import_below_zero", value=text)
            return None
        return amount

    def whole(self, name: str, low: int, high: int) -> int | None:
        text = unguard(self.raw(name).strip())
        if not text:
            return None
        if not WHOLE.fullmatch(text) or not low <= int(text.partition(".")[0]) <= high:
            self.error(name, "import_whole", value=text[:40], least=low, most=high)
            return None
        return int(text.partition(".")[0])

    def flag(self, name: str, default: bool) -> bool:
        text = self.raw(name).strip().lower()
        if text in YES or text in NO:
            return text in YES
        if text:
            self.error(name, "import_flag", value=text[:40])
        return default

    @property
    def name(self) -> str:
        """What a person knows the row's product by: its handle, else its SKU or title."""
        return next(filter(None, map(self.raw, ("handle", "sku", "title"))), "").strip()[:100]

    def error(self, name: str, code: str, /, at: int = 0, **facts: Any) -> None:
        """A mistake in this row, or in row `at` of the same product."""
        self.bad = True
        title = self.header.title(name)
        self.findings.error(at or self.line, title, code, of=self.name, **facts)

    def note(self, name: str, code: str, /, **facts: Any) -> None:
        title = self.header.title(name)
        self.findings.note(self.line, title, code, of=self.name, **facts)

    def skip(self, name: str, code: str, /, **facts: Any) -> None:
        """The row's product is left out."""
        title = self.header.title(name)
        self.findings.skip(self.line, title, code, of=self.name, **facts)
