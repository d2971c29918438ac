"""Receivers as a part of any history of a whole shop: they come and go, and hear of nothing."""

from shop_plugins.webhooks import endpoints


class Together:
    def gone_webhooks(self):
        facts = {"url": "https://receiver.example/hook", "kinds": ["order.paid"], "active": True}
        made = endpoints.create(self.ctx, facts)
        endpoints.remove(self.ctx, made.id, made.version)
        return made.id
