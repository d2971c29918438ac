"""Killed before any statement, a sale neither loses a unit nor sells one twice."""

import pytest

from shop.jobs import idempotency
from shop.testing import killed_everywhere
from shop_plugins.flash_sale import sales

pytestmark = pytest.mark.both_databases


def test_an_order_in_a_sale_and_one_that_expires(shop, sell, stride):
    apple = shop.product(1000, 10_000, "APPLE")
    sell({apple: (700, 9000)}, hours=24 * 60, prepay=True)

    def place(key):
        def work():
            return 201, {"number": shop.up_to("placed", {apple: 1}, phone=f"+86132{key:08}").number}

        return idempotency.once(shop.ctx, "buy", f"a-key-of-the-client-{key}", b"", work)

    keys = iter(range(100_000))
    killed_everywhere(shop, lambda: next(keys), place, stride)

    def placed():
        place(next(keys))

    killed_everywhere(shop, placed, lambda _: shop.forward(minutes=10), stride)


def test_a_sale_that_begins_and_ends(shop, sell, stride):
    def prepare():
        goods = shop.product(1000, 100)
        sale = sell({goods: (700, 20)})
        shop.up_to("paid", {goods: 3})
        return sale

    killed_everywhere(shop, prepare, lambda sale: sales.end_now(shop.ctx, sale.id), stride)
    killed_everywhere(shop, prepare, lambda _: shop.forward(hours=3), stride)
