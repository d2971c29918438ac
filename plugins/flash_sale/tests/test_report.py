"""What a sale earned or lost, at any time."""

import pytest

from shop import db
from shop.payments import refunds
from shop_plugins.flash_sale import report as reports
from shop_plugins.flash_sale import sales


@pytest.fixture
def apple(shop):
    goods = shop.product(1000, 100, "APPLE")
    db.change("UPDATE variant SET cost = 600 WHERE id = ?", goods.variant_id)
    return goods


def told(shop, sale, *names):
    made = reports.report(shop.ctx, sale.id)
    return tuple(made["total"][name] for name in names)


def test_units_and_money_by_what_became_of_the_orders(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    shop.up_to("paid", {apple: 3})
    shop.up_to("placed", {apple: 2})
    shop.up_to("cancelled", {apple: 4})
    assert told(shop, sale, "set_apart", "left", "ordered", "sold", "unpaid", "cancelled") == (
        20, 15, 9, 3, 2, 4,
    )  # fmt: skip
    assert told(shop, sale, "revenue", "awaited", "cost", "earned") == (2100, 1400, 1800, 300)
    assert told(shop, sale, "normal", "given_up", "normal_earned") == (3000, 900, 1200)


def test_a_refund_takes_revenue_and_the_cost_of_what_came_back(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    order = shop.up_to("completed", {apple: 3})
    shop.refund(order, {order.lines[0].id: 1})
    assert told(shop, sale, "sold", "refunded", "lost", "left") == (2, 1, 0, 18)
    assert told(shop, sale, "revenue", "cost", "earned", "normal") == (1400, 1200, 200, 2000)


def test_what_was_refunded_and_thrown_away_is_a_loss(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    order = shop.up_to("completed", {apple: 3})
    line = {order.lines[0].id: 1}
    refunds.refund(shop.ctx, order.id, "a", lines=line, restock="write_off")
    refunds.refund(shop.ctx, order.id, "b", lines=line, restock="leave")
    assert told(shop, sale, "sold", "refunded", "lost") == (1, 2, 2)
    assert told(shop, sale, "revenue", "cost", "earned") == (700, 1800, -1100)


def test_a_refund_after_the_end_still_counts(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    order = shop.up_to("completed", {apple: 3})
    other = shop.up_to("paid", {apple: 2})
    shop.forward(hours=3)
    shop.refund(order, {order.lines[0].id: 1})
    shop.cancel(other)
    assert told(shop, sale, "sold", "refunded", "cancelled", "lost", "left") == (2, 1, 2, 0, 0)
    assert told(shop, sale, "revenue", "cost") == (1400, 1200)


def test_what_customers_are_told_of_a_sale_that_is_over_follows_too(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    order = shop.up_to("completed", {apple: 3})
    other = shop.up_to("paid", {apple: 2})

    def counted():
        url = shop.url(f"/flash-sale/sales/{sale.id}")
        [item] = shop.client.get(url).json["items"]
        return item["sold"], item["left"]

    assert counted() == (5, 15)
    shop.forward(hours=3)
    assert counted() == (5, 0)
    shop.refund(order, {order.lines[0].id: 1})
    assert counted() == (4, 0)
    shop.cancel(other)
    assert counted() == (2, 0)


def test_a_price_lowered_meanwhile_is_reckoned_as_it_was_sold(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    shop.up_to("paid", {apple: 1})
    items = [{"sku": "APPLE", "price": 500, "quantity": 20}]
    sales.change(shop.ctx, sale.id, sale.version, {"items": items})
    shop.up_to("paid", {apple: 1})
    assert told(shop, sale, "revenue", "normal") == (1200, 2000)


def test_without_a_cost_nothing_is_said_of_earnings(shop, sell, apple):
    pear = shop.product(900, 10, "PEAR")
    sale = sell({apple: (700, 20), pear: (500, 5)})
    shop.up_to("paid", {apple: 1, pear: 2})
    by_sku = {row["sku"]: row for row in reports.report(shop.ctx, sale.id)["items"]}
    assert (by_sku["APPLE"]["earned"], by_sku["PEAR"]["earned"]) == (100, None)
    assert told(shop, sale, "revenue", "cost", "cost_unknown", "earned") == (1700, None, 2, None)


def test_customers_and_the_time_to_sell_out(shop, sell, apple):
    sale = sell({apple: (700, 4)})
    customer = shop.customer()
    shop.up_to("placed", {apple: 1}, customer=customer)
    shop.clock.forward(seconds=90)
    order = shop.up_to("placed", {apple: 2}, customer=customer)
    assert reports.report(shop.ctx, sale.id)["sold_out_after"] is None
    shop.clock.forward(seconds=30)
    shop.up_to("placed", {apple: 1})
    shop.clock.forward(seconds=30)
    shop.cancel(order)
    made = reports.report(shop.ctx, sale.id)
    assert (made["customers"], made["sold_out_after"]) == (2, 120)


def test_a_line_at_the_normal_price_is_no_part_of_the_sale(shop, sell, apple):
    sale = sell({apple: (700, 2)}, when_sold_out="normal_price")
    order = shop.up_to("paid", {apple: 2})
    shop.up_to("paid", {apple: 5})
    assert told(shop, sale, "sold", "revenue") == (2, 1400)
    shop.refund(order)
    assert told(shop, sale, "sold", "refunded", "lost", "revenue", "left") == (0, 2, 0, 0, 2)
