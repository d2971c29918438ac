"""What happens in any shop: people order, pay, pay late or twice, change their minds, time passes."""

import hypothesis.strategies as st
from hypothesis.stateful import initialize, rule

from shop.carts.quote import Item
from shop.orders import orders
from shop.payments import notices, payments, refund_list, refunds
from shop.pickup import pickup
from shop.testing.crashes import Crash, dying, restart
from tests import signed_pay
from tests.together.base import OWNER, Base

RESTOCK = ["restore", "leave", "write_off"]
HOURS = [0.1, 1, 1, 6, 25, 25, 50, 24 * 8, 24 * 32]


basket = st.dictionaries(
    st.sampled_from(["APPLE", "PEAR", "JAM", "POT"]), st.integers(1, 3), min_size=1, max_size=3
)


class Steps(Base):
    @initialize(
        data=st.data(), baskets=st.lists(basket, min_size=2, max_size=4), noticed=st.booleans()
    )
    def the_shop_is_busy(self, data, baskets, noticed):
        for who, wanted in enumerate(baskets):
            self.buy(data, who, wanted)
        self.a_payment_begins_online(data)
        if noticed:
            self.a_notice_comes(data, 0, again=False)

    @rule(data=st.data(), who=st.integers(0, 4), basket=basket)
    def buy(self, data, who, basket):
        self.place(data, self.people[who], [Item(sku, units) for sku, units in basket.items()])

    @rule(who=st.integers(0, 4))
    def prove_the_phone(self, who):
        self.sign_in(self.people[who])

    # -- money -----------------------------------------------------------------------------------

    @rule(data=st.data(), how=st.sampled_from(["whole", "whole", "part", "much"]))
    def pay(self, data, how):
        if order := self.some(data, lambda order: order.balance > 0):
            amount = {"whole": order.balance, "part": order.balance // 3 or 1}.get(how)
            self.pays(data, order, amount or order.balance + 7)

    @rule(data=st.data())
    def a_payment_begins_online(self, data):
        if order := self.some(data, lambda order: order.balance > 0):
            begun = self.survived(
                data, "begin", lambda: payments.start(self.ctx, order.id, "signed_pay", "card")
            )
            if begun:
                self.begun.append((begun["id"], order.balance))

    @rule(data=st.data(), odd=st.sampled_from([0, 0, 0, 5, -5]), again=st.booleans())
    def a_notice_comes(self, data, odd, again):
        """Of any payment that was ever begun: in time, late, twice, of another amount."""
        if self.begun:
            payment, amount = data.draw(st.sampled_from(self.begun))
            amount = max(1, amount + odd)
            said = signed_pay.notice(self.ctx, payment, amount)

            def come():
                return notices.accept_notice(self.ctx, "signed_pay", said)

            with self.comes_in(amount, payment):
                self.survived(data, "notice", come)
            if again:
                self.survived(data, "notice", come)

    @rule(data=st.data(), units=st.integers(1, 2), restock=st.sampled_from(RESTOCK))
    def refund_units(self, data, units, restock):
        order = self.some(data, lambda order: order.money_kept > 0)
        if order is None:
            return
        line = data.draw(st.sampled_from(order.lines))
        left = line.quantity - line.refunded
        self.refund(data, order, lines={line.id: min(units, left or 1)}, restock=restock)

    @rule(data=st.data(), whole=st.booleans())
    def refund_money(self, data, whole):
        order = self.some(data, lambda order: order.goods_kept > 0 and order.money_kept > 0)
        if order is None:
            return
        line = data.draw(st.sampled_from([line for line in order.lines if line.kept]))
        amount = line.kept if whole else line.kept // 3 or 1
        self.refund(data, order, amounts={("line", line.id): amount})

    def refund(self, data, order, **what):
        key = f"together:{next(self.numbers)}"
        self.step(
            data, "refund", OWNER,
            lambda ctx: {"id": refunds.refund(ctx, order.id, key, reason="a test", **what)},
        )  # fmt: skip

    @rule()
    def the_owner_gives_refunds_back(self):
        for refund in refund_list.show(self.ctx, "pending", 100)["items"]:
            if refund["provider"] == "manual":
                refund_list.confirm(self.ctx, refund["id"])

    # -- goods -----------------------------------------------------------------------------------

    @rule(data=st.data(), some=st.booleans())
    def hand_out(self, data, some):
        order = self.some(data, lambda order: order.state == "paid" and not order.holds)
        if order:
            lines = {line.id: 1 for line in order.lines[:1] if line.waiting} if some else None
            self.step(
                data, "hand out", OWNER,
                lambda ctx: {"state": pickup.hand_out(ctx, order.id, lines or None).state},
            )  # fmt: skip

    @rule(data=st.data())
    def undo_a_hand_out(self, data):
        order = self.some(data, lambda order: any(line.handed_out for line in order.lines))
        if order:
            self.step(
                data, "undo", OWNER,
                lambda ctx: {"state": pickup.undo(ctx, order.id, "a slip").state},
            )  # fmt: skip

    @rule(data=st.data(), by_customer=st.booleans())
    def cancel(self, data, by_customer):
        order = self.some(data, lambda order: order.state in ("pending", "paid"))
        if order is None:
            return
        if by_customer:
            person = next(one for one in self.people if one.id == order.customer_id)
            cancel, caller = orders.cancel_by_customer, person.caller
        else:
            cancel, caller = (lambda ctx, number: orders.cancel(ctx, number, "a test")), OWNER
        self.step(data, "cancel", caller, lambda ctx: {"state": cancel(ctx, order.id).state})

    # -- what is made and deleted ----------------------------------------------------------------

    @rule(number=st.integers(0, 99))
    def come_and_go(self, number):
        """The number of a deleted row is never that of another, on either database."""
        ways = self.parts("gone")
        if ways:
            way = ways[number % len(ways)]
            made = way()
            assert made > self.gone.get(way.__name__, 0)
            self.gone[way.__name__] = made

    # -- time ------------------------------------------------------------------------------------

    @rule(data=st.data(), hours=st.sampled_from(HOURS), late=st.booleans())
    def time_passes(self, data, hours, late):
        """`late`: nobody runs the jobs yet."""
        self.shop.clock.forward(hours=hours)
        if not late:
            self.run_jobs(data)

    @rule(data=st.data())
    def the_clock_was_ahead(self, data):
        self.shop.clock.forward(hours=-2)
        self.run_jobs(data)

    @rule(data=st.data())
    def run_jobs(self, data):
        """The runner, which may die in the middle; the next one takes its jobs when their lease is
        over."""
        dies = data.draw(st.integers(0, 300)) if not data.draw(st.integers(0, 3)) else None
        try:
            with dying(dies):
                self.shop.run_jobs()
        except Crash:
            self.tally["runner died"] += 1
            restart(self.shop)
            if data.draw(st.booleans()):
                self.shop.clock.forward(minutes=10)
                self.shop.run_jobs()
