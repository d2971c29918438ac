"""Windows for the coming days from a daily pattern, in the time of the store's own clocks.

What staff deleted or moved is an exception that the pattern keeps to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shop import db
from shop.catalog import version
from shop.clock import to_us
from shop.context import Context
from shop.people import audit
from shop.pickup import points, timetable

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
STANDS = """
SELECT id FROM pickup_window
WHERE point_id = ? AND store = ? AND slot_starts = ? AND slot_ends = ?"""
ADOPT = """
UPDATE pickup_window SET slot_starts = starts, slot_ends = ends
WHERE point_id = ? AND store = ? AND starts = ? AND ends = ? AND retired_at IS NULL
  AND slot_starts IS NULL"""
THERE = """
SELECT 1 FROM pickup_window
WHERE point_id = ? AND store = ? AND starts = ? AND ends = ? AND retired_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A window of a day, in local times. `ends` at or before `starts` is on the next day; orders
    close at `cut_off`, that many days before (None: when it starts). `weekdays` are ISO, Monday
    is 1."""

    starts: time
    ends: time
    cut_off: time | None = None
    days_before: int = 0
    capacity: int | None = None
    weekdays: Sequence[int] = EVERY_DAY


def repeat(
    ctx: Context, point_id: int, slots: Iterable[Slot], days: int, start: date | None = None
) -> list[dict[str, Any]]:
    """Make the windows that are missing on `days` days from `start` (today) on; those made.

    Asked again it makes nothing twice. A slot whose window was deleted stays free, and a window
    that was moved stands for its slot: see `exceptions`. A window whose cut-off is past is left out,
    and so is one that a change of the clocks leaves no time.
    """
    point = points.get(ctx, point_id)
    made = []
    with db.transaction():
        db.lock_row("pickup_point", point.id)
        for slot, starts, ends, cut_off in _days(ctx, slots, days, start):
            there = (point.id, ctx.code, starts, ends)
            if db.row(STANDS, *there) or db.change(ADOPT, *there) or db.row(THERE, *there):
                continue
            window = timetable.add(ctx, point.id, starts, ends, cut_off, slot.capacity, True)
            made.append(window)
        audit.record(
            ctx, "window.repeat", f"pickup_point:{point.code}",
            windows=[window.id for window in made],
        )  # fmt: skip
        version.touch(ctx)
    return timetable.view(ctx, made)


def exceptions(
    ctx: Context, point_id: int, slots: Iterable[Slot], days: int, start: date | None = None
) -> list[dict[str, Any]]:
    """Windows that were deleted or moved and so keep `repeat` from making their slots again."""
    point = points.get(ctx, point_id)
    standing = [
        window
        for _, starts, ends, _ in _days(ctx, slots, days, start)
        for (window,) in db.rows(STANDS, point.id, ctx.code, starts, ends)
    ]
    return timetable.exceptions(ctx, standing)


def _days(
    ctx: Context, slots: Iterable[Slot], days: int, start: date | None
) -> Iterator[tuple[Slot, int, int, int]]:
    """(slot, start, end, cut-off) of every window that can still be ordered into."""
    zone, slots = ZoneInfo(ctx.store.timezone), list(slots)
    first = start or ctx.now.astimezone(zone).date()
    for day in (first + timedelta(days=number) for number in range(days)):
        for slot in slots:
            if day.isoweekday() in slot.weekdays:
                starts, ends, cut_off = times(slot, day, zone)
                if starts < ends and ctx.now_us < cut_off <= ends:
                    yield slot, starts, ends, cut_off


def times(slot: Slot, day: date, zone: ZoneInfo) -> tuple[int, int, int]:
    """(start, end, cut-off) of a slot on a day, in microseconds."""
    last = day + timedelta(days=slot.ends <= slot.starts)
    closing = datetime.combine(day - timedelta(days=slot.days_before), slot.cut_off or slot.starts)
    return tuple(
        instant(at, zone)
        for at in (datetime.combine(day, slot.starts), datetime.combine(last, slot.ends), closing)
    )  # type: ignore[return-value]


def instant(local: datetime, zone: ZoneInfo) -> int:
    """When the clocks of `zone` show it: the first time where they show it twice; where they
    jump over it, as much later as they jump (02:30 is then 03:30)."""
    return to_us(local.replace(tzinfo=zone, fold=0).astimezone(UTC))
