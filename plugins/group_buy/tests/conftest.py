"""A campaign: a box of pears, three buy it together."""

import pytest

from shop.carts.quote import Item
from shop.clock import DAY
from shop.orders import order_view
from shop_plugins.group_buy import campaigns, members, teams


@pytest.fixture
def enabled():
    return {"group_buy": {}}


class Teamed:
    """A campaign that runs for two days, and orders in its teams, in a line."""

    def __init__(self, shop):
        self.shop = shop
        self.box = shop.product(6000, 100, "BOX")
        self.campaign = self.make()

    @property
    def ctx(self):
        return self.shop.ctx

    def make(self, price=4500, tiers=(), **facts):
        item = {"sku": "BOX", "price": price, "tiers": list(tiers)}
        facts = {"name": "Pears", "size": 3, "items": [item]} | facts
        facts.setdefault("ends", self.ctx.now_us + 2 * DAY)
        return campaigns.create(self.ctx, facts)

    def opens(self, state="paid", campaign=None, units=1, **facts):
        """An order that opens a team."""
        options = {"group_buy": {"open": (campaign or self.campaign).id}}
        return self.shop.up_to(state, {self.box: units}, line_options=options, **facts)

    def joins(self, team, state="paid", units=1, **facts):
        options = {"group_buy": {"join": team.code}}
        return self.shop.up_to(state, {self.box: units}, line_options=options, **facts)

    def problems(self, options, units=1, **facts):
        items = [Item("BOX", units, {"group_buy": options})]
        return [problem.code for problem in self.shop.up_to("quoted", items, **facts).problems]

    def member(self, order):
        return members.of_order(self.ctx, order.id)

    def team(self, order):
        return self.again(self.member(order).team)

    def again(self, team):
        return teams.find(self.ctx, team.code)

    def seen(self, order):
        return order_view.load(self.ctx, order.id)

    def complete(self, units=1, campaign=None, **facts):
        """A team of three that is complete, and its orders."""
        first = self.opens(campaign=campaign, units=units, **facts)
        team = self.team(first)
        orders = [first, *(self.joins(team, units=units) for _ in range(team.size - 1))]
        self.shop.run_jobs()
        return self.again(team), [self.seen(order) for order in orders]


@pytest.fixture
def teamed(shop):
    yield Teamed(shop)
    shop.run_jobs()
    assert shop.fsck() == []
