"""A product file as rows: its encoding, its delimiter, its format, and true line numbers."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

BLOCK = 1 << 20
LINE = 1 << 22
"""the longest line, in characters; a file that is no text at all ends here"""
CELL = 1 << 20
csv.field_size_limit(CELL)
UNIT = re.compile(r" \((kg|g|lbs?|oz|t)\)$", re.I)
Progress = Callable[[str, int, int], None]
"""(stage, done, of): bytes while "reading", products while "writing"."""


class Unreadable(Exception):
    """The file cannot be read from this line on; why is a code with facts."""

    def __init__(self, line: int, code: str, /, **facts: Any) -> None:
        self.line, self.code, self.facts = line, code, facts
        super().__init__(code)


@dataclass(frozen=True)
class Header:
    """`places` maps our names to the places of their cells in a row; `titles` is the header as
    the file has it; `unit` is the unit of weight that it names, if it does."""

    format: str
    places: dict[str, int]
    titles: list[str]
    unit: str = ""

    def title(self, name: str) -> str:
        return self.titles[self.places[name]] if name in self.places else ""


def encoding_of(file: IO[bytes]) -> str:
    """utf-8-sig, utf-8 or gb18030. The whole file is tried: bytes decide, not a guess.

    A UTF-8 file with one broken byte would pass as GB18030 too, as nonsense; it is known by how
    little of it fails. Then, and where neither fits, Unreadable names the line.
    """
    file.seek(0)
    if file.read(3) == codecs.BOM_UTF8:
        return _proved(file, "utf-8-sig")
    try:
        return _proved(file, "utf-8")
    except Unreadable:
        if _mostly_utf8(file):
            raise
    return _proved(file, "gb18030")


def _proved(file: IO[bytes], encoding: str) -> str:
    """`encoding`, if every byte of the file fits it."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    file.seek(0)
    while True:
        block = file.read(BLOCK)
        try:
            line += decoder.decode(block, final=not block).count("\n")
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise Unreadable(line, "import_encoding", encoding=encoding) from None
        if not block:
            return encoding


def _mostly_utf8(file: IO[bytes]) -> bool:
    """Whether nine of ten wide characters are good UTF-8, as far as a thousand of them go."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    wide = broken = 0
    file.seek(0)
    while wide < 1000 and (block := file.read(BLOCK)):
        text = decoder.decode(block)
        wide += len(text) - len(text.encode("ascii", "ignore"))
        broken += text.count("\ufffd")
    return broken * 10 < wide


class Reader:
    """The rows of a seekable binary file, read once and as they come."""

    def __init__(self, file: IO[bytes], progress: Progress | None = None) -> None:
        self.encoding = encoding_of(file)
        self._file, self._progress = file, progress
        self._size = file.seek(0, io.SEEK_END)
        file.seek(0)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(the line it begins on, its cells), the header first; empty lines are left out."""
        text, line = io.TextIOWrapper(self._file, self.encoding, newline=""), 1
        try:
            first = text.readline(LINE)
            delimiter = max(",;\t", key=first.count)
            reader = csv.reader(self._lines(first, text), delimiter=delimiter, strict=True)
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise Unreadable(line, "import_csv", error=str(error)) from None
        finally:
            text.detach()

    def _lines(self, line: str, text: io.TextIOWrapper) -> Iterator[str]:
        number = 1
        while line:
            if len(line) == LINE:
                raise Unreadable(number, "import_csv", error="line too long")
            yield line
            line, number = text.readline(LINE), number + 1
            if self._progress and number % 200 == 0:
                self._progress("reading", self._file.tell(), self._size)
        if self._progress:
            self._progress("reading", self._size, self._size)


def header_of(titles: list[str], formats: Mapping[str, Mapping[str, str]]) -> Header:
    """Which of `formats` a header is of: {format: {title in lower case: our name}}.

    A name that ends in `!` tells a format: it must be there. Unreadable if no format fits.
    """
    titles = [title.strip() for title in titles]
    for name, known in formats.items():
        places: dict[str, int] = {}
        unit = ""
        for place, title in enumerate(titles):
            if found := UNIT.search(title):
                unit = found[1].lower() if known.get(_plain(title)) == "weight" else unit
            if ours := known.get(_plain(title)):
                places.setdefault(ours, place)
        if {ours for ours in known.values() if ours.endswith("!")} <= places.keys():
            plain = {ours.rstrip("!"): place for ours, place in places.items()}
            return Header(name, plain, titles, unit)
    raise Unreadable(1, "import_format", formats=", ".join(formats))


def _plain(title: str) -> str:
    return UNIT.sub(" (unit)", title).lower()
