"""What every plugin promises, held of this one."""

from shop.catalog import prices, products
from shop.testing import PluginContract
from shop_plugins.price_history import report, why
from shop_plugins.price_history.plugin import PriceHistory


class TestContract(PluginContract):
    plugin = PriceHistory

    def exercise(self, shop):
        """A true former price, one that was never asked, and one above the lowest; all explained."""
        goods = [shop.product(1000, 50) for _ in range(3)]
        for item in goods:
            variant = {"sku": item.sku, "price": 1000, "compare_at": 1000}
            products.update(shop.ctx, item.product_id, {"variants": [variant]})
        shop.forward(days=10)
        for item in goods[:2]:
            prices.set_catalogue_price(shop.ctx, item.variant_id, 800)
        shop.forward(days=1)
        prices.set_catalogue_price(shop.ctx, goods[1].variant_id, 1000)
        shop.forward(days=1)
        prices.set_catalogue_price(shop.ctx, goods[1].variant_id, 900)
        shop.client.get(shop.url("/products"))
        found = [why.one(shop.ctx, item.sku)["reason"] for item in goods]
        assert found == ["shown", "above_lowest", "not_above"]
        list(why.each(shop.ctx))
        report.report(shop.ctx)
        shop.up_to("completed", {goods[0]: 2})
        shop.refund(shop.up_to("paid", {goods[1]: 1}))
