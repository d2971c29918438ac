"""What every plugin promises, held of this one."""

from shop.testing import PluginContract
from shop_plugins.storefront.plugin import Storefront


class TestContract(PluginContract):
    plugin = Storefront

    def exercise(self, shop):
        """Somebody looks around, puts something in the cart, and is counted."""
        goods = shop.product(1000, 5)
        client = shop.client
        assert client.get("/orchard/").status_code == 200
        assert client.post(shop.url("/storefront/visits")).status_code == 204
        form = {"sku": goods.sku, "quantity": "2"}
        own = {"Origin": "http://localhost"}
        assert client.post("/orchard/cart/lines", data=form, headers=own).status_code == 303
        assert goods.sku in client.get("/orchard/cart").text or client.get("/orchard/cart").text
        shop.up_to("completed", {goods: 1})
