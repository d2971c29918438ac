"""The one source of time. Services read `ctx.now`; nothing else asks the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
"""spans as tables count them: in microseconds"""
EARLIEST, LATEST = date(1970, 1, 1), date(2999, 12, 31)
"""days that a caller may name: what is reckoned from them, in any zone, is a day still"""


def to_us(instant: datetime) -> int:
    """An aware instant as microseconds since 1970, the form in which tables hold it."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return (instant - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """The inverse of `to_us`; always UTC."""
    return EPOCH + timedelta(microseconds=us)


def rfc3339(us: int | None) -> str | None:
    """Microseconds as the API shows them: `2026-05-01T09:00:00Z`, finer only where needed."""
    return None if us is None else from_us(us).isoformat().replace("+00:00", "Z")


class Clock:
    """The machine's time; or the database's, so that two nodes agree.

    `ask` returns the database's microseconds. It is asked at most once a minute, and in between
    the time is counted from what it said: a machine whose clock is set meanwhile does not matter.
    """

    def __init__(self, ask: Callable[[], int] | None = None, every: float = 60.0) -> None:
        self._ask, self._every = ask, int(every * SECOND)
        self._asked = 0
        self._said: tuple[int, int] | None = None
        """what it said, and when, by the clock that nobody sets"""

    def now(self) -> datetime:
        return from_us(self.now_us())

    def now_us(self) -> int:
        if self._ask is None:
            return time.time_ns() // 1000
        here = time.monotonic_ns() // 1000
        if self._said is None or here - self._asked > self._every:
            self._asked = here
            try:
                self._said = self._ask(), here
            except Exception:  # it is away: time goes on from what it said last
                if self._said is None:
                    raise
        said, at = self._said
        return said + here - at


class SetClock(Clock):
    """A clock that stands where a test puts it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def now_us(self) -> int:
        return to_us(self.at)

    def forward(self, **by: float) -> None:
        """`clock.forward(hours=2)`"""
        self.at += timedelta(**by)
