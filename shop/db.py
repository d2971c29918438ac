"""The database: one connection a thread, one function that every statement passes.

Hot paths keep their SQL as text in a constant and call `rows`, `row`, `value`, `change` or
`insert`; everything else uses the models. The same text serves both databases: `?` is a
parameter, `IN (??)` takes a list wrapped by `many`, upserts are `ON CONFLICT`, a row is held by
` FOR NO KEY UPDATE` (on SQLite the write transaction does), and there is no OFFSET. Instants are
microseconds (`ctx.now_us`), JSON is text, money is an int.
"""

from __future__ import annotations

import itertools
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import orjson
import peewee
from peewee import DatabaseProxy

from shop.data import guard
from shop.data.databases import WAIT, Postgres, Sqlite, translated
from shop.data.databases import transient as transient
from shop.data.guard import read_only as read_only
from shop.data.guard import watched as watched
from shop.data.savepoints import Savepoint
from shop.data.shared_version import SharedVersion

log = logging.getLogger("shop")
T = TypeVar("T")
database = DatabaseProxy()
PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1}
"""of SQLite: what was paid survives a power cut"""


class _Local(threading.local):
    """Of one thread: what is to be done last in its transaction."""

    def __init__(self) -> None:
        self.last: dict[str, Callable[[], None]] = {}


_local = _Local()
_streams = itertools.count()


def connect(url: str, folder: Path | None = None) -> peewee.Database:
    """`sqlite:///var/shop.db` (relative to `folder`) or `postgresql://…`; also the proxy's target.
    The mark stands beside the file, or in the folder."""
    if url.startswith("sqlite:///"):
        path = (folder or Path()) / url.removeprefix("sqlite:///")
        path.parent.mkdir(parents=True, exist_ok=True)
        target: Any = Sqlite(
            str(path),
            pragmas=PRAGMAS,
            lock_type="IMMEDIATE",
            timeout=WAIT,
            returning_clause=True,
            check_same_thread=False,
        )
        target.mark = SharedVersion(Path(f"{path}-mark"))
    else:
        target = Postgres(url, prepare_threshold=2, autoconnect=True)
        target.mark = SharedVersion(folder and folder / "shop.mark")
    target.memory = {}
    database.initialize(target)
    translate.cache_clear()
    return target  # type: ignore[no-any-return]


def mark() -> SharedVersion:
    """What is rung after a change that other processes of this machine remember otherwise."""
    return database.obj.mark  # type: ignore[no-any-return]


def is_postgres() -> bool:
    return isinstance(database.obj, Postgres)


