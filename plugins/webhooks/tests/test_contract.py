"""What every plugin promises."""

from shop.testing import PluginContract
from shop.testing.under_test import Shop
from shop_plugins.webhooks import deliveries, endpoints
from shop_plugins.webhooks.models import Endpoint
from shop_plugins.webhooks.plugin import Webhooks


class TestContract(PluginContract):
    plugin = Webhooks
    settings = {"seconds": 1}

    breakers = {"webhooks_job": "DELETE FROM job WHERE plugin = 'webhooks' AND name = 'send'"}

    def exercise(self, shop: Shop):
        """A receiver that nobody may reach is told of an order, pinged, given another secret; what
        failed is sent again; another was switched off and one forgotten."""
        facts = {"url": "https://erp.invalid/hook", "kinds": ["order.paid"]}
        one = endpoints.create(shop.ctx, facts)
        off = endpoints.create(shop.ctx, facts)
        endpoints.change(shop.ctx, off.id, off.version, {"active": False})
        gone = endpoints.create(shop.ctx, facts)
        endpoints.remove(shop.ctx, gone.id, gone.version)
        Endpoint.update(url="http://127.0.0.1:9/").execute()  # as a name may say by now
        shop.up_to("completed")
        shop.run_jobs()
        for _ in deliveries.PAUSES:
            shop.forward(hours=11)
        deliveries.ping(shop.ctx, one.id)
        endpoints.rotate(shop.ctx, one.id)
        [sent, *_] = deliveries.page(shop.ctx, state="failed")["items"]
        deliveries.replay(shop.ctx, sent.id)
