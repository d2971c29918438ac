"""A pytest plugin for everyone who tests against a shop, plugin authors included.

Where Minishop is installed pytest loads it by itself. Fixtures: `shop` (a store on a fresh
database, on SQLite and then on PostgreSQL; class Shop says what it can do), `clock` (stands still
until `clock.forward(hours=2)`), `client` (HTTP without a network), `up_to` (an order brought to a
state). A test switches plugins on by a fixture of its own:

    @pytest.fixture
    def enabled():
        return {"gift_wrap": {"fee": 300}}

    def test_wrapping_costs_its_fee(up_to):
        order = up_to("placed", lines={1000: 2}, options={"gift_wrap": {"wanted": True}})
        assert order.total == 2300

Every bundled plugin, every installed one and the one whose tests are run can be switched on, and
is imported as `shop_plugins.<name>`. `killed_everywhere` kills what a plugin does before each of
its statements (fixture `stride`: how many lie between two).

A test runs on SQLite, and on PostgreSQL with the slow ones (`-m slow`). Mark a module or test
`@pytest.mark.both_databases` where the database can change what happens (locks, jobs, races, SQL
of a dialect): it runs on both each time. `sqlite_only` and `postgres_only` are for those that make
no sense on the other. `PluginContract` is what every plugin's
tests inherit.
"""

# ruff: noqa: E402 - the contract is imported after pytest was told that it asserts
from __future__ import annotations

import gc
from typing import Any

import pytest

pytest.register_assert_rewrite("shop.testing.contract", "shop.testing.crashes")

from shop.testing import chance
from shop.testing.browser import chromium
from shop.testing.contract import PluginContract
from shop.testing.crashes import killed_everywhere, stride
from shop.testing.databases import (
    POSTGRES,
    database_url,
    migrated,
    postgres_database,
    sqlite_template,
)
from shop.testing.fixtures import (
    client,
    clock,
    enabled,
    in_days,
    own_shop,
    plugins,
    shop,
    stores_toml,
    up_to,
)
from shop.testing.places import pytest_collect_file, search
from shop.testing.settings import CONFIG, NOON, SECRET
from shop.testing.under_test import Goods, Shop

search()
chance.settle()

__all__ = [
    "CONFIG",
    "NOON",
    "POSTGRES",
    "SECRET",
    "Goods",
    "PluginContract",
    "Shop",
    "chromium",
    "client",
    "clock",
    "database_url",
    "enabled",
    "in_days",
    "killed_everywhere",
    "migrated",
    "own_shop",
    "plugins",
    "postgres_database",
    "pytest_collect_file",
    "shop",
    "sqlite_template",
    "stores_toml",
    "stride",
    "up_to",
]  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    for name in ("both_databases", "sqlite_only", "postgres_only", "slow"):
        config.addinivalue_line("markers", f"{name}: see shop.testing")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that reaches a database on SQLite, and on PostgreSQL too: marked `slow` there
    unless the test says that the database matters to it."""
    if "database_url" not in metafunc.fixturenames:
        return
    marked = {mark.name for mark in metafunc.definition.iter_markers()}
    matters = marked & {"both_databases", "postgres_only"}
    postgres = pytest.param("postgres", marks=[] if matters else [pytest.mark.slow])
    kinds: list[Any] = ["sqlite"] * ("postgres_only" not in marked)
    kinds += [postgres] * ("sqlite_only" not in marked)
    metafunc.parametrize("database_url", kinds, indirect=True, scope="function")


def pytest_collection_finish() -> None:
    """What stands after the collection stays to the end: the garbage collector need not look through
    it again and again."""
    gc.collect()
    gc.freeze()
