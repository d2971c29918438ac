"""The figures of the reports, day by day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from shop.payments import refunds
from shop_plugins.console import reports


@pytest.fixture
def enabled():
    return {"console": {}}


def today(shop):
    return shop.ctx.now.astimezone(ZoneInfo(shop.ctx.store.timezone)).date()


def test_a_refund_is_reported_on_its_own_day_beside_the_sales_of_that_day(shop):
    """A pear of yesterday goes back today: yesterday's figures stay as they were."""
    pear, apple = shop.product(1000, sku="PEAR"), shop.product(300, sku="APPLE")
    sold = shop.up_to("paid", {pear: 2})
    first = today(shop)
    shop.forward(days=1)
    shop.up_to("paid", {apple: 1})
    second = first + timedelta(days=1)
    assert today(shop) == second
    line = sold.lines[0].id
    refunds.refund(shop.ctx, sold.id, "one", lines={line: 1}, reason="bruised")
    refunds.refund(shop.ctx, sold.id, "two", amounts={("line", line): 50}, reason="sorry")

    days = reports.sales(shop.ctx, first, second)["items"]
    assert [(day["sales"], day["refunded"]) for day in days] == [(2000, 0), (300, 1050)]
    assert reports.returns(shop.ctx, first, first) == []
    assert {one["reason"]: one["refunded"] for one in reports.returns(shop.ctx, second, second)} == {
        "bruised": 1000, "sorry": 50,
    }  # fmt: skip

    def goods(*span):
        names = ("sku", "units", "sales", "returned", "refunded", "orders")
        return [tuple(one[name] for name in names) for one in reports.goods(shop.ctx, *span)]

    assert goods(first, first) == [("PEAR", 2, 2000, 0, 0, 1)]
    assert goods(second, second) == [("APPLE", 1, 300, 0, 0, 1), ("PEAR", 0, 0, 1, 1050, 0)]
    assert goods(first, second) == [("PEAR", 2, 2000, 1, 1050, 1), ("APPLE", 1, 300, 0, 0, 1)]
    [source] = reports.sources(shop.ctx, second, second)
    assert (source["sales"], source["refunded"], source["orders"]) == (300, 1050, 1)
    assert reports.today(shop.ctx)["sales"]["refunded"] == 1050


def test_a_cancelled_order_is_neither_a_sale_nor_a_refund(shop):
    shop.cancel(shop.up_to("paid", {1000: 1}))
    total = reports.sales(shop.ctx, today(shop), today(shop))["total"]
    assert (total["sales"], total["refunded"], total["cancelled"]) == (0, 0, 1)
