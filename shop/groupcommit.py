"""Writers on SQLite that wait for each other share one commit: whoever has the turn does the work of
all who came meanwhile, each in a savepoint of its own, and commits once for everyone.

A commit costs as much as an order (it waits for the disk, and writes whole pages), so a rush of
orders is placed in a fraction of the time; one who comes alone waits for nobody. Nobody is answered
before the commit. On PostgreSQL transactions run beside each other, and each has its own.
"""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from shop import db

T = TypeVar("T")
MOST = 64
"""works in one transaction"""


class _Work:
    """`done` is set once its outcome stands: `result`, or `error`."""

    __slots__ = ("context", "deed", "done", "error", "result")

    def __init__(self, deed: Callable[[], Any]) -> None:
        self.deed, self.context = deed, contextvars.copy_context()
        self.done, self.result = False, None
        self.error: BaseException | None = None


_queue: deque[_Work] = deque()
_leading = threading.Lock()


def run(deed: Callable[[], T]) -> T:
    """What `deed` answers or raises, in a transaction; inside one that is open it joins it. It may
    run on another thread, in this one's context (contextvars)."""
    if db.is_postgres() or db.database.in_transaction():
        with db.transaction():
            return deed()
    work = _Work(deed)
    _queue.append(work)
    with _leading:
        while not work.done:  # it may stand behind more than one transaction takes
            _lead([_queue.popleft() for _ in range(min(MOST, len(_queue)))])
    if work.error is not None:
        raise work.error
    return work.result  # type: ignore[return-value]


def _lead(batch: list[_Work]) -> None:
    """Do all of them in one transaction; what ends that, all of them are told."""
    try:
        with db.transaction():
            if len(batch) == 1:
                batch[0].result = batch[0].deed()
            else:
                for work in batch:
                    _do(work)
    except BaseException as error:
        for work in batch:
            work.error = work.error or error
        if not isinstance(error, Exception):
            raise
    finally:
        for work in batch:
            work.done = True


def _do(work: _Work) -> None:
    """Its own refusal or failure is undone alone, unless it ended the transaction of all."""
    try:
        with db.savepoint():
            work.result = work.context.run(work.deed)
    except Exception as error:
        work.error = error
        if not db.stands():
            raise