def server_time() -> int:
    """The database's microseconds since 1970: what `Clock` corrects to."""
    if is_postgres():
        return int(value("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
    return time.time_ns() // 1000


def memory(name: str, make: Callable[[], T]) -> T:
    """What this process remembers of this database under a name; made when first asked for."""
    known: dict[str, T] = database.obj.memory
    found = known.get(name)
    return found if found is not None else known.setdefault(name, make())


# -- statements ------------------------------------------------------------------------------


@lru_cache(maxsize=2000)
def translate(sql: str) -> str:
    """The text in the dialect of the database that is connected."""
    if is_postgres():
        sql = sql.replace("%", "%%").replace("IN (??)", "= ANY(?)")
        return sql.replace("?", "%s")
    sql = sql.replace(" FOR NO KEY UPDATE", "")
    return sql.replace("IN (??)", "IN (SELECT value FROM json_each(?))")


def run(sql: str, *params: Any) -> Any:
    """Execute and return the cursor."""
    return database.execute_sql(translate(sql), params)


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    cursor = run(sql, *params)
    try:
        return cursor.fetchall()  # type: ignore[no-any-return]
    except sqlite3.Error as error:
        translated(error)


def row(sql: str, *params: Any) -> tuple[Any, ...] | None:
    cursor = run(sql, *params)
    try:
        return cursor.fetchone()  # type: ignore[no-any-return]
    except sqlite3.Error as error:
        translated(error)


def value(sql: str, *params: Any) -> Any:
    """The first column of the first row, or None."""
    found = row(sql, *params)
    return found[0] if found else None


def stream(sql: str, *params: Any, size: int = 500) -> Iterator[tuple[Any, ...]]:
    """The rows of one SELECT, however many: one moment of the database, `size` rows in memory.

    On PostgreSQL it holds a transaction open until it is read to the end or closed.
    """
    if is_postgres():
        with transaction():
            guard.check(sql)
            with database.connection().cursor(name=f"stream_{next(_streams)}") as cursor:
                cursor.itersize = size
                cursor.execute(translate(sql), params)
                yield from cursor
        return
    cursor = run(sql, *params)
    try:
        while chunk := cursor.fetchmany(size):
            yield from chunk
    except sqlite3.Error as error:
        translated(error)
    finally:
        cursor.close()


def change(sql: str, *params: Any) -> int:
    """How many rows an UPDATE, DELETE or INSERT … ON CONFLICT DO NOTHING touched."""
    return run(sql, *params).rowcount


def many(values: Iterable[Any]) -> Any:
    """The parameter of `IN (??)`."""
    return list(values) if is_postgres() else dump(list(values))


def insert(table: str, columns: str, *values: Sequence[Any]) -> list[int]:
    """Insert rows in as few statements as fit; their ids, in order.

    `insert("hold", "store, order_id, by", (code, 7, "presale"))`
    """
    ids: list[int] = []
    for start in range(0, len(values), 200):
        chunk = values[start : start + 200]
        flat = [item for line in chunk for item in line]
        ids += [found[0] for found in rows(_insert(table, columns, len(chunk)), *flat)]
    return ids


def link(table: str, columns: str, *values: Sequence[Any]) -> None:
    """Insert rows of a table that has no id of its own; one that is there already stays."""
    for start in range(0, len(values), 200):
        chunk = values[start : start + 200]
        flat = [item for line in chunk for item in line]
        run(_insert(table, columns, len(chunk), "ON CONFLICT DO NOTHING"), *flat)


@lru_cache(maxsize=500)
def _insert(table: str, columns: str, count: int, then: str = "RETURNING id") -> str:
    slots = "(" + ", ".join("?" * len(columns.split(","))) + ")"
    return f'INSERT INTO "{table}" ({columns}) VALUES {", ".join([slots] * count)} {then}'


def dump(document: Any) -> str:
    """JSON as columns hold it: UTF-8, not escaped."""
    return orjson.dumps(document).decode()


def load(text: str | None) -> Any:
    return orjson.loads(text) if text else None


# -- transactions ----------------------------------------------------------------------------


@contextmanager
def transaction() -> Iterator[None]:
    """Open a transaction, or join the one that is open. An exception undoes all of it."""
    if database.in_transaction():
        yield
        return
    with database.atomic():
        _local.last = {}
        yield
        while _local.last:
            _local.last.pop(next(iter(_local.last)))()


def retrying(work: Callable[[], T], tries: int = 5) -> T:
    """Run `work`, again when PostgreSQL chose it as the victim of a deadlock."""
    for left in range(tries - 1, -1, -1):
        try:
            return work()
        except peewee.OperationalError as error:
            cause = error.__cause__ or error.__context__
            if not left or getattr(cause, "sqlstate", None) not in ("40P01", "40001"):
                raise
    raise AssertionError


def lock_row(table: str, row_id: int) -> None:
    """Hold a row until the transaction ends; rows that refer to it may still be written. On SQLite
    the write transaction is the lock."""
    if is_postgres():
        run(f'SELECT 1 FROM "{table}" WHERE id = ? FOR NO KEY UPDATE', row_id)


def savepoint() -> Savepoint:
    """Inside a transaction: what fails in it is undone alone."""
    return Savepoint(database)


def opened() -> tuple[Any, ...]:
    """The transaction that is open and what joined it, as peewee keeps them."""
    return tuple(database.obj._state.transactions)


def before_commit(key: str, last: Callable[[], None]) -> None:
    """Run `last` as one of the final statements of this transaction, once per `key`."""
    _local.last.setdefault(key, last)


def after_commit(then: Callable[[], None]) -> None:
    """A wake-up after the commit; never money, since a savepoint's rollback does not stop it."""

    def safely() -> None:
        try:
            then()
        except Exception:
            log.exception("what was to follow a commit failed")

    database.after_commit(safely)
