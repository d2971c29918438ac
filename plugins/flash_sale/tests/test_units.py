"""Whatever happens, no unit is made or lost, and a customer's claim is what he still has."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop import db
from shop.clock import HOUR
from shop.errors import Reject
from shop.payments import refunds
from shop_plugins.flash_sale import sales
from shop_plugins.flash_sale.tests.seen import claimed, on_hand

pytestmark = pytest.mark.both_databases


STOCK, LIMIT = 40, 6
OUT = """
SELECT COALESCE(SUM(-delta), 0) FROM stock_movement
WHERE variant_id = ? AND order_id IS NOT NULL"""

number = st.integers(0, 5)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 2), st.integers(1, 7)),
        st.tuples(st.just("cancel"), number, number),
        st.tuples(st.just("pay"), number, number),
        st.tuples(st.just("refund"), number, st.sampled_from(["restore", "write_off", "leave"])),
        st.tuples(st.just("set_apart"), st.integers(1, 30), number),
        st.tuples(st.just("wait"), st.integers(1, 40), number),
        st.tuples(st.just("end"), number, number),
    ),
    max_size=25,
)


class Story:
    """A sale, three customers and what they do; refusals are part of it."""

    def __init__(self, shop, when_sold_out):
        self.shop, self.orders = shop, []
        self.goods = shop.product(1000, STOCK)
        self.people = [shop.customer() for _ in range(3)]
        item = {"sku": self.goods.sku, "price": 700, "quantity": 15}
        self.sale = sales.create(shop.ctx, {
            "name": "Tonight", "ends": shop.ctx.now_us + HOUR, "items": [item], "prepay": True,
            "per_customer": LIMIT, "when_sold_out": when_sold_out,
        })  # fmt: skip

    def buy(self, who, units):
        lines = {self.goods: units}
        self.orders.append(self.shop.up_to("placed", lines, customer=self.people[who]))

    def cancel(self, which, _):
        if self.orders:
            self.shop.cancel(self._order(which))

    def pay(self, which, _):
        if self.orders and self._order(which).state == "pending":
            self.shop.pay(self._order(which))

    def refund(self, which, restock):
        if self.orders:
            order = self._order(which)
            key, line = f"{order.id}:{len(self.orders)}:{restock}", order.lines[0]
            refunds.refund(self.shop.ctx, order.id, key, lines={line.id: 1}, restock=restock)

    def set_apart(self, units, _):
        seen = sales.get(self.shop.ctx, self.sale.id)
        item = {"sku": self.goods.sku, "price": 700, "quantity": units}
        sales.change(self.shop.ctx, seen.id, seen.version, {"items": [item]})

    def wait(self, minutes, _):
        self.shop.forward(minutes=minutes)

    def end(self, *_):
        sales.end_now(self.shop.ctx, self.sale.id)

    def _order(self, which):
        return self.shop.seen(self.orders[which % len(self.orders)])

    def check(self):
        pool = on_hand(self.goods, f"flash_sale:{self.sale.id}")
        main = on_hand(self.goods)
        assert pool + main + db.value(OUT, self.goods.variant_id) == STOCK
        assert min(pool, main) >= 0
        for person in self.people:
            assert (claimed(self.sale, person) or 0) == self._has(person) <= LIMIT

    def _has(self, person):
        orders = [self.shop.seen(order) for order in self.orders]
        return sum(
            line.quantity - line.refunded
            for order in orders
            if order.customer_id == person and order.state != "cancelled"
            for line in order.lines
            if line.source == "flash_sale"
        )


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps, when_sold_out=st.sampled_from(["refuse", "normal_price"]))
def test_units_and_claims_whatever_happens(shop, steps, when_sold_out):
    story = Story(shop, when_sold_out)
    for step, *facts in steps:
        with suppress(Reject):
            getattr(story, step)(*facts)
        story.check()
    shop.forward(hours=2)
    story.check()
    assert on_hand(story.goods, f"flash_sale:{story.sale.id}") == 0
    assert shop.fsck() == []
