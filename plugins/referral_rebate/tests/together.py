"""Invitations and store credit as a part of any history of a whole shop."""

import hypothesis.strategies as st
from hypothesis.stateful import rule

from shop import db
from shop.carts.quote import Item
from shop.ledger import ledger
from shop.orders import order_view
from shop_plugins.referral_rebate import bindings, explaining, rewards


class Together:
    settings_referral_rebate = {
        "rate": 10, "newcomer": 100, "first_only": False, "pending_days": 2, "expires_days": 60,
        "per_order": 500, "per_month": 900,
    }  # fmt: skip
    often_referral_rebate = {"friend", "credit spent"}

    def begin_referral_rebate(self):
        self.inviter = self.people[0]
        self.code = bindings.code_of(self.ctx, self.inviter.id)
        ledger.grant(self.ctx, "credit", self.inviter.id, 700, "welcome:1", "gift")

    def checkout_referral_rebate(self, data, person):
        wanted = {}
        if person.verified:
            spend = data.draw(st.sampled_from([None, None, None, "max", 300]))
            wanted = {} if spend is None else {"spend": spend}
        elif data.draw(st.booleans()):
            wanted = {"code": self.code, "source": "chat"}
        return wanted or None

    @rule(data=st.data(), who=st.integers(2, 4))
    def a_friend_buys(self, data, who):
        """In a row, since chance alone seldom comes so far."""
        order = self.place(data, self.people[who], [Item("JAM", 3)])
        if order is None:
            return
        self.receive(data, order)
        order = self.seen(order.id)
        if order.state == "paid" and not order.holds:
            self.shop.hand_out(order)
            if rewards.of_order(self.ctx, order.id):
                self.tally["friend"] += 1

    def holds_referral_rebate(self):
        """Nobody is paid by himself; what is booked is what the order deserves; limits hold; every
        cent is explained."""
        found = order_view.load_many(self.ctx, self.orders)
        for order in found:
            for reward in rewards.of_order(self.ctx, order.id):
                booked = reward.granted - reward.taken
                assert reward.customer_id != order.customer_id or reward.kind == "newcomer"
                assert 0 <= booked <= reward.amount
                assert booked == rewards.deserved(reward, order)
            if any(row.source == "referral_rebate" for row in order.adjustments):
                self.tally["credit spent"] += 1
        months = (
            "SELECT SUM(amount) FROM referral_rebate_reward WHERE kind = 'referrer' GROUP BY month"
        )
        assert all(taken <= 900 for (taken,) in db.rows(months))
        for person in self.people:
            if person.id:
                have = ledger.balance(self.ctx, "credit", person.id)
                sums = explaining.sums(self.ctx, person.id)
                assert have["available"] >= 0
                rest = have["available"] + have["pending"] - have["debt"]
                assert sum(sums.values()) >= rest
