"""Purged, it is exported and gone; the shop goes on, and it can begin again."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.orders import order_view
from shop.plugins import purge
from shop.testing.contract.base import Base, orders_of
from shop.testing.contract.books import take_back
from shop.testing.under_test import Shop

LEFT = (
    ("counters", "SELECT name FROM counter WHERE name NOT LIKE 'window:%'"),
    ("pools", "SELECT pool FROM stock WHERE pool <> 'main' AND closed_at IS NULL"),
    ("jobs", "SELECT name FROM job WHERE plugin <> 'core'"),
    ("prices", "SELECT source FROM price WHERE source <> 'catalogue' AND ends IS NULL"),
)


class Purged(Base):
    def test_a_purge_exports_and_removes_it_and_the_shop_goes_on(self, shop: Shop):
        self.used(shop)
        off = shop.without(self.name)
        held = [order for order in _orders(off) if order.holds]
        take_back(off, held)
        models: list[Any] = list(self.plugin.models)
        tables = [model._meta.table_name for model in models]
        rows = sum(db.value(f"SELECT COUNT(*) FROM {table}") for table in tables)
        purge.run(off.instance, self.name, force=True)
        exports = off.config.folder / "exports"
        assert not rows or any(exports.iterdir()), "its rows were not exported"
        for table in tables:
            assert not db.value(f"SELECT COUNT(*) FROM {table}"), f"{table} has rows left"
        for what, sql in LEFT:
            left = [name for (name,) in db.rows(sql)]
            assert not left, f"{what} left after the purge: {left}; name them {self.name}:…"
        assert off.fsck() == []
        off.up_to("completed")
        take_back(off, _orders(off))
        assert off.fsck() == []

    def test_purged_and_switched_on_it_begins_again(self, shop: Shop):
        self.used(shop)
        off = shop.without(self.name)
        take_back(off, [order for order in _orders(off) if order.holds])
        purge.run(off.instance, self.name, force=True)
        on = shop.reloaded()
        self.use(on)
        take_back(on, _orders(on))
        self.use(on)
        assert on.fsck() == []


def _orders(shop: Shop) -> list[order_view.OrderView]:
    return order_view.load_many(shop.ctx, orders_of(shop))
