"""The two databases: their drivers, and the one function that every statement passes."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import peewee
from peewee import SqliteDatabase
from playhouse.postgres_ext import Psycopg3Database

from shop.data import calls, guard, savepoints
from shop.data.writer_lock import WriterLock
from shop.errors import CommitRefused

log = logging.getLogger("shop")
WAIT = 30
"""seconds that a writer on SQLite waits for others"""
UNKEPT = ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC")
"""the disk could not keep what it had taken: what it says later cannot be believed either"""

NUMBER = re.compile(r"\bINTEGER( NOT NULL)? PRIMARY KEY\b(?! AUTOINCREMENT)")


class Seam:
    """Every statement of every kind passes `_execute_cursor`: guard, timings and crash tests sit
    there."""

    def _execute_cursor(self, sql: str, params: Any, **options: Any) -> Any:
        if savepoints.local.waiting:
            savepoints.begin(self)
        guard.check(sql)
        here = calls.local.here
        here.statement, fresh = True, not self._state.transactions  # type: ignore[attr-defined]
        here.changes += guard.kind(sql).writes
        try:
            return self._send(sql, params, options)
        except peewee.OperationalError:
            if not (fresh and self._lost()):
                raise
            return self._send(sql, params, options)
        finally:
            here.statement = False

    def _send(self, sql: str, params: Any, options: Any) -> Any:
        return super()._execute_cursor(sql, params, **options)  # type: ignore[misc]

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


class Sqlite(Seam, SqliteDatabase):
    """WAL and synchronous=FULL: a paid order survives a power cut. Writers come in turn."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, **options)
        self._turn = WriterLock(f"{path}-turn")

    def _connect(self) -> Any:
        """A new file is its owner's alone: names and phones stand in it."""
        with suppress(OSError):  # it is there, or cannot be: SQLite will say which
            Path(self.database).touch(0o600, exist_ok=False)
        return super()._connect()  # type: ignore[misc]

    def _send(self, sql: str, params: Any, options: Any) -> Any:
        """As peewee does it, in one call instead of six."""
        try:
            return self.connection().execute(sql, params or ())
        except sqlite3.Error as error:
            translated(error)

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
        try:
            super().commit()
        except peewee.DatabaseError as error:
            _end_if_unkept(error.__cause__ or error.__context__)
            raise
        self._turn.give()

    def rollback(self) -> None:
        guard.check("ROLLBACK", watch=False)
        try:  # SQLite has done so already if the disk is full
            if self.is_closed() or self.connection().in_transaction:
                super().rollback()
        finally:
            self._turn.give()


class Postgres(Seam, Psycopg3Database):
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


def numbered(sql: str) -> str:
    """CREATE TABLE for SQLite with an `id` that is never given out again, as PostgreSQL's BIGSERIAL
    is not: without AUTOINCREMENT, SQLite gives the number of the newest deleted row to the next."""
    return NUMBER.sub(r"\g<0> AUTOINCREMENT", sql)


def translated(error: sqlite3.Error) -> NoReturn:
    """Raise it as peewee does."""
    _end_if_unkept(error)
    with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
        raise error
    raise AssertionError


def _end_if_unkept(error: BaseException | None) -> None:
    """A second try could report as kept what the system has thrown away: this process ends, and the
    next one reads what the disk holds."""
    if getattr(error, "sqlite_errorname", "") in UNKEPT:
        log.critical("the disk did not keep what was written: this process ends (%s)", error)
        logging.shutdown()
        os._exit(1)


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
