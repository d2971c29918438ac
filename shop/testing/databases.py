"""The databases that tests run on, migrated once for every plugin there is and then copied."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from shop import config, db, discovery
from shop.plugin import Plugin
from shop.services import schema
from shop.testing.settings import CONFIG, SECRET

POSTGRES = os.environ.get("SHOP_TEST_POSTGRES", "postgresql:///postgres")
SHAPE = """
SELECT md5(string_agg(oid || ':' || relnatts, ',' ORDER BY oid)) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"""
_shapes: dict[str, str] = {}
"""what the tables of a PostgreSQL database are when a test begins"""


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
    used = [f'"{name}"' for name in database.get_tables() if not name.startswith("schema_")]
    filled = [] if changed else [t for t in used if db.value(f"SELECT 1 FROM {t} LIMIT 1")]
    if filled:
        db.run(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")
    database.close()
    if changed:  # tables were made or dropped: the next test finds those that it should
        _make_again(url, request.getfixturevalue("migrated"))


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
    database = db.connect(url)
    _shapes[url] = db.value(SHAPE)
    database.close()


def _migrate(url: str, migrated: dict[str, type[Plugin]]) -> str:
    """Make the tables; what they look like then."""
    database = db.connect(url)
    schema.migrate(migrated)
    shape = str(db.value(SHAPE))
    database.close()
    return shape
