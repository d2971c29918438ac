"""What is noted of every request: a line in the log and an observation in the metrics.

Answers from memory take less time than writing that down, so theirs is written a few times a second,
many at once; of all others when they end.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from shop import logs
from shop.api import metrics

PAUSE = 0.25
"""seconds between two writings"""


class Seen(NamedTuple):
    """A request that is over; `at` is nanoseconds."""

    at: int
    method: str
    route: str
    status: int
    seconds: float
    request_id: str


class _Later:
    """Of this process: what is still to be written, and the thread that does it."""

    def __init__(self) -> None:
        self.waiting: deque[Seen] = deque()
        self.writer: threading.Thread | None = None

    def start(self) -> None:
        self.writer = threading.Thread(target=self._run, name="observer", daemon=True)
        self.writer.start()
        atexit.register(flush)

    def _run(self) -> None:
        while True:
            time.sleep(PAUSE)
            with suppress(Exception):  # nobody reads the log any more, say: the next lines may come
                flush()


_later = _Later()


def note(seen: Seen) -> None:
    _write([seen])


def note_later(seen: Seen) -> None:
    _later.waiting.append(seen)
    if _later.writer is None:
        _later.start()


def flush() -> None:
    """Write what waits: now and then, before the metrics are shown, and at the end."""
    found = []
    with suppress(IndexError):  # two may empty it at once
        while True:
            found.append(_later.waiting.popleft())
    if found:
        _write(found)


def _write(found: list[Seen]) -> None:
    for seen in found:
        metrics.observe(seen.method, seen.route, seen.status, seen.seconds)
    logs.access(
        {
            "event": "request", "method": seen.method[:10], "path": seen.route,
            "status": seen.status, "ms": round(seen.seconds * 1000, 1),
            "request_id": seen.request_id, "at": seen.at,
        }
        for seen in found
    )  # fmt: skip
