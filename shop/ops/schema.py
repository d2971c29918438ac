"""The tables: one folder of migrations and one history table per owner, the core and each plugin.

Migrations of every installed plugin run, switched on or not. A migration is a numbered file with
`up(migrator, db)` and, where it can be undone, `down(migrator, db)`; it runs in a transaction with
its line of history, so one that is killed halfway leaves nothing and runs again. A lock lets one
node at a time migrate.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from playhouse.migrations import MigrationError, Runner

from shop import db
from shop.data.databases import numbered
from shop.errors import ShopError
from shop.models import CORE as MODELS
from shop.ops import row_ids
from shop.plugin import Plugin

CORE = "core"
FOLDER = Path(__file__).parent.parent / "migrations"
LOCK = 7_417_602_113_001
"""the key of PostgreSQL's advisory lock"""

COLUMNS = """
SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"""
COLUMNS_PG = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema()"""

Installed = Mapping[str, type[Plugin]]


class SchemaError(ShopError):
    """The schema is not what the code needs, or a migration cannot run."""


@dataclass(frozen=True, slots=True)
class Step:
    """A migration and when it ran. `missing`: it ran, and its file is gone."""

    owner: str
    name: str
    applied: datetime | None
    missing: bool = False


def status(installed: Installed) -> list[Step]:
    """Every migration, the core's first."""
    return [
        Step(owner, found.name, found.applied, found.path is None)
        for owner, runner in _runners(installed)
        for found in runner.status()
    ]


def pending(installed: Installed) -> list[str]:
    """`core 0002_tax` for each migration that has not run."""
    return [f"{step.owner} {step.name}" for step in status(installed) if step.applied is None]


def require_current(installed: Installed) -> None:
    """Refuse to serve on tables older than the code."""
    if missing := pending(installed):
        raise SchemaError(
            f"the database needs {len(missing)} migration(s): {', '.join(missing)}; "
            "run `shop db migrate`"
        )
    require_columns(installed)


def require_columns(installed: Installed) -> None:
    """Refuse tables of an unreleased version, whose first migration was another: no migration adds
    what they lack."""
    there: dict[str, set[str]] = {}
    for table, column in db.rows(COLUMNS_PG if db.is_postgres() else COLUMNS):
        there.setdefault(table, set()).add(column)
    models: list[Any] = [*MODELS, *(model for one in installed.values() for model in one.models)]
    wanted = [(model._meta.table_name, field) for model in models for field in model._meta.columns]
    lacking = [f"{table}.{name}" for table, name in wanted if name not in there.get(table, {name})]
    if lacking:
        raise SchemaError(
            f"this database was made by an unreleased version and cannot be upgraded: it lacks "
            f"{', '.join(lacking)}. Go on with the version that made it, or begin a new shop in "
            "another folder (`shop init FOLDER`, for the demo `shop demo --dir FOLDER`)"
        )


def migrate(installed: Installed, only: str = "") -> list[str]:
    """Run what is pending, of all or of `only` one owner; `core 0001_initial` for each that ran.

    SchemaError names the migration that fails; of that one nothing is kept.
    """
    done: list[str] = []
    with locked():
        for owner, runner in _runners(installed):
            if not only or owner == only:
                _up(owner, runner, done)
        require_columns(installed)
    return done


def _up(owner: str, runner: Runner, done: list[str]) -> None:
    for step in runner.status():
        if step.applied or step.path is None:
            continue
        try:
            done += [f"{owner} {name}" for name in runner.up(step.name)]
        except Exception as error:
            words = " ".join(str(error).split())
            kind = "" if isinstance(error, MigrationError) else f"{type(error).__name__}: "
            raise SchemaError(
                f"migration {owner} {step.name} failed, and nothing of it was kept: {kind}{words}"
            ) from error


def rollback(installed: Installed, owner: str, target: str | None = None) -> list[str]:
    """Undo the owner's last migration, or all back through `target`."""
    runners = dict(_runners(installed))
    if owner not in runners:
        raise SchemaError(f"no migrations of {owner}; there are {', '.join(runners)}")
    with locked():
        try:
            return [f"{owner} {name}" for name in runners[owner].down(target)]
        except MigrationError as error:
            raise SchemaError(f"{owner}: {error}") from error


def run_script(database: Any, text: str) -> None:
    """Run DDL written for PostgreSQL, a statement up to each `;`, on either database."""
    sqlite = isinstance(database, db.Sqlite)
    for statement in filter(None, (part.strip() for part in text.split(";"))):
        database.execute_sql(_for_sqlite(statement) if sqlite else statement)


def _for_sqlite(statement: str) -> str:
    return numbered(re.sub(r"\b(BIGSERIAL|BIGINT|BOOLEAN)\b", "INTEGER", statement))


def _runners(installed: Installed) -> Iterator[tuple[str, Runner]]:
    folders = {CORE: FOLDER}
    for name, plugin in sorted(installed.items()):
        if plugin.folder and (plugin.folder / "migrations").is_dir():
            folders[name] = plugin.folder / "migrations"
    for owner, folder in folders.items():
        runner = Runner(db.database.obj, str(folder), f"schema_history_{owner}")
        runner.migrator.migration_context = _keeping_numbers(runner.migrator.migration_context)
        yield owner, runner


def _keeping_numbers(context: Callable[..., Any]) -> Callable[..., Any]:
    """The transaction of a migration, at whose end no table has gone back in its numbers."""

    @contextmanager
    def transaction(atomic: bool = True) -> Iterator[None]:
        with context(atomic), row_ids.kept():
            yield

    return transaction


@contextmanager
def locked() -> Iterator[None]:
    """One node at a time; the lock ends with its process, however that ends."""
    if db.is_postgres():
        db.run("SELECT pg_advisory_lock(?)", LOCK)
        try:
            yield
        finally:
            db.run("SELECT pg_advisory_unlock(?)", LOCK)
        return
    with open(f"{db.database.obj.database}.migrating", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
