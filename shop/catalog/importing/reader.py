"""A product file as rows: of text with its encoding and delimiter, or of a workbook.

Rows are counted as a spreadsheet shows them: a row with line breaks in a cell is one row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import IO

from shop.catalog.importing import encoding, workbook
from shop.catalog.importing.errors import Unreadable

LINE = 1 << 22
"""the longest line, in characters; a file that is no text at all ends here"""
CELL = 1 << 20
csv.field_size_limit(CELL)
SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.I)
"""The first line of a file in which Excel is told the delimiter; Excel does not show it."""
Progress = Callable[[str, int, int], None]
"""(stage, done, of): bytes while "reading", products while "writing"."""
Rows = Iterator[tuple[int, list[str]]]


class Reader:
    """The rows of a seekable binary file, as they come; `encoding` as `encoding_of` found it."""

    def __init__(
        self,
        file: IO[bytes],
        progress: Progress | None = None,
        asked: str = "",
        known: Callable[[str], bool] = lambda title: False,
    ) -> None:
        file.seek(0)
        head = file.read(8)
        self._file, self._progress = file, progress
        self._size = file.seek(0, io.SEEK_END)
        self.workbook = workbook.opened(file) if workbook.is_one(head) else None
        if self.workbook:
            self.encoding = encoding.Encoding("xlsx", "")
        else:
            self.encoding = encoding.encoding_of(file, asked, known)

    def rows(self, silent: bool = False) -> Rows:
        """(number, cells) of the rows that hold anything, the header first. May be asked again;
        `silent` without progress."""
        progress = None if silent else self._progress
        found = workbook.rows(self.workbook) if self.workbook else self._text(progress)
        yield from ((number, cells) for number, cells in found if any(cells))
        if progress:
            progress("reading", self._size, self._size)

    def _text(self, progress: Progress | None) -> Rows:
        self._file.seek(0)
        text, row = io.TextIOWrapper(self._file, self.encoding.codec, newline=""), 1
        try:
            first = text.readline(LINE)
            if told := SEPARATOR.fullmatch(first):
                first = text.readline(LINE)
            delimiter = told[1] if told else max(",;\t", key=first.count)
            lines = self._lines(first, text, progress)
            for cells in csv.reader(lines, delimiter=delimiter, strict=True):
                yield row, cells
                row += 1
        except csv.Error as error:
            raise Unreadable(row, "import_csv", error=str(error)) from None
        finally:
            text.detach()

    def _lines(self, line: str, text: io.TextIOWrapper, progress: Progress | None) -> Iterator[str]:
        number = 1
        while line:
            if len(line) == LINE:
                raise Unreadable(number, "import_csv", error="line too long")
            yield line
            line, number = text.readline(LINE), number + 1
            if progress and number % 200 == 0:
                progress("reading", self._file.tell(), self._size)
