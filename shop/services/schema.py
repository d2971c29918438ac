"""The tables: one folder of migrations and one history table per owner, the core and each plugin.

Migrations of every installed plugin run, switched on or not. A migration is a numbered file with
`up(migrator, db)` and, where it can be undone, `down(migrator, db)`; it runs in a transaction with
its line of history, so one that is killed halfway leaves nothing and runs again. A lock lets one
node at a time migrate.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from playhouse.migrations import MigrationError, Runner

from shop import db
from shop.errors import ShopError
from shop.plugin import Plugin

CORE = "core"
FOLDER = Path(__file__).parent.parent / "migrations"
LOCK = 7_417_602_113_001
"""the key of PostgreSQL's advisory lock"""

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


def migrate(installed: Installed, only: str = "") -> list[str]:
    """Run what is pending, of all or of `only` one owner; `core 0001_initial` for each that ran.

    SchemaError names the migration that fails; of that one nothing is kept.
    """
    done: list[str] = []
    with locked():
        for owner, runner in _runners(installed):
            if not only or owner == only:
                _up(owner, runner, done)
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
    return re.sub(r"\b(BIGSERIAL|BIGINT|BOOLEAN)\b", "INTEGER", statement)


def _runners(installed: Installed) -> Iterator[tuple[str, Runner]]:
    folders = {CORE: FOLDER}
    for name, plugin in sorted(installed.items()):
        if plugin.folder and (plugin.folder / "migrations").is_dir():
            folders[name] = plugin.folder / "migrations"
    for owner, folder in folders.items():
        yield owner, Runner(db.database.obj, str(folder), f"schema_history_{owner}")


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
