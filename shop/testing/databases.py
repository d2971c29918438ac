"""The databases that tests run on, migrated once for every plugin there is and then copied."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from shop import config, db, discovery
from shop.plugin import Plugin
from shop.services import schema
from shop.testing.settings import CONFIG, SECRET

POSTGRES = os.environ.get("SHOP_TEST_POSTGRES", "postgresql:///postgres")
SHAPE = """
SELECT md5(string_agg(oid || ':' || relnatts, ',' ORDER BY oid)) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"""
TABLES = r"""
SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'schema\_%'"""
REFERENCES = "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
MASTER = "SELECT current_setting('is_superuser')"
COUNTERS = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
_shapes: dict[str, str] = {}
"""what the tables of a PostgreSQL database are when a test begins"""
_emptying: dict[str, str] = {}
"""the statements that empty it"""


@pytest.fixture(scope="session")
def migrated() -> dict[str, type[Plugin]]:
    """The plugins whose tables a test finds in its database: all that can be used."""
    text = CONFIG.format(database="sqlite:///none.db", secret=SECRET, stores="")
    return discovery.find(config.parse(text)).installed


@pytest.fixture(scope="session")
def sqlite_template(
    tmp_path_factory: pytest.TempPathFactory, migrated: dict[str, type[Plugin]]
) -> Path:
    """An empty, migrated database, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "shop.db"
    database = db.connect(f"sqlite:///{path}")
    schema.migrate(migrated)
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_database(migrated: dict[str, type[Plugin]]) -> Iterator[str | None]:
    """A database of this test process on the server at hand; None where no server answers."""
    import psycopg

    name = f"minishop_test_{uuid.uuid4().hex[:12]}"
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        if "SHOP_TEST_POSTGRES" in os.environ:  # asked for by name: not to be left out
            raise
        yield None
        return
    url = POSTGRES.rsplit("/", 1)[0] + "/" + name
    admin.execute(f'CREATE DATABASE "{name}"')
    _hasten(admin, name)
    _shapes[url] = _migrate(url, migrated)
    yield url
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.execute(f'DROP DATABASE IF EXISTS "{name}_template" WITH (FORCE)')
    admin.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "shop.db")
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    url = request.getfixturevalue("postgres_database")
    if url is None:
        pytest.skip(f"no PostgreSQL server answers at {POSTGRES}")
    yield url
    database = db.connect(url)
    changed = db.value(SHAPE) != _shapes[url]
    if not changed:
        _empty(url)
    database.close()
    if changed:  # tables were made or dropped: the next test finds those that it should
        _make_again(url, request.getfixturevalue("migrated"))


def _empty(url: str) -> None:
    """Delete every row and begin to count anew, in one go: much cheaper than to truncate."""
    if url not in _emptying:
        after: dict[str, set[str]] = {name: set() for (name,) in db.rows(TABLES)}
        for child, parent in db.rows(REFERENCES):
            if child != parent and child in after and parent in after:
                after[parent].add(child)
        tables = TopologicalSorter(after).static_order()
        counters = (f"SELECT setval('{name}', 1, false)" for (name,) in db.rows(COUNTERS))
        unchecked = ["SET session_replication_role = replica"] if db.value(MASTER) == "on" else []
        _emptying[url] = ";".join(
            [*unchecked, *(f'DELETE FROM "{name}"' for name in tables), *counters]
        )
    with db.database.obj.connection().cursor() as cursor:
        cursor.execute(_emptying[url])


def _make_again(url: str, migrated: dict[str, type[Plugin]]) -> None:
    """Make the database of this process anew, as it is when a test begins: a copy of a template,
    which is made when it is first needed."""
    import psycopg

    name = url.rpartition("/")[2]
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        known = admin.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (f"{name}_template",)
        ).fetchone()
        if not known:
            admin.execute(f'CREATE DATABASE "{name}_template"')
            _migrate(f"{url}_template", migrated)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{name}_template"')
        _hasten(admin, name)
    database = db.connect(url)
    _shapes[url] = db.value(SHAPE)
    database.close()


def _hasten(admin: Any, name: str) -> None:
    """No test cuts the power: a commit need not wait for the disk."""
    admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')


def _migrate(url: str, migrated: dict[str, type[Plugin]]) -> str:
    """Make the tables; what they look like then."""
    database = db.connect(url)
    schema.migrate(migrated)
    shape = str(db.value(SHAPE))
    database.close()
    return shape
