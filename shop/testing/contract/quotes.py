"""Quotes only look: nothing is written, nobody is called, and asked twice the answer is one."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shop import InUse, db
from shop.carts.quote import Basket, Item, quote
from shop.orders import order_view
from shop.testing.contract.base import Base, differences, orders_of, snapshot
from shop.testing.under_test import Shop

HOOKS = ("price_lines", "adjust_quote", "check_quote")
EACH = 2
"""statements that a hook may need for a cart that does not use the plugin"""
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|TRUNCATE)\b", re.I)


class Quotes(Base):
    def test_quotes_write_nothing_and_call_nobody(self, shop: Shop):
        self.used(shop)
        baskets, written = self._baskets(shop), []
        before = snapshot()

        def look(sql: str) -> None:
            if WRITES.match(sql):
                written.append(sql)

        with db.watched(look), no_network():
            for basket in baskets:
                quote(shop.ctx, basket)
        assert not written, f"a quote wrote: {written[:3]}"
        assert not differences(before, snapshot())

    def test_a_quote_asked_twice_is_the_same(self, shop: Shop):
        self.used(shop)
        for basket in self._baskets(shop):
            first, second = quote(shop.ctx, basket), quote(shop.ctx, basket)
            assert first == second, f"{basket} has two answers: {first} and {second}"

    def test_a_cart_that_does_not_use_it_costs_few_statements(self, shop: Shop):
        self.used(shop)
        goods = [shop.product().sku for _ in range(20)]
        customer = shop.customer()
        baskets = [
            Basket([Item(sku, 1) for sku in goods[:units]], {}, who)
            for units in (1, 20)
            for who in (None, customer)
        ]
        on = [statements(shop, basket) for basket in baskets]
        without = shop.without(self.name)
        off = [statements(without, basket) for basket in baskets]
        extra = [mine - bare for mine, bare in zip(on, off, strict=True)]
        hooks = [hook for hook in HOOKS if shop.ctx.plugins.calls(hook)]
        look = 1  # the core's own, for prices of any plugin once one is on
        assert max(extra) <= look + EACH * len(hooks), (
            f"{max(extra)} statements more in a plain cart of one line or 20: {EACH} for each of"
            f" {hooks} will do, if they ask for all lines at once"
        )

    def test_looks_do_not_fail(self, shop: Shop, caplog: pytest.LogCaptureFixture):
        self.used(shop)
        caplog.clear()
        staff, client = shop.bearer(), shop.client
        for path in ("/", "/products", "/admin/products", "/admin/orders"):
            assert client.get(shop.url(path), headers=staff).status_code == 200
        failed = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert not failed, f"it failed in a look at the shop: {failed}"

    def test_its_open_work_is_lines_of_text_and_only_read(self, shop: Shop):
        plugin = shop.ctx.plugins.by_name[self.name]
        for _ in range(2):
            with db.read_only(f"{self.name}.open_work"):
                found = plugin.open_work(shop.ctx)
            assert isinstance(found, list)
            assert all(isinstance(line, str) for line in found), f"not lines of text: {found}"
            self.use(shop)

    def test_its_goods_in_use_are_variants_and_only_read(self, shop: Shop):
        plugin = shop.ctx.plugins.by_name[self.name]
        self.used(shop)
        with db.read_only(f"{self.name}.goods_in_use"):
            found = plugin.goods_in_use(shop.ctx)
        assert isinstance(found, list)
        assert all(isinstance(one, InUse) for one in found), f"not InUse(variant, what): {found}"

    def _baskets(self, shop: Shop) -> list[Basket]:
        """Those of the orders there are, asked for again, and a plain one."""
        baskets = [shop.basket()]
        for order in order_view.load_many(shop.ctx, orders_of(shop)):
            items = [Item(line.sku, line.quantity, line.options) for line in order.lines]
            place = order.point_id, order.window_id
            baskets.append(Basket(items, order.options, order.customer_id, *place))
        return baskets


def statements(shop: Shop, basket: Basket) -> int:
    """How many statements a quote takes, what is asked once and kept aside."""
    counted: list[str] = []
    quote(shop.ctx, basket)
    with db.watched(counted.append):
        quote(shop.ctx, basket)
    return len(counted)


@contextmanager
def no_network() -> Iterator[None]:
    """Whoever opens a connection is refused; the database's own are not Python's."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a quote called the network: only jobs and notify may")

    kept = socket.socket.connect, socket.getaddrinfo
    socket.socket.connect = refuse  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = refuse  # type: ignore[assignment]
    try:
        yield
    finally:
        socket.socket.connect, socket.getaddrinfo = kept  # type: ignore[method-assign]
