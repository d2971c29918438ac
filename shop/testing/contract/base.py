"""What the parts of the contract share: the plugin, the shop it is tried in, what it did there."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import pytest

from shop import db
from shop.plugin import Plugin
from shop.testing.under_test import Shop

NEVER = """
[stores.never]
name = "没有它的店"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
"""
FAILED = "SELECT name, error FROM job WHERE plugin = ? AND error <> '' ORDER BY id"


class Base:
    plugin: ClassVar[type[Plugin]]
    settings: ClassVar[Mapping[str, Any]] = {}
    """of the plugin in the shop's file, beside its defaults"""

    _kept: ClassVar[tuple[sqlite3.Connection, datetime]]
    """a shop after `use`, and its time"""

    breakers: ClassVar[Mapping[str, str]] = {}
    """a statement that breaks each of the plugin's `invariants`, by its name"""

    def exercise(self, shop: Shop) -> None:
        """Make the plugin do its thing; here an order that lives to its end, and one that is
        taken back."""
        shop.up_to("completed")
        shop.up_to("refunded")

    @property
    def name(self) -> str:
        return self.plugin.name

    @property
    def dashed(self) -> str:
        return self.name.replace("_", "-")

    @pytest.fixture
    def plugins(self) -> tuple[type[Plugin], ...]:
        return (self.plugin,)

    @pytest.fixture
    def enabled(self) -> dict[str, Mapping[str, Any]]:
        return {self.name: self.settings}

    @pytest.fixture
    def stores_toml(self) -> str:
        return NEVER

    def use(self, shop: Shop) -> None:
        """Run `exercise` and the jobs that follow from it."""
        self.exercise(shop)
        shop.run_jobs()
        failed = db.rows(FAILED, self.name)
        assert not failed, f"jobs of {self.name} failed after exercise(): {failed}"

    def used(self, shop: Shop) -> None:
        """Bring a fresh shop to where `use` brings it. On SQLite it is used once for all checks of
        a class, and then copied."""
        kept = vars(type(self)).get("_kept")
        if db.is_postgres():
            self.use(shop)
        elif kept is None:
            self.use(shop)
            copy = sqlite3.connect(":memory:", check_same_thread=False)
            db.database.connection().backup(copy)
            type(self)._kept = copy, shop.clock.at
        else:
            copy, shop.clock.at = kept
            copy.backup(db.database.connection())


def snapshot() -> dict[str, list[str]]:
    """Every row of every table; histories of migrations and SQLite's counters aside."""
    return {
        table: sorted(map(repr, db.rows(f'SELECT * FROM "{table}"')))
        for table in db.database.get_tables()
        if not table.startswith(("schema_history_", "sqlite_"))
    }


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> str:
    """The rows that came and went, a line each; "" if none did."""
    lines = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, []), after.get(table, [])
        if old != new:
            lines += [f"{table}: gone {row}" for row in old if row not in new]
            lines += [f"{table}: new {row}" for row in new if row not in old]
    return "\n".join(lines[:20])


def orders_of(shop: Shop) -> list[int]:
    found = db.rows("SELECT id FROM orders WHERE store = ? ORDER BY id", shop.store)
    return [order_id for (order_id,) in found]
