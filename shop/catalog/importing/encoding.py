"""Which encoding a file of text is in: known for sure, judged by its text, or in doubt.

Bytes prove Unicode. Everything else is judged: charset-normalizer says which encodings give text
without mess, `plausible` how much each reading looks like words. An encoding is taken only if no
other reading of the same bytes comes near it; else the file is refused and its owner is asked.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO
from unicodedata import normalize

from shop.catalog.importing import plausible
from shop.catalog.importing.errors import Unreadable

BLOCK = 1 << 20
SAMPLE = 1 << 13
"""bytes of lines that are not ASCII, which are judged"""
CODECS = {
    "gb18030": "gb18030", "big5": "cp950", "shift_jis": "cp932", "euc-jp": "euc_jp",
    "euc-kr": "cp949", "windows-1252": "cp1252", "iso-8859-15": "iso8859-15",
    "mac-roman": "mac-roman", "cp850": "cp850", "windows-1250": "cp1250",
    "iso-8859-2": "iso8859-2", "cp852": "cp852", "windows-1251": "cp1251", "koi8-r": "koi8-r",
    "cp866": "cp866", "mac-cyrillic": "mac-cyrillic", "windows-1253": "cp1253",
    "windows-1254": "cp1254", "windows-1255": "cp1255", "windows-1256": "cp1256",
    "windows-1257": "cp1257", "windows-1258": "cp1258", "windows-874": "cp874",
}  # fmt: skip
"""{name as a person knows it: Python's codec}"""
GOOD, CHINESE = 0.4, 0.15
"""The least score of a reading. Chinese has many characters that are not among the usual ones."""
MARGIN, EVIDENCE = 0.25, 1.0
"""By how much a reading must lead, on the mean and in all."""
FEW = 8
"""letters that may be of any script: a rare one is no mistake among them"""
SURE = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
SHOWN = 6
"""candidates that are named"""
CELL = re.compile(r"[^,;\t\r\n\"]+")
NO_TEXT = {"utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined"}
"""Codecs of Python that no file of text is in, or that read bytes across the end of a block."""


@dataclass(frozen=True)
class Encoding:
    """`name` for people, `codec` for Python; `guessed` if only the text speaks for it."""

    name: str
    codec: str
    guessed: bool = False


@dataclass(frozen=True)
class Reading:
    name: str
    text: str
    score: float

    @property
    def good(self) -> bool:
        return self.score >= (CHINESE if self.name == "gb18030" else GOOD)

    @property
    def sample(self) -> str:
        """A few cells that show how the file would look."""
        cells = (found.strip() for found in _wide(self.text))
        return " | ".join(dict.fromkeys(cell[:30] for cell in cells if cell))[:60]


def _wide(text: str) -> list[str]:
    """The cells that are not ASCII."""
    return [cell for cell in CELL.findall(text) if not cell.isascii()]


def named(name: str) -> Encoding:
    """The encoding that a person asked for. LookupError if there is no such text encoding."""
    codec = CODECS.get(name.strip().lower(), name.strip())
    try:
        found = codecs.lookup(codec)
    except (LookupError, ValueError) as error:  # ValueError: a NUL in the name
        raise LookupError(f"no text encoding: {name}") from error
    refused = {codecs.lookup(one).name for one in NO_TEXT}
    if not found._is_text_encoding or not found.incrementaldecoder or found.name in refused:
        raise LookupError(f"no text encoding: {name}")
    return Encoding(name.strip(), codec)


def encoding_of(
    file: IO[bytes], asked: str = "", known: Callable[[str], bool] = lambda title: False
) -> Encoding:
    """The encoding of a seekable file, or the one `asked` for if every byte fits it.

    `known` tells whether a cell of the header is the title of a column. Raises Unreadable:
    `import_encoding` with the line that does not fit, or `import_encoding_doubt` with the
    candidates.
    """
    if asked:
        try:
            return _proved(file, named(asked))
        except LookupError:
            raise Unreadable(1, "import_no_encoding", name=asked[:40]) from None
    file.seek(0)
    head = file.read(4096)
    for mark, name in SURE.items():
        if head.startswith(mark):
            return _proved(file, Encoding(name, name))
    if codec := _bare_utf16(head):
        return _proved(file, Encoding(codec, codec))
    try:
        return _proved(file, Encoding("utf-8", "utf-8"))
    except Unreadable:
        if _mostly_utf8(file):
            raise
    return _judged(file, known)


def _judged(file: IO[bytes], known: Callable[[str], bool]) -> Encoding:
    sample, header = _sample(file)
    readings = _readings(sample, header, known)
    best = readings[0] if readings else None
    if best and best.good and not any(_near(other, best) for other in readings[1:]):
        return _proved(file, Encoding(best.name, CODECS[best.name], guessed=True))
    candidates: list[dict[str, str]] = []
    for reading in readings:
        if len(candidates) < SHOWN and reading.sample not in [one["sample"] for one in candidates]:
            candidates.append({"encoding": reading.name, "sample": reading.sample})
    said = "; ".join(f"{one['encoding']}: {one['sample']}" for one in candidates)
    raise Unreadable(1, "import_encoding_doubt", candidates=candidates, readings=said)


def _near(other: Reading, best: Reading) -> bool:
    """Whether the same bytes may be another text. Where letters stand for letters, only those
    that differ are compared: a thousand umlauts do not speak for a single è."""
    scripts = [plausible.SCRIPTS.get(one.name, ("",))[0] for one in (other, best)]
    if all(scripts) and scripts[0] != scripts[1]:
        few = sum(not letter.isascii() for letter in best.text) < FEW
        if other.score > (-0.4 if few else 0):
            return True  # letters of two scripts: words of either
    if other.text.casefold() == best.text.casefold() or other.score <= best.score - 3 * MARGIN:
        return False
    if len(other.text) == len(best.text) and not {other.name, best.name} & set(plausible.EAST):
        pairs = enumerate(zip(best.text, other.text, strict=True))
        places = frozenset(at for at, (one, two) in pairs if one != two)
        points = [plausible.score(one.text, one.name, places) for one in (best, other)]
        lead = (points[0] or 0) - (points[1] or 0)
        if None not in points:
            return lead < MARGIN or lead * len(places) < EVIDENCE
    lead = best.score - other.score
    wide = sum(not letter.isascii() for letter in best.text)
    return lead < MARGIN or lead * wide < EVIDENCE


def _readings(sample: bytes, header: bytes, known: Callable[[str], bool]) -> list[Reading]:
    """The possible readings, the best one first; the more common encoding before its twins."""
    found = []
    for name, codec in CODECS.items():
        try:
            text, titles = (normalize("NFC", part.decode(codec)) for part in (sample, header))
        except UnicodeDecodeError:
            continue
        if (score := plausible.score(text, name)) is not None:
            cells = (cell.strip().lower() for cell in _wide(titles))
            found.append(Reading(name, text, score + 0.5 * any(map(known, cells))))
    found.sort(key=lambda reading: -reading.score)
    tidy = _tidy(sample, [reading.name for reading in found if reading.good])
    judged = [one if one.name in tidy else replace(one, score=one.score - 0.2) for one in found]
    return sorted(judged, key=lambda reading: -reading.score)


def _tidy(sample: bytes, names: list[str]) -> set[str]:
    """Those of our encodings that charset-normalizer finds to give text without mess."""
    isolated = {codecs.lookup(CODECS[name]).name.replace("-", "_"): name for name in names}
    if not isolated:
        return set()
    import charset_normalizer  # slow to load, and seldom needed

    matches = charset_normalizer.from_bytes(sample, cp_isolation=list(isolated))
    found = {alias for match in matches for alias in match.could_be_from_charset}
    return {isolated[name] for name in found if name in isolated}


def _sample(file: IO[bytes]) -> tuple[bytes, bytes]:
    """The first lines that are not ASCII, and the first line of all."""
    file.seek(0)
    header = b""
    lines: list[bytes] = []
    size = 0
    for number, line in enumerate(iter(lambda: file.readline(BLOCK), b"")):
        if number == 0:
            header = line
        if not line.isascii():
            lines.append(line)
            size += len(line)
        if size >= SAMPLE:
            break
    return b"".join(lines), header


def _bare_utf16(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of what is ASCII in it is zero."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) < 8 or max(even, odd) * 4 < len(head) // 2:
        return ""
    if even == 0:
        return "utf-16-le"
    return "utf-16-be" if odd == 0 else ""


def _proved(file: IO[bytes], encoding: Encoding) -> Encoding:
    """`encoding`, if every byte of the file fits it."""
    decoder, line = codecs.getincrementaldecoder(encoding.codec)(), 1
    file.seek(0)
    while True:
        block = file.read(BLOCK)
        try:
            line += decoder.decode(block, final=not block).count("\n")
        except UnicodeError as error:
            broken = getattr(error, "object", b"")[: getattr(error, "start", 0)]
            line += broken.count(b"\n")
            raise Unreadable(line, "import_encoding", encoding=encoding.name) from None
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
