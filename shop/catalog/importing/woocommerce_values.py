"""What stands in the cells of a WooCommerce export: prices, weights, stock, lists, texts."""

from __future__ import annotations

import html
import re
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from shop.catalog.importing import build
from shop.catalog.importing.cells import Cells

GRAMS = {"": "1000", "kg": "1000", "g": "1", "lb": "453.59237", "lbs": "453.59237",
         "oz": "28.349523125", "t": "1000000"}  # fmt: skip
COMMA = re.compile(r"(?<!\\),")
BLOCK = re.compile(r"<(p|br|div|ul|ol|table|h\d)\b", re.I)
MIDNIGHT, LAST = time(), time(23, 59, 59)


def prices(row: Cells) -> tuple[int | None, int | None]:
    """(price, compare at): the sale price while the sale lasts, else the regular one."""
    regular, sale = row.amount("price"), row.amount("sale")
    if regular is None and sale is None and not row.raw("price").strip():
        row.error("price", "import_missing")
    if sale is None or (regular is not None and sale >= regular):
        return regular, None
    starts, ends = _moment(row, "sale_starts", MIDNIGHT), _moment(row, "sale_ends", LAST)
    now = row.findings.ctx.now
    if (starts and now < starts) or (ends and now > ends):
        row.note("sale", "import_no_sale", price=row.raw("sale"))
        return (sale if regular is None else regular), None
    if ends:
        row.note("sale_ends", "import_sale_ends", ends=row.raw("sale_ends"))
    return sale, regular


DATE = re.compile(
    r"(?:(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4}))"
    r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
)
"""`2026-05-01`, `2030-01-01 0:00:00`, `1.5.2026 8:30`"""


def _moment(row: Cells, name: str, at: time) -> datetime | None:
    """A date of the store's own zone; a day without an hour means `at`."""
    text = row.text(name)
    if not text:
        return None
    try:
        moment = _parsed(text, at)
    except ValueError:
        row.error(name, "import_date", value=text[:40])
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=row.findings.zone)


def _parsed(text: str, at: time) -> datetime:
    found = DATE.fullmatch(text)
    if not found:
        return datetime.fromisoformat(text)
    year, month, day = found[1] or found[7], found[3] or found[6], found[4] or found[5]
    clock = time(int(found[8]), int(found[9]), int(found[10] or 0)) if found[8] else at
    return datetime(int(year), int(month), int(day), clock.hour, clock.minute, clock.second)


def grams(row: Cells) -> int | None:
    text = row.text("weight")
    if not text:
        return None
    try:
        grams = Decimal(text) * Decimal(GRAMS[row.header.unit])
        if not 0 <= grams <= build.WEIGHT:
            raise InvalidOperation
    except ArithmeticError:
        row.error("weight", "import_number", value=text[:40])
        return None
    return int(grams.to_integral_value(ROUND_HALF_UP)) or None


def units(row: Cells) -> tuple[bool, int | None]:
    """(tracked, units). Without a number Woo does not count; what it shares among variations
    cannot be shared here and starts at none."""
    if row.text("stock").lower() == "parent":
        row.note("stock", "import_shared_stock")
        return True, 0
    units = build.units(row)
    if units is None:
        return not row.flag("in_stock", True), 0
    return row.text("backorders").lower() not in ("1", "notify"), units


def images(row: Cells) -> list[str]:
    found = [build.address(row, "image", src) for src in words(row.text("image", 100_000))]
    return [src for src in found if src]


def words(text: str) -> list[str]:
    """The words between commas; `\\,` is a comma in a word."""
    words = (unescape(word).strip() for word in COMMA.split(text))
    return list(dict.fromkeys(html.unescape(word) for word in words if word))


def unescape(text: str) -> str:
    return text.replace("\\,", ",")


def paragraphs(text: str) -> str:
    """Woo writes a line's end as `\\n` and makes paragraphs of plain text when it shows it."""
    text = text.replace("\\n", "\n").replace("\r\n", "\n")
    if BLOCK.search(text):
        return text
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "\n".join("<p>" + part.replace("\n", "<br>") + "</p>" for part in parts if part)
