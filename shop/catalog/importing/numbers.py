"""Prices and weights as people write them: `2,90 €`, `1.234,50`, `¥19.90`.

Whether a comma is the decimal mark is asked of the whole column, never guessed by row. Prices
and weights are asked apart: shops export them in different ways.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_currency_symbol

GROUPS = {"price": "money", "sale": "money", "compare_at": "money", "cost": "money",
          "weight": "weight"}  # fmt: skip
"""{our column: the group whose cells are written in one way}"""
HEAVY = 100_000
"""grams: nothing heavier is handed out at a pickup point, so `226.796` has a decimal point"""
MARKS = {"point": ".", "comma": ","}
SPACED = re.compile(r"\d{1,3}(?:[ '’\xa0\u202f\u2009]\d{3})+(?:[.,]\d+)?")
SPACES = re.compile(r"[ '’\xa0\u202f\u2009]")
NUMBER = re.compile(r"-?[\d.,]*\d[.,]?", re.ASCII)
SIGNED = re.compile(
    r"(?P<before>[^\d\s.,'’-]*(?:(?<=[^\W\d_]|/)\.(?=\s*\d))?)\s*"
    r"(?P<number>-?(?:[\d.,'’][\d.,'’ \xa0\u202f\u2009]*)?\d)\s*(?P<after>[^\d\s,'’-]*)"
)
LOCALES = ("en", "zh", "ja", "ko", "de", "fr", "pl", "ru", "cs", "sv", "tr", "pt_BR", "hu", "uk")
MORE_SIGNS = {
    "CNY": ("元", "¥", "￥", "rmb", "块"), "JPY": ("円", "¥", "￥"), "TWD": ("元", "nt$"),
    "RUB": ("руб", "руб.", "р."), "HKD": ("元",), "CHF": ("fr.", "sfr."), "TRY": ("tl",),
    "EUR": ("euro", "euros"), "UAH": ("грн", "грн."), "DKK": ("kr", "kr."), "NOK": ("kr", "kr."),
    "SEK": ("kr", "kr."), "ISK": ("kr", "kr."), "RON": ("lei", "leu"), "MDL": ("lei", "leu"),
    "IDR": ("rp", "rp."), "MYR": ("rm",), "INR": ("rs", "rs."), "VND": ("đ", "vnđ"),
    "PEN": ("s/", "s/."), "ZAR": ("r",),
}  # fmt: skip
FULLWIDTH = re.compile("[\uff01-\uffee]+")
"""Not every sign that stands for a digit: 19⁹⁰ is not 1990."""
NO_CENTS = re.compile(r"(?<=\d)[.,][-–—]$")
"""As in `12.-`"""


class Refused(Exception):
    """A number that may mean two things: why is a code with facts."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


@dataclass
class Style:
    """The decimal mark of a group of columns, by the cells that leave no doubt."""

    asked: str = ""
    seen: dict[str, tuple[str, int]] = field(default_factory=dict)
    """{decimal mark: (the first cell that has it, its row)}"""
    commas_beside: bool = False
    """whether the other group has a comma as its decimal mark: then a point may be one of thousands"""

    def see(self, text: str, row: int) -> None:
        mark = _mark(text)
        if mark and mark not in self.seen:
            self.seen[mark] = (text, row)

    def plain(self, text: str) -> str:
        """`1.234,50` as `1234.50`, or as it was if it is no number. Raises Refused."""
        if not NUMBER.fullmatch(text) or ("," not in text and "." not in text):
            return text
        mark = self.asked
        if not mark and len(self.seen) == 2:
            mark = _mark(text)
            if mark != ".":
                other, row = self.seen["."]
                raise Refused("import_decimal_mixed", value=text, other=other, row=row)
        if not mark and self.seen:
            mark = next(iter(self.seen))
        if not mark:
            if "," in text:
                raise Refused("import_thousands", value=text, one=text.replace(",", ""),
                              other=text.replace(",", "."))  # fmt: skip
            whole = text.replace(".", "")
            doubtful = self.commas_beside and not _mark(text) and text[-1] != "."
            if doubtful and abs(int(whole)) <= HEAVY:
                raise Refused("import_thousands", value=text, one=whole, other=text)
            return text
        other = "," if mark == "." else "."
        whole, _, rest = text.partition(mark)
        groups = whole.lstrip("-").split(other)
        if other in rest or mark in rest or not _grouped(groups):
            return text
        return whole.replace(other, "") + ("." + rest if rest else "")


