"""Everything that can happen to a shop, in any order."""

import hypothesis.strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.model.chances import RESTOCK, cost, options, pick
from tests.model.goods_steps import GoodsSteps
from tests.model.money_steps import MoneySteps
from tests.model.order_steps import OrderSteps
from tests.model.pickup_steps import PickupSteps

LIFE = {
    "pay": lambda self, how: self.pay(None, "at_pickup" if how % 2 else "transfer", "whole"),
    "pay part": lambda self, how: self.pay(None, "transfer", "part"),
    "hand out": lambda self, how: self.hand_out(None, 0, None, {} if how % 2 else None),
    "hand out a unit": lambda self, how: self.hand_out(None, how, 1, None),
    "undo": lambda self, how: self.undo(None),
    "undo twice": lambda self, how: (self.undo(None), self.undo(None)),
    "refund a unit": lambda self, how: self.refund_units(None, how, 1, False, 0, RESTOCK[how % 3]),
    "refund units": lambda self, how: self.refund_units(None, how, 2, True, 0, RESTOCK[how % 3]),
    "refund money": lambda self, how: self.refund_amount(None, how, "part", ""),
    "take back": lambda self, how: self.take_back(None, how, RESTOCK[how % 2 * 2]),
    "charge": lambda self, how: self.charge(None, how + 1),
    "cancel": lambda self, how: self.cancel(None, how % 2 == 0),
}
"""What one order can go through, told by a number between 0 and 99."""


class Machine(GoodsSteps, OrderSteps, MoneySteps, PickupSteps):
    @initialize(first=cost, second=cost, chosen=st.lists(options, min_size=3, max_size=3))
    def begin(self, first, second, chosen):
        """A small shop with goods of three kinds, a pool, a window, and some orders."""
        self.new_product(first, 9, True)
        self.new_product(second, 9, True)
        self.new_product(500, 0, False)
        self.open_pool(0, "a", 3)
        self.new_window(3)
        self.new_window(1)
        for number, wanted in enumerate(chosen):
            goods = [(number, 2, ""), (number + 1, 1, "a" if number == 2 else "")]
            self.place(number // 2, goods, wanted, "window", 1, "", 0, False, "")
            if self.world.orders and number:
                self.pay(0, "transfer", "whole")

    @precondition(lambda self: self.world.orders)
    @rule(
        number=pick,
        acts=st.lists(st.tuples(st.sampled_from(sorted(LIFE)), pick), min_size=2, max_size=4),
    )
    def live(self, number, acts):
        """One order lives through several things in a row."""
        self.chosen(number, lambda o: o.state != "cancelled")
        for act, how in acts:
            LIFE[act](self, how)
            self.shop_and_model_agree()
