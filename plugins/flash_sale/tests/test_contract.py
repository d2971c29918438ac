"""What every plugin promises."""

from shop.testing import PluginContract
from shop_plugins.flash_sale import sales, series
from shop_plugins.flash_sale.plugin import FlashSale


class TestContract(PluginContract):
    plugin = FlashSale

    def exercise(self, shop):
        """A sale with limits that sells, expires, is refunded and ends; a series; one still on."""
        apple, pear, plum = (shop.product(price, 50) for price in (1000, 900, 800))
        now = shop.ctx.now_us
        facts = {"name": "Tonight", "ends": now + 7_200_000_000, "per_customer": 3}
        items = [
            {"sku": apple.sku, "price": 700, "quantity": 6},
            {"sku": pear.sku, "price": 500, "quantity": 5},
        ]
        sale = sales.create(shop.ctx, {**facts, "items": items, "when_sold_out": "normal_price"})
        customer = shop.customer()
        order = shop.up_to("completed", {apple: 2, pear: 1}, customer=customer)
        shop.refund(order, {order.lines[0].id: 1})
        shop.up_to("placed", {apple: 1}, customer=customer)
        shop.up_to("paid", {apple: 2})
        shop.forward(minutes=6)
        shop.up_to("cancelled", {pear: 2})
        sales.end_now(shop.ctx, sale.id)
        items = [{"sku": plum.sku, "price": 600, "quantity": 10}]
        series.create(shop.ctx, {
            "name": "Daily", "weekdays": [1, 2, 3, 4, 5, 6, 7], "at": "20:00", "minutes": 60,
            "first_day": "2026-05-01", "items": items,
        })  # fmt: skip
        items = [{"sku": pear.sku, "price": 500, "quantity": 5}]
        sales.create(shop.ctx, {**facts, "name": "Again", "items": items})
        shop.up_to("paid", {pear: 1})
