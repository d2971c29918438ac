"""The database: one connection a thread, one function that every statement passes.

Hot paths keep their SQL as text in a constant and call `rows`, `row`, `value`, `change` or
`insert`; everything else uses the models. The same text serves both databases: `?` is a
parameter, `IN (??)` takes a list wrapped by `many`, upserts are `ON CONFLICT`, and there is
no OFFSET. Instants are microseconds (`ctx.now_us`), JSON is text, money is an int.
"""

from __future__ import annotations

import itertools
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import orjson
import peewee
from peewee import DatabaseProxy, SqliteDatabase
from playhouse.postgres_ext import Psycopg3Database

from shop import calls, guard
from shop.errors import CommitRefused
from shop.guard import read_only as read_only
from shop.guard import watched as watched
from shop.turn import Turn

log = logging.getLogger("shop")
T = TypeVar("T")
WAIT = 30
"""seconds that a writer on SQLite waits for others"""
database = DatabaseProxy()
_local = threading.local()
_streams = itertools.count()


class _Seam:
    """Every statement of every kind passes `_pass`: guard, timings and crash tests sit there."""

    def _execute_cursor(self, sql: str, params: Any, **options: Any) -> Any:
        guard.check(sql)
        here = calls.local.here
        here.statement, fresh = True, not self.in_transaction()  # type: ignore[attr-defined]
        try:
            return super()._execute_cursor(sql, params, **options)  # type: ignore[misc]
        except peewee.OperationalError:
            if not (fresh and self._lost()):
                raise
            return super()._execute_cursor(sql, params, **options)  # type: ignore[misc]
        finally:
            here.statement = False

    def begin(self, *args: Any, **kwargs: Any) -> None:
        guard.check("BEGIN")
        try:
            super().begin(*args, **kwargs)  # type: ignore[misc]
        except peewee.OperationalError:
            if not self._lost():
                raise
            super().begin(*args, **kwargs)  # type: ignore[misc]

    def commit(self) -> None:
        guard.check("COMMIT")
        super().commit()  # type: ignore[misc]

    def rollback(self) -> None:
        guard.check("ROLLBACK", watch=False)
        if not self._lost():
            super().rollback()  # type: ignore[misc]

    def close(self) -> bool:
        for running in calls.chain(calls.local.here.now):
            if running.call.bound:
                calls.refuse(CommitRefused(f"{running.call} may not close the database"))
        return bool(super().close())  # type: ignore[misc]

    def _lost(self) -> bool:
        """Whether the server has gone; if so, forget the connection: the next one is new."""
        return False


class Sqlite(_Seam, SqliteDatabase):
    """WAL and synchronous=FULL: a paid order survives a power cut. Writers come in turn."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, **options)
        self._turn = Turn(f"{path}-turn")

    def _connect(self) -> Any:
        """A new file is its owner's alone: names and phones stand in it."""
        with suppress(OSError):  # it is there, or cannot be: SQLite will say which
            Path(self.database).touch(0o600, exist_ok=False)
        return super()._connect()  # type: ignore[misc]

    def begin(self, *args: Any, **kwargs: Any) -> None:
        guard.check("BEGIN", watch=False)
        if not self._turn.take(WAIT):
            raise peewee.OperationalError("database is locked")
        try:
            super().begin(*args, **kwargs)
        except BaseException:
            self._turn.give()
            raise

    def commit(self) -> None:
        super().commit()
        self._turn.give()

    def rollback(self) -> None:
        guard.check("ROLLBACK", watch=False)
        try:  # SQLite has done so already if the disk is full
            if self.is_closed() or self.connection().in_transaction:
                super().rollback()
        finally:
            self._turn.give()


class Postgres(_Seam, Psycopg3Database):
    """psycopg 3; sums come back as int, since no column holds a fraction."""

    def _connect(self) -> Any:
        from psycopg.types.numeric import Loader

        class WholeNumber(Loader):
            def load(self, data: Any) -> int:
                return int(bytes(data).partition(b".")[0])

        with calls.connecting():
            connection = super()._connect()
        connection.adapters.register_loader("numeric", WholeNumber)
        return connection

    def _lost(self) -> bool:
        if self.is_closed() or not self._state.conn.closed:
            return False
        self._state.reset()
        return True


def connect(url: str, folder: Path = Path()) -> peewee.Database:
    """`sqlite:///var/shop.db` (relative to `folder`) or `postgresql://…`; also the proxy's target."""
    if url.startswith("sqlite:///"):
        path = folder / url.removeprefix("sqlite:///")
        path.parent.mkdir(parents=True, exist_ok=True)
        target: peewee.Database = Sqlite(
            str(path),
            pragmas={"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1},
            lock_type="IMMEDIATE",
            timeout=WAIT,
            returning_clause=True,
            check_same_thread=False,
        )
    else:
        target = Postgres(url, prepare_threshold=2, autoconnect=True)
    database.initialize(target)
    translate.cache_clear()
    return target


def is_postgres() -> bool:
    return isinstance(database.obj, Postgres)


def server_time() -> int:
    """The database's microseconds since 1970: what `Clock` corrects to."""
    if is_postgres():
        return int(value("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
    return time.time_ns() // 1000


# -- statements ------------------------------------------------------------------------------


@lru_cache(maxsize=2000)
def translate(sql: str) -> str:
    """The text in the dialect of the database that is connected."""
    if is_postgres():
        sql = sql.replace("%", "%%").replace("IN (??)", "= ANY(?)")
        return sql.replace("?", "%s")
    return sql.replace("IN (??)", "IN (SELECT value FROM json_each(?))")


def run(sql: str, *params: Any) -> Any:
    """Execute and return the cursor."""
    return database.execute_sql(translate(sql), params)


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    return run(sql, *params).fetchall()


def row(sql: str, *params: Any) -> tuple[Any, ...] | None:
    return run(sql, *params).fetchone()


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


def savepoint() -> Any:
    """Inside a transaction: what fails in it is undone alone."""
    return database.savepoint()


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


def transient(error: BaseException) -> bool:
    """Whether the database was away, busy or chose a victim: nobody's fault, come again."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "") or ""
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR"))
    state = getattr(cause, "sqlstate", None)
    if state is None:
        return isinstance(error, (peewee.OperationalError, peewee.InterfaceError))
    return str(state).startswith(("08", "40", "53", "57")) or state == "55P03"
