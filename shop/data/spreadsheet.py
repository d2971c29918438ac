"""Text in CSV cells that a spreadsheet program would turn into something else.

A program that opens a CSV file runs `=1+1`, shows `0112` as 112 and `3/4` as a date. `guard` puts an
apostrophe in front of such text; every CSV file that leaves the shop passes its text through it.
`unguard` takes the apostrophe off again when a file comes in. Numbers and amounts that are meant as
numbers are not guarded: only text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

LONG = 11
"""digits from which on a program shows 1.38E+10; phone numbers and barcodes have as many"""
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
SHAPES = "|".join(
    (
        r"0\d+",  # 0112 loses its zero
        rf"\d{{{LONG},}}",
        r"\d[\d,. \u00a0\u202f]*[.,]\d+",  # 1.50, 1,000, 1 000,5
        r"\d+(?:[.,]\d*)?e[+-]?\d+",  # 1e5
        r"\d{1,4} ?[-/.] ?\d{1,4}(?: ?[-/.] ?\d{1,4})?(?: +\d.*)?",  # 1-2, 3/4, 2026-05-01
        r"\d+ +\d+ ?/ ?\d+",  # 1 3/4
        r"\d+(?:[ -]\d+)+",  # 138-0000-1234, 030 1234
        r"\d{1,4}:\d{1,2}(?::\d{1,2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?",  # 10:30
        r"\d{1,2} ?[ap]\.?m\.?",
        rf"{MONTH}[ -/.]?\d{{1,4}}(?:,? ?\d{{2,4}})?",  # MAR1, Dec 10
        rf"\d{{1,2}}[ -/.]?{MONTH}(?:[ -/.]?\d{{2,4}})?",  # 1-Mar
        r"\d{1,4} ?[年月]\d*[月日]?\d*日?",
        r"\d[\d,.]* ?%",
        r"[$€£¥￥] ?\d[\d,.]*",
        r"\(\d[\d,.]*\)",  # (5) is -5 to an accountant
    )
)
RUN = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
TURNED = re.compile(rf"\s*(?:{SHAPES})\s*", re.I | re.ASCII)
LONGEST = 100
"""characters past which nothing is read as a number"""
QUOTED = re.compile(r'="([^"]*)"')


def guard(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would run or change it."""
    return "'" + text if _risky(text) else text


def unguard(text: str) -> str:
    """The inverse of `guard`. `="00123"`, the other way of saying that a cell is text, is 00123."""
    if text[:1] == "'" and _risky(text):
        return text[1:]
    quoted = QUOTED.fullmatch(text)
    return quoted[1] if quoted else text


def guarded(cells: Iterable[Any]) -> list[Any]:
    """A row of a CSV file, its text guarded, all else as it is."""
    return [guard(cell) if isinstance(cell, str) else cell for cell in cells]


def _risky(text: str) -> bool:
    """Whether a program runs or changes the text, or would without the apostrophes before it."""
    bare = text.lstrip("'")
    return bool(RUN.match(bare) or (len(bare) <= LONGEST and TURNED.fullmatch(bare)))
