"""The header of a product file: which format it is of, and where our columns are in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shop.catalog.importing.errors import Unreadable

UNIT = re.compile(
    r" ?[(（](kg|g|lbs?|oz|t|кг|г|公斤|千克|克|磅|盎司|livres)[)）]$"
    r"|(?<=\w)[ /]+(kg|g|lbs?|oz|кг)$|(?<=[\u4e00-\u9fff])(kg|g|lbs?|oz)$"
    r"|(?<=重|量)[ /]?(公斤|千克|克|磅|盎司)$",
    re.I,
)
"""`Weight (kg)`, `Weight lb`, `Weight/oz`, `重量kg`, `重量 公斤`"""
UNITS = {"кг": "kg", "г": "g", "公斤": "kg", "千克": "kg", "克": "g", "磅": "lbs", "盎司": "oz",
         "livres": "lbs"}  # fmt: skip
Finder = Callable[[str], str]
"""A title as `plain` gives it to our name, or to nothing."""


@dataclass(frozen=True)
class Format:
    """`columns` maps titles in lower case to our names; a name that ends in `!` must be there.
    `others` knows titles that come in many forms. `shown` is how to call what is missing."""

    columns: Mapping[str, str]
    shown: Mapping[str, str]
    others: Finder = lambda title: ""

    def name(self, title: str) -> str:
        return self.columns.get(title) or self.others(title)

    @property
    def needed(self) -> list[str]:
        return [name for name in self.shown if name in self.columns.values()]


@dataclass(frozen=True)
class Header:
    """`places` maps our names to the places of their cells in a row; `titles` is the header as
    the file has it; `unit` is the unit of weight that it names, if it does; `line` is its row."""

    format: str
    places: dict[str, int]
    titles: list[str]
    unit: str = ""
    line: int = 1

    def title(self, name: str) -> str:
        place = self.places.get(name, len(self.titles))
        return self.titles[place] if place < len(self.titles) else ""


def plain(title: str) -> str:
    """`Regulärer  Preis ` and `regulärer preis` are one title; a unit is named `(unit)`."""
    title = re.sub(r"\s+", " ", title.replace("’", "'").replace("？", "?")).strip()
    return UNIT.sub(" (unit)", title).lower().replace(" ?", "?")


def unit_of(title: str) -> str:
    found = UNIT.search(title.strip())
    unit = found[found.lastindex or 0].lower() if found else ""
    return UNITS.get(unit, unit)


def known(formats: Iterable[Format]) -> Finder:
    """The name of any format for a title."""
    kept = list(formats)
    return lambda title: next((name for form in kept if (name := form.name(plain(title)))), "")


def header_of(titles: list[str], formats: Mapping[str, Format]) -> Header:
    """The header under the first of `formats` that has all its columns. Unreadable otherwise:
    `import_format_near` names the nearest format and what is missing, `import_format` none."""
    titles = [title.strip() for title in titles]
    nearest: tuple[int, str, str] = (1, "", "")
    for name, form in formats.items():
        places: dict[str, int] = {}
        unit = ""
        for place, title in enumerate(titles):
            if ours := form.name(plain(title)):
                places.setdefault(ours, place)
                unit = (unit_of(title) or unit) if ours == "weight" else unit
        missing = [form.shown[ours] for ours in form.needed if ours not in places]
        if not missing:
            by_name = {ours.rstrip("!"): place for ours, place in places.items()}
            return Header(name, by_name, titles, unit)
        nearest = max(nearest, (len(places), name, ", ".join(missing)), key=lambda one: one[0])
    if nearest[1]:
        raise Unreadable(1, "import_format_near", format=nearest[1], missing=nearest[2])
    raise Unreadable(1, "import_format", formats=", ".join(formats))
