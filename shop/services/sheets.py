"""The sheet of a pickup point: who fetches what, as one streamed query.

It lists what is still to be handed out of open orders, by window and name, and adds up the
products while it is read. `sheet_formats` makes HTML, CSV and XLSX of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_skeleton

from shop import db
from shop.clock import from_us, to_us
from shop.context import Context
from shop.errors import NotFound
from shop.services import points, timetable

WAITING = """
SELECT o.id, o.number, o.pickup_code, o.contact_name, o.contact_phone, o.total - o.paid,
  o.currency, o.note, w.starts, w.ends,
  (SELECT CAST({collect}(h.reason) AS TEXT) FROM hold h
   WHERE h.order_id = o.id AND h.released_at IS NULL),
  l.sku, l.title, l.quantity - l.handed_out - l.withdrawn, l.quantity
FROM orders o JOIN order_line l ON l.order_id = o.id
LEFT JOIN pickup_window w ON w.id = o.window_id
WHERE o.store = ? AND {place} AND o.state IN ('pending', 'paid')
  AND l.handed_out + l.withdrawn < l.quantity
ORDER BY COALESCE(w.starts, 9223372036854775807), {name}, o.id, l.position"""


@dataclass(slots=True)
class SheetLine:
    """`waiting` of the `quantity` ordered are still to be handed out."""

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
    lines: list[SheetLine] = field(default_factory=list)


@dataclass
class Sheet:
    """`orders` can be read once; `count`, `units` by (title, sku) and `dues` by currency grow
    while it is."""

    ctx: Context
    point_id: int
    code: str
    place: str
    window_id: int | None
    window: str
    count: int = 0
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    dues: Counter[str] = field(default_factory=Counter)

    @property
    def locale(self) -> str:
        """Paper speaks the store's language, whoever prints it."""
        return self.ctx.store.locale

    @property
    def printed(self) -> str:
        return moment(self.ctx, self.ctx.now, "MMMdEHm")

    def orders(self) -> Iterator[SheetOrder]:
        place, place_id = ("o.window_id = ?", self.window_id)
        if self.window_id is None:
            place, place_id = ("o.point_id = ?", self.point_id)
        order, last = None, None
        for row in db.stream(_sql(place), self.ctx.code, place_id):
            if row[0] != last:
                if order:
                    yield self._counted(order)
                order, last = _order(self.ctx, row), row[0]
            assert order is not None
            order.lines.append(SheetLine(*row[11:]))
        if order:
            yield self._counted(order)

    def _counted(self, order: SheetOrder) -> SheetOrder:
        self.count += 1
        for line in order.lines:
            self.units[line.title, line.sku] += line.waiting
        if order.due:
            self.dues[order.currency] += order.due
        return order


def sheet(ctx: Context, point_code: str, window_id: int | None = None) -> Sheet:
    """The sheet of a point, or of one of its windows; NotFound where the clerk has no business."""
    point, window = points.named(ctx, point_code), ""
    if window_id is not None:
        found = timetable.get(ctx, window_id)
        if found.point.id != point.id:
            raise NotFound
        window = span(ctx, to_us(found.starts), to_us(found.ends))
    return Sheet(ctx, point.id, point.code, point.name, window_id, window)


def moment(ctx: Context, at: datetime, skeleton: str) -> str:
    """An instant on the store's own clocks, in its language."""
    zone, locale = ZoneInfo(ctx.store.timezone), Locale.parse(ctx.store.locale)
    return format_skeleton(skeleton, at.astimezone(zone), tzinfo=zone, locale=locale)


def span(ctx: Context, starts: int, ends: int) -> str:
    """`5月2日周六 17:00–19:00`"""
    first, last = from_us(starts), from_us(ends)
    day, to = moment(ctx, first, "MMMEd"), moment(ctx, last, "Hm")
    if moment(ctx, last, "MMMEd") != day:
        to = moment(ctx, last, "MMMdEHm")
    return f"{day} {moment(ctx, first, 'Hm')}–{to}"


def _sql(place: str) -> str:
    postgres = db.is_postgres()
    return WAITING.format(
        place=place,
        collect="json_agg" if postgres else "json_group_array",
        name="lower(o.contact_name)" + (' COLLATE "C"' if postgres else ""),
    )


def _order(ctx: Context, row: tuple) -> SheetOrder:  # type: ignore[type-arg]
    _, number, code, name, phone, due, currency, note, starts, ends, holds = row[:11]
    window = "" if starts is None else span(ctx, starts, ends)
    return SheetOrder(
        number, code, name, phone[-4:], max(0, due), currency, note, window, db.load(holds) or []
    )
