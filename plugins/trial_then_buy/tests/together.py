"""Trials as a part of any history of a whole shop."""

import hypothesis.strategies as st
from hypothesis.stateful import rule

from shop.carts.quote import Item
from shop.orders import order_view
from shop_plugins.trial_then_buy import offers, terms, trials

OPEN = ("waiting", "running", "returned")


def spent_still(line):
    """Points and the like that stand for money of the line, and have not gone back."""
    if line.refunded == line.quantity:
        return 0
    return -line.spend * line.kept // line.net if line.net else -line.spend


class Together:
    settings_trial_then_buy = {"overdue": "charge"}
    often_trial_then_buy = {"trial: buy", "trial: return", "trial: settle"}

    def begin_trial_then_buy(self):
        facts = {"sku": "POT", "fee": 500, "deposit": 2000, "days": 3}
        self.offer = offers.create(self.ctx, facts)
        self.tried = []

    @rule(data=st.data(), who=st.integers(0, 4))
    def try_a_pot(self, data, who):
        self.tries(data, who)

    def tries(self, data, who):
        found = offers.running(self.ctx, [self.offer.id])
        if not found:
            return None  # the clock was set back to before it began
        version = found[self.offer.id][3].version
        options = {"trial_then_buy": {"offer": self.offer.id, "accept": version}}
        order = self.place(data, self.people[who], [Item("POT", 1, options)])
        if order:
            assert order.lines[0].unit_price == 500
            self.tried.append(order.id)
        return order

    @rule(
        data=st.data(), who=st.integers(0, 4), ends=st.sampled_from(["buy", "return"]),
        damage=st.sampled_from([0, 300]),
    )  # fmt: skip
    def a_whole_trial(self, data, who, ends, damage):
        """In a row, since chance alone seldom comes so far."""
        order = self.tries(data, who)
        if order is None:
            return
        self.receive(data, order)
        order = self.seen(order.id)
        if order.state == "paid":
            self.shop.hand_out(order)
            self.a_trial_ends(data, ends)
            self.a_trial_is_settled(data, damage, not damage)

    def one_that(self, data, state):
        found = [trials.of_order(self.ctx, order_id) for order_id in self.tried]
        found = [trial for trial in found if trial.state == state]
        return data.draw(st.sampled_from(found)) if found else None

    @rule(data=st.data(), ends=st.sampled_from(["buy", "return", "return"]))
    def a_trial_ends(self, data, ends):
        if trial := self.one_that(data, "running"):
            end = trials.buy if ends == "buy" else trials.returned
            self.survived(data, f"trial: {ends}", lambda: self.ended(end, trial))

    def ended(self, end, trial):
        """The client that got no answer may ask again for what is done."""
        if trials.get(self.ctx, trial.id).state == "running":
            end(self.ctx, trial.id)

    @rule(data=st.data(), damage=st.sampled_from([0, 300, 2000]), whole=st.booleans())
    def a_trial_is_settled(self, data, damage, whole):
        if trial := self.one_that(data, "returned"):
            how = "restore" if whole else "write_off"

            def settle():
                if trials.get(self.ctx, trial.id).state == "returned":
                    trials.settle(self.ctx, trial.id, damage, how)

            self.survived(data, "trial: settle", settle)

    def holds_trial_then_buy(self):
        """One open trial per customer; nobody pays more than the terms say."""
        found = {number: trials.of_order(self.ctx, number) for number in self.tried}
        busy = [trial.customer_id for trial in found.values() if trial.state in OPEN]
        assert len(busy) == len(set(busy))
        for order in order_view.load_many(self.ctx, self.tried):
            trial, line = found[order.id], order.lines[0]
            most = terms.of(line.offer).full * line.quantity
            assert order.total - order.refunded + spent_still(line) <= most
            if trial.state == "settled":
                deposit = next(row for row in order.adjustments if row.kind == "deposit")
                assert deposit.amount - deposit.refunded_amount == trial.damage
                assert order.balance == 0
            if trial.state == "cancelled" and order.state == "cancelled":
                assert order.money_kept == 0
