"""A pot that can be tried."""

import pytest

from shop.orders import order_view
from shop_plugins.trial_then_buy import offers, trials


@pytest.fixture
def enabled():
    return {"trial_then_buy": {}}


class Tried:
    """An offer of a pot, and trials of it in a line."""

    def __init__(self, shop):
        self.shop = shop
        self.pot = shop.product(8000, 50, "POT")
        self.offer = offers.create(shop.ctx, {"sku": "POT", "fee": 500, "deposit": 2000})

    def options(self, offer=None, accept=""):
        offer = offer or self.offer
        terms = offers.running(self.shop.ctx, [offer.id])[offer.id][3]
        return {"trial_then_buy": {"offer": offer.id, "accept": accept or terms.version}}

    def order(self, state="completed", units=1, offer=None, **facts):
        options = self.options(offer)
        return self.shop.up_to(state, {self.pot: units}, line_options=options, **facts)

    def trial(self, state="completed", **facts):
        return trials.of_order(self.shop.ctx, self.order(state, **facts).id)

    def again(self, trial):
        return trials.get(self.shop.ctx, trial.id)

    def money(self, trial):
        """What the customer has paid and not got back, and what he owes."""
        order = order_view.load(self.shop.ctx, trial.order_id)
        return order.money_kept, order.balance


@pytest.fixture
def tried(shop):
    yield Tried(shop)
    assert shop.fsck() == []
