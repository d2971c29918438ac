"""The sheet of a pickup point: who fetches what, as one streamed query.

It lists what is still to be handed out of open orders, by window and name, and adds up the
products while it is read. `sheet_formats` makes HTML, CSV and XLSX of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_skeleton

from shop import db
from shop.catalog import catalog
from shop.catalog.catalog_view import words_of
from shop.clock import from_us, to_us
from shop.context import Context
from shop.errors import NotFound
from shop.pickup import points, timetable

WAITING = """
SELECT o.id, o.number, o.pickup_code, o.contact_name, o.contact_phone, o.total - o.paid,
  o.currency, o.note, w.starts, w.ends,
  (SELECT CAST({collect}(h.reason) AS TEXT) FROM hold h
   WHERE h.order_id = o.id AND h.released_at IS NULL),
  l.variant_id, l.sku, l.title, l.quantity - l.handed_out - l.withdrawn, l.quantity
FROM orders o JOIN order_line l ON l.order_id = o.id
LEFT JOIN pickup_window w ON w.id = o.window_id
WHERE o.store = ? AND {place} AND o.state IN ('pending', 'paid')
  AND l.handed_out + l.withdrawn < l.quantity
ORDER BY COALESCE(w.starts, 9223372036854775807), {name}, o.id, l.position"""

TODAY = """
SELECT v.id, v.sku, p.title, p.translations, v.options
FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.store = ? AND v.id IN (??) AND v.archived_at IS NULL"""

Row = tuple[Any, ...]


@dataclass(slots=True)
class SheetLine:
    """`waiting` of the `quantity` ordered are still to be handed out."""

    variant_id: int
    sku: str
    title: str
    waiting: int
    quantity: int


@dataclass(slots=True)
class SheetOrder:
    """`phone` is its last four digits, `due` what is to be collected, `window` as people say it."""

    number: str
    code: str
    name: str
    phone: str
    due: int
    currency: str
    note: str
    window: str
    holds: list[str]
    lines: list[SheetLine]


@dataclass
class Sheet:
    """`orders` can be read once; `count`, `units` by variant and `dues` by currency grow while it
    is. `totals` are for afterwards."""

    ctx: Context
    point_id: int
    code: str
    place: str
    window_id: int | None
    window: str
    count: int = 0
    units: Counter[int] = field(default_factory=Counter)
    dues: Counter[str] = field(default_factory=Counter)
    ordered: dict[int, tuple[str, str]] = field(default_factory=dict)
    """SKU and title of each variant as it was ordered last"""

    @property
    def locale(self) -> str:
        """Paper speaks the store's language, whoever prints it."""
        return self.ctx.store.locale

    @property
    def printed(self) -> str:
        return moment(self.ctx, self.ctx.now_us)

    def orders(self) -> Iterator[SheetOrder]:
        place, place_id = ("o.window_id = ?", self.window_id)
        if self.window_id is None:
            place, place_id = ("o.point_id = ?", self.point_id)
        rows = db.stream(_sql(place), self.ctx.code, place_id)
        for _, of_order in groupby(rows, itemgetter(0)):
            lines = list(of_order)
            yield self._counted(_order(self.ctx, lines))

    def _counted(self, order: SheetOrder) -> SheetOrder:
        self.count += 1
        for line in order.lines:
            self.units[line.variant_id] += line.waiting
            self.ordered[line.variant_id] = line.sku, line.title
        if order.due:
            self.dues[order.currency] += order.due
        return order

    def totals(self) -> list[tuple[str, str, int]]:
        """(title, SKU, units) of each SKU, with the title that it has today in the store's language,
        however it was called when it was ordered."""
        titles: dict[str, str] = {}
        units: Counter[str] = Counter()
        today = {
            variant: (sku, catalog.full_title(title, words_of(words, self.locale), options))
            for variant, sku, title, words, options in db.rows(
                TODAY, self.ctx.code, db.many(self.units)
            )
        }
        for variant, count in self.units.items():
            sku, title = today.get(variant) or self.ordered[variant]
            units[sku] += count
            if variant in today or sku not in titles:
                titles[sku] = title
        return sorted((title, sku, units[sku]) for sku, title in titles.items())


def sheet(ctx: Context, point_code: str, window_id: int | None = None) -> Sheet:
    """The sheet of a point, or of one of its windows; NotFound where the clerk has no business."""
    point, window = points.named(ctx, point_code), ""
    if window_id is not None:
        found = timetable.get(ctx, window_id)
        if found.point.id != point.id:
            raise NotFound
        window = span(ctx, to_us(found.starts), to_us(found.ends))
    return Sheet(ctx, point.id, point.code, point.name, window_id, window)


def span(ctx: Context, starts: int, ends: int) -> str:
    """`5月2日周六 17:00–19:00`, on the store's own clocks and in its language."""
    return _span(starts, ends, ctx.store.timezone, ctx.store.locale)


def moment(ctx: Context, at: int) -> str:
    """`5月2日周六 17:00`, likewise."""
    return " ".join(_day_and_time(from_us(at), ctx.store.timezone, ctx.store.locale))


@lru_cache(maxsize=1000)
def _span(starts: int, ends: int, zone: str, locale: str) -> str:
    day, begin = _day_and_time(from_us(starts), zone, locale)
    last_day, end = _day_and_time(from_us(ends), zone, locale)
    return f"{day} {begin}–{end}" if last_day == day else f"{day} {begin} – {last_day} {end}"


def _day_and_time(at: datetime, zone: str, locale: str) -> list[str]:
    local, spoken = at.astimezone(ZoneInfo(zone)), Locale.parse(locale)
    return [format_skeleton(form, local, tzinfo=None, locale=spoken) for form in ("MMMEd", "Hm")]


def _sql(place: str) -> str:
    postgres = db.is_postgres()
    return WAITING.format(
        place=place,
        collect="json_agg" if postgres else "json_group_array",
        name="lower(o.contact_name)" + (' COLLATE "C"' if postgres else ""),
    )


def _order(ctx: Context, rows: list[Row]) -> SheetOrder:
    _, number, code, name, phone, due, currency, note, starts, ends, holds = rows[0][:11]
    window = "" if starts is None else span(ctx, starts, ends)
    lines = [SheetLine(*row[11:]) for row in rows]
    reasons = db.load(holds) or []
    return SheetOrder(
        number, code, name, phone[-4:], max(0, due), currency, note, window, reasons, lines
    )
