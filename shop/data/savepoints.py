"""Savepoints that are made before the first statement in them: one without a statement costs none."""

from __future__ import annotations

import threading
from typing import Any


class _Local(threading.local):
    """Of one thread: those that wait for a first statement, and how deep they lie with the others."""

    def __init__(self) -> None:
        self.waiting: list[Savepoint] = []
        self.depth = 0


local = _Local()


class Savepoint:
    """Inside a transaction of `database`: what fails in it is undone alone. Its name is that of its
    depth, so that its text is compiled once."""

    __slots__ = ("begun", "database", "name")

    def __init__(self, database: Any) -> None:
        self.database = database

    def __enter__(self) -> None:
        local.depth += 1
        self.name, self.begun = f"s{local.depth}", False
        local.waiting.append(self)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        local.depth -= 1
        if not self.begun:
            local.waiting.remove(self)
        elif kind is None:
            self.database.execute_sql(f"RELEASE SAVEPOINT {self.name}")
        else:
            self.database.execute_sql(f"ROLLBACK TO SAVEPOINT {self.name}")


def begin(database: Any) -> None:
    """Make those that wait, the outermost first; one that cannot be made waits on, and so do those
    in it."""
    waiting, local.waiting = local.waiting, []
    try:
        while waiting:
            database.execute_sql(f"SAVEPOINT {waiting[0].name}")
            waiting.pop(0).begun = True
    finally:
        local.waiting = waiting
