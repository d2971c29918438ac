"""What a statement may be, by whose code makes it: each one passes `check` before it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

from shop.data import calls
from shop.errors import CommitRefused, WriteRefused

Watcher = Callable[[str], None]
_watchers: list[Watcher] = []
_QUIET = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.S)
"""literals and comments"""
_READS = re.compile(
    r"\s*(SELECT|WITH|VALUES|SAVEPOINT|RELEASE|ROLLBACK\s+TO|EXPLAIN|PRAGMA(?![^;]*=))\b", re.I
)
_WRITES = re.compile(
    r"\b(INSERT|UPDATE|DELETE|REPLACE\s+INTO|CREATE|DROP|ALTER|TRUNCATE|MERGE|nextval|setval)\b",
    re.I,
)
_ENDS = re.compile(
    r"(?:^|;)\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!\s+(?:\w+\s+)?TO\b)"
    r"|PREPARE\s+TRANSACTION|SET\s+TRANSACTION)\b",
    re.I,
)


class Kind(NamedTuple):
    writes: bool
    ends: bool
    """it begins or ends a transaction"""


@lru_cache(maxsize=2000)
def kind(sql: str) -> Kind:
    words = _QUIET.sub(" ", sql)
    return Kind(not _READS.match(words) or bool(_WRITES.search(words)), bool(_ENDS.search(words)))


def check(sql: str, watch: bool = True) -> None:
    """WriteRefused or CommitRefused for what the plugin that is running may not do; then the
    statement is shown to those who watch, unless `watch` is false."""
    running = calls.local.here.now
    if running is not None:
        for call in [one.call for one in calls.chain(running)]:
            if call.bound and kind(sql).ends:
                calls.refuse(
                    CommitRefused(f"{call} may not begin or end a transaction: {sql[:80]}")
                )
            if call.reads and kind(sql).writes:
                calls.refuse(WriteRefused(f"{call} may only read: {sql[:80]}"))
    if watch:
        for watcher in _watchers:
            watcher(sql)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Show every statement of this process to `watcher` first; what it raises, the caller gets."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


@contextmanager
def read_only(who: str) -> Iterator[None]:
    """Refuse every statement that writes; `who` is named in the error."""
    with calls.entered(calls.Call(who, "", reads=True, bound=False, watched=False)):
        yield
