"""What every plugin promises."""

from shop.clock import DAY
from shop.orders import orders
from shop.payments import payments
from shop.testing import PluginContract
from shop.testing.under_test import Shop
from shop_plugins.group_buy import campaigns, members, teams
from shop_plugins.group_buy.plugin import GroupBuy


class TestContract(PluginContract):
    plugin = GroupBuy
    settings = {"link": "https://pears.example/{team}"}

    def exercise(self, shop: Shop):
        """A team that is complete, with a ladder; one that fails; one completed early, in which
        one pays late; one that everybody left; a campaign changed and one ended."""
        box = shop.product(6000, 100)
        item = {"sku": box.sku, "price": 4500, "tiers": [{"units": 3, "price": 4000}]}
        facts = {"name": "Pears", "size": 2, "ends": shop.ctx.now_us + 2 * DAY, "items": [item]}
        campaign = campaigns.create(shop.ctx, facts)
        campaigns.change(shop.ctx, campaign.id, 1, {"teams": 9})

        def comes(state, units=1, **option):
            order = shop.up_to(state, {box: units}, line_options={"group_buy": option})
            return order, members.of_order(shop.ctx, order.id).team

        _, full = comes("paid", 2, open=campaign.id)
        comes("paid", join=full.code)
        shop.run_jobs()
        left, _ = comes("paid", open=campaign.id)
        orders.cancel_by_customer(shop.ctx, left.id)
        _, early = comes("paid", open=campaign.id)
        late, _ = comes("placed", join=early.code)
        teams.complete_early(shop.ctx, early.code)
        payments.record(shop.ctx, late.id, "manual", "transfer", late.total)
        comes("paid", open=campaign.id)
        shop.forward(days=2)
        other = campaigns.create(shop.ctx, facts | {"ends": shop.ctx.now_us + DAY})
        comes("paid", open=other.id)
        comes("placed", open=other.id)
        later = facts | {"starts": shop.ctx.now_us + DAY, "ends": shop.ctx.now_us + 2 * DAY}
        campaigns.remove(shop.ctx, campaigns.create(shop.ctx, later).id, 1)
        ended = campaigns.create(shop.ctx, facts | {"ends": shop.ctx.now_us + DAY})
        campaigns.end(shop.ctx, ended.id)
