"""A pytest plugin for everyone who tests against a shop, plugin authors included.

Fixtures: `shop` (a store on a fresh database, on SQLite and then on PostgreSQL), `clock` (stands
still until `clock.forward(hours=2)`), `client` (HTTP without a network). Mark a module or test
with `@pytest.mark.sqlite_only` or `postgres_only` where the other makes no sense.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from shop import db
from shop.app import mount
from shop.clock import SetClock
from shop.config import Config, parse
from shop.context import SYSTEM, Caller, Context
from shop.instance import Instance
from shop.models import Staff
from shop.plugin import Plugin
from shop.services import auth, schema
from shop.services.runner import Runner

POSTGRES = os.environ.get("SHOP_TEST_POSTGRES", "postgresql:///postgres")
SECRET = "tests-only-0123456789-0123456789-abcdef"
NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
"""When tests begin: noon on a Friday in Shanghai."""

CONFIG = """
[shop]
database = "{database}"
secret = "{secret}"
mode = "test"
rate_limits = "off"
[stores.orchard]
name = "果园小店"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
{stores}
"""


class Shop:
    """One instance under test. `shop.ctx` is the system's context in the store, now."""

    def __init__(self, instance: Instance, clock: SetClock) -> None:
        self.instance, self.clock = instance, clock
        self.config: Config = instance.config

    @cached_property
    def app(self) -> Flask:
        """Its HTTP face, made when a test first asks for it."""
        return mount(self.instance)

    @property
    def ctx(self) -> Context:
        return self.context()

    def context(self, caller: Caller = SYSTEM, store: str = "orchard", **facts: Any) -> Context:
        return self.instance.context(store, caller, **facts)

    @property
    def client(self) -> Any:
        return self.app.test_client()

    def bearer(self, role: str = "owner", points: tuple[int, ...] = ()) -> dict[str, str]:
        """The headers of a new member of staff: `client.get(url, headers=shop.bearer())`."""
        scopes = {"owner": auth.OWNER_SCOPES, "clerk": auth.CLERK_SCOPES}[role]
        name = f"{role}-{uuid.uuid4().hex[:6]}"
        now = self.ctx.now
        staff = Staff.create(
            store="orchard", name=name, role=role, points=list(points), active=now, created_at=now
        )
        return {"Authorization": f"Bearer {auth.issue(self.ctx, staff=staff.id, scopes=scopes)}"}

    def run_jobs(self) -> int:
        """Run every job that is due by now, and those that they make; how many ran."""
        runner, ran = Runner(self.instance), 0
        while done := runner.tick():
            ran += done
        return ran


def pytest_configure(config: pytest.Config) -> None:
    for name in ("sqlite_only", "postgres_only", "slow"):
        config.addinivalue_line("markers", f"{name}: see shop.testing")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that reaches a database runs on both."""
    if "database_url" in metafunc.fixturenames:
        kinds = ["sqlite", "postgres"]
        if metafunc.definition.get_closest_marker("sqlite_only"):
            kinds.remove("postgres")
        if metafunc.definition.get_closest_marker("postgres_only"):
            kinds.remove("sqlite")
        metafunc.parametrize("database_url", kinds, indirect=True, scope="function")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated database, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "shop.db"
    database = db.connect(f"sqlite:///{path}")
    schema.migrate({})
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str | None]:
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
    admin.execute(f'CREATE DATABASE "{name}"')
    url = POSTGRES.rsplit("/", 1)[0] + "/" + name
    database = db.connect(url)
    schema.migrate({})
    database.close()
    yield url
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
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
    used = [f'"{name}"' for name in database.get_tables() if not name.startswith("schema_")]
    filled = [name for name in used if db.value(f"SELECT 1 FROM {name} LIMIT 1")]
    if filled:
        db.run(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")
    database.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def plugins() -> tuple[type[Plugin], ...]:
    """Plugin classes installed for a test; override it, and `stores_toml` to switch them on."""
    return ()


@pytest.fixture
def stores_toml() -> str:
    """More lines of shop.toml after the store `orchard`."""
    return ""


@pytest.fixture
def shop(
    database_url: str,
    clock: SetClock,
    plugins: tuple[type[Plugin], ...],
    stores_toml: str,
    tmp_path: Path,
) -> Iterator[Shop]:
    text = CONFIG.format(database=database_url, secret=SECRET, stores=stores_toml)
    shop = Shop(Instance(parse(text, tmp_path), plugins, clock), clock)
    yield shop
    shop.instance.close()


@pytest.fixture
def client(shop: Shop) -> Any:
    return shop.client


def in_days(days: float, start: datetime = NOON) -> datetime:
    return start + timedelta(days=days)