def _grouped(groups: list[str]) -> bool:
    """Whether digits stand in groups of thousands, or in no groups."""
    first, *others = groups
    return not others or (1 <= len(first) <= 3 and all(len(one) == 3 for one in others))


def _mark(text: str) -> str:
    """The decimal mark of a number that can be read in one way only."""
    digits = text.lstrip("-")
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        last = "," if digits.rfind(",") > digits.rfind(".") else "."
        return last if digits.count(last) == 1 else ""
    sign = "," if commas else "."
    if commas + points > 1:
        return "." if sign == "," else ","  # 1,234,567
    whole, found, rest = digits.partition(sign)
    if not found or not rest:
        return ""
    thousands = len(rest) == 3 and 1 <= len(whole) <= 3 and whole.lstrip("0") == whole
    return "" if thousands else sign


def bare(text: str, currency: str) -> str:
    """A number without the sign of its currency and the spaces between its thousands. Raises
    Refused if the sign is that of another currency."""
    text = FULLWIDTH.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text).strip()
    text = NO_CENTS.sub("", text)
    if not text or NUMBER.fullmatch(text):
        return text
    found = SIGNED.fullmatch(text)
    if not found:
        return text
    for sign in (found["before"], found["after"]):
        plain = unicodedata.normalize("NFKC", sign).lower()
        if plain and plain not in signs(currency):
            if plain in _any_sign():
                raise Refused("import_currency", value=text[:40], currency=currency)
            return text
    number = found["number"]
    return SPACES.sub("", number) if SPACED.fullmatch(number.lstrip("-")) else number


@cache
def signs(currency: str) -> frozenset[str]:
    """What people write beside amounts of a currency: its code, its signs."""
    said = {get_currency_symbol(currency, locale) for locale in (*LOCALES, *_locales(currency))}
    short = {sign.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for sign in said}
    found = {currency, *said, *short, *MORE_SIGNS.get(currency, ())}
    plain = (unicodedata.normalize("NFKC", sign).lower().strip() for sign in found)
    return frozenset(sign for sign in plain if sign)


def _locales(currency: str) -> list[str]:
    """The locales of the territories where people pay in a currency today."""
    likely, found = get_global("likely_subtags"), []
    for territory, used in get_global("territory_currencies").items():
        if any(code == currency and legal and not end for code, _, end, legal in used):
            found += [f"en_{territory}", likely.get(f"und_{territory}", "en")]
    return [locale for locale in found if _known(locale)]


def _known(locale: str) -> bool:
    try:
        return bool(Locale.parse(locale))
    except (UnknownLocaleError, ValueError):
        return False


@lru_cache
def _any_sign() -> frozenset[str]:
    codes = Locale("en").currencies
    return frozenset(sign for code in map(str, codes) if len(code) == 3 for sign in signs(code))


def survey(
    rows: Iterable[tuple[int, list[str]]], places: dict[str, int], currency: str, asked: str
) -> dict[str, Style]:
    """{group: its style} of the columns at `places`, over all rows."""
    styles = {group: Style(MARKS.get(asked, "")) for group in GROUPS.values()}
    columns = [(styles[GROUPS[name]], place) for name, place in places.items() if name in GROUPS]
    if columns and not asked:
        for row, cells in rows:
            for style, place in columns:
                if len(style.seen) < 2 and place < len(cells) and cells[place]:
                    try:
                        style.see(bare(cells[place], currency), row)
                    except Refused:
                        continue
    weight, money = styles["weight"], styles["money"]
    weight.commas_beside = not weight.seen and set(money.seen) == {","}
    return styles
