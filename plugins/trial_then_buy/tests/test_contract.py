"""What every plugin promises."""

from shop.orders import order_view
from shop.testing import PluginContract
from shop.testing.under_test import Shop
from shop_plugins.trial_then_buy import offers, trials
from shop_plugins.trial_then_buy.plugin import TrialThenBuy


def wanted(offer):
    return {"trial_then_buy": {"offer": offer.id, "accept": version(offer)}}


def version(offer):
    return offers.running(_ctx[0], [offer.id])[offer.id][3].version


_ctx = [None]


class TestContract(PluginContract):
    plugin = TrialThenBuy
    settings = {"overdue": "charge"}

    def exercise(self, shop: Shop):
        """A trial bought, one returned damaged, one overdue, one cancelled, one that waits."""
        _ctx[0] = shop.ctx
        pot = shop.product(8000, 20)
        facts = {"sku": pot.sku, "fee": 500, "deposit": 2000}
        offer = offers.create(shop.ctx, facts)

        def begin(state):
            order = shop.up_to(state, {pot: 1}, line_options=wanted(offer))
            return trials.of_order(shop.ctx, order.id)

        trials.buy(shop.ctx, begin("completed").id)
        back = begin("completed")
        trials.returned(shop.ctx, back.id, "scratched")
        trials.settle(shop.ctx, back.id, 300, "write_off", "scratched")
        late = begin("completed")
        shop.forward(days=10)
        trials.returned(shop.ctx, late.id)
        trials.settle(shop.ctx, late.id)
        begin("cancelled")
        begin("paid")
        assert order_view.load(shop.ctx, late.order_id).balance == 0
        offers.end(shop.ctx, offers.create(shop.ctx, facts).id)
