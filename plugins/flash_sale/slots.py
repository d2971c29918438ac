"""When the slots of a series are: exact by the store's own clocks, however they are changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shop.clock import MINUTE, from_us
from shop.pickup.window_pattern import instant


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot begins on `day`; it may end on the next."""

    day: date
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """`weekdays` are ISO, Monday is 1; `at` is local, where the clocks show it first; a slot is
    `minutes` long whatever the clocks do in it."""

    weekdays: Sequence[int]
    at: time
    minutes: int
    first_day: date
    last_day: date | None = None


def between(pattern: Pattern, zone: ZoneInfo, after: int, until: int) -> Iterator[Slot]:
    """Slots that start later than `after` and not later than `until` (microseconds)."""
    day = max(pattern.first_day, from_us(after).astimezone(zone).date() - timedelta(days=1))
    last = from_us(until).astimezone(zone).date() + timedelta(days=1)
    if pattern.last_day is not None:
        last = min(last, pattern.last_day)
    while day <= last:
        if day.isoweekday() in pattern.weekdays:
            starts = instant(datetime.combine(day, pattern.at), zone)
            if after < starts <= until:
                yield Slot(day, starts, starts + pattern.minutes * MINUTE)
        day += timedelta(days=1)
