"""The databases that tests run on, migrated once for every plugin there is and then copied."""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from shop import config, db
from shop.loading import discovery
from shop.ops import schema
from shop.plugin import Plugin
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
EMPTY = "SELECT pg_temp.empty()"
_shapes: dict[str, tuple[str]] = {}
"""what the tables of a PostgreSQL database are when a test begins"""
_sessions: dict[str, Any] = {}
_emptied = itertools.count(1)


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
    _migrate(url, migrated)
    _shapes[url] = _session(url).execute(SHAPE).fetchone()
    yield url
    _sessions.pop(url).close()
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.execute(f'DROP DATABASE IF EXISTS "{name}_template" WITH (FORCE)')
    admin.close()


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """No test cuts the power: here a commit need not wait for the disk, on either database. What
    other processes commit, servers of tests too, does wait."""
    if request.param == "sqlite":
        monkeypatch.setitem(db.PRAGMAS, "synchronous", "off")
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "shop.db")
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    url = request.getfixturevalue("postgres_database")
    if url is None:
        pytest.skip(f"no PostgreSQL server answers at {POSTGRES}")
    yield url
    session = _session(url)
    if session.execute(SHAPE).fetchone() == _shapes[url]:
        session.execute(EMPTY)
        if next(_emptied) % 50 == 0:  # a server may be set to leave what was deleted where it is
            session.execute("VACUUM")
    else:  # tables were made or dropped: the next test finds those that it should
        _make_again(url, request.getfixturevalue("migrated"))


def _session(url: str) -> Any:
    """A connection that stays from test to test, and so has every table and plan at hand. Its
    function `EMPTY` deletes every row and begins to count anew: much cheaper than to truncate."""
    import psycopg

    if url not in _sessions:
        session = _sessions[url] = psycopg.connect(url, autocommit=True)
        after: dict[str, set[str]] = {name: set() for (name,) in session.execute(TABLES)}
        for child, parent in session.execute(REFERENCES):
            if child != parent and child in after and parent in after:
                after[parent].add(child)
        rows = [f'DELETE FROM "{name}";' for name in TopologicalSorter(after).static_order()]
        counters = [f"PERFORM setval('{name}', 1, false);" for (name,) in session.execute(COUNTERS)]
        session.execute(
            "CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS "
            f"$$ BEGIN {' '.join(rows + counters)} END $$"
        )
        if session.execute(MASTER).fetchone() == ("on",):
            session.execute("SET session_replication_role = replica")
    return _sessions[url]


def _make_again(url: str, migrated: dict[str, type[Plugin]]) -> None:
    """Make the database of this process anew, as it is when a test begins: a copy of a template,
    which is made when it is first needed."""
    import psycopg

    _sessions.pop(url).close()
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
    _shapes[url] = _session(url).execute(SHAPE).fetchone()


def _hasten(admin: Any, name: str) -> None:
    admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')


def _migrate(url: str, migrated: dict[str, type[Plugin]]) -> None:
    database = db.connect(url)
    schema.migrate(migrated)
    database.close()
