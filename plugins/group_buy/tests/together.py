"""Teams as a part of any history of a whole shop."""

import hypothesis.strategies as st
from hypothesis.stateful import rule

from shop.carts.quote import Item
from shop.clock import DAY
from shop.errors import Reject
from shop.orders import order_view
from shop_plugins.group_buy import campaigns, items, members, teams


class Together:
    settings_group_buy = {"hours": 24}
    often_group_buy = {"team: complete", "team: failed"}

    def begin_group_buy(self):
        tiers = [{"units": 4, "price": 800}, {"units": 8, "price": 700}]
        item = {"sku": "PEAR", "price": 900, "tiers": tiers}
        facts = {"name": "Pears", "size": 2, "ends": self.ctx.now_us + 6 * DAY, "items": [item]}
        self.campaign = campaigns.create(self.ctx, facts | {"per_customer": 4})
        self.teamed, self.codes = [], []

    def gone_group_buy(self):
        """A campaign that is taken back before it starts."""
        start = self.ctx.now_us + 900 * DAY
        item = {"sku": "APPLE", "price": 900, "tiers": []}
        facts = {"name": "Later", "size": 2, "starts": start, "ends": start + DAY, "items": [item]}
        made = campaigns.create(self.ctx, facts)
        campaigns.remove(self.ctx, made.id, made.version)
        return made.id

    @rule(data=st.data(), who=st.integers(0, 4), units=st.integers(1, 2))
    def open_a_team(self, data, who, units):
        self.in_a_team(data, who, {"open": self.campaign.id}, units)

    @rule(data=st.data(), who=st.integers(0, 4), units=st.integers(1, 2), pays=st.booleans())
    def join_a_team(self, data, who, units, pays):
        if self.codes:
            code = data.draw(st.sampled_from(self.codes))
            order = self.in_a_team(data, who, {"join": code}, units)
            if order and pays:
                self.receive(data, order)

    @rule(data=st.data(), full=st.booleans())
    def a_whole_team(self, data, full):
        """In a row, since chance alone seldom comes so far."""
        first = self.in_a_team(data, 0, {"open": self.campaign.id}, 2)
        if first is None:
            return
        self.receive(data, first)
        if full:
            second = self.in_a_team(data, 1, {"join": self.codes[-1]}, 2)
            if second:
                self.receive(data, second)

    def in_a_team(self, data, who, option, units):
        order = self.place(data, self.people[who], [Item("PEAR", units, {"group_buy": option})])
        if order:
            self.teamed.append(order.id)
            code = members.of_order(self.ctx, order.id).team.code
            if code not in self.codes:
                self.codes.append(code)
        return order

    @rule(data=st.data())
    def complete_a_team(self, data):
        if not self.codes:
            return
        code = data.draw(st.sampled_from(self.codes))

        def complete():
            try:
                teams.complete_early(self.ctx, code)
            except Reject:
                return

        self.survived(data, "team: early", complete)

    def holds_group_buy(self):
        """No team has more members than it holds; who is held is in an open team or has not paid;
        nobody paid for a team that failed; nobody gets more back than the ladder says."""
        inside = {}
        for order in order_view.load_many(self.ctx, self.teamed):
            member = members.of_order(self.ctx, order.id)
            team = teams.find(self.ctx, member.team.code)
            if member.state != "left":
                inside.setdefault(team.code, []).append(member)
            if member.state == "left":
                line = order.lines[0]
                assert order.state == "cancelled" or not line.units_kept
            if member.laddered:
                assert team.state == "complete"
        for code, there in inside.items():
            team = teams.find(self.ctx, code)
            assert len(there) <= team.size
            assert len({member.customer_id for member in there}) == len(there)

    def ends_group_buy(self):
        """A month later every team is over, every member of a failed one has got all of it back,
        and everyone in a complete one pays the price that the units decided."""
        campaign = campaigns.get(self.ctx, self.campaign.id)
        assert campaign.closed_at is not None
        for code in self.codes:
            team = teams.find(self.ctx, code)
            assert team.state in ("complete", "failed")
            self.tally[f"team: {team.state}"] += 1
        for order in order_view.load_many(self.ctx, self.teamed):
            member = members.of_order(self.ctx, order.id)
            [line] = order.lines
            if member.team.state == "failed" and not line.handed_out:
                done = order.state == "cancelled" or line.refunded == line.quantity
                assert done
                assert order.state != "cancelled" or order.money_kept == 0
            if member.state == "paid":
                lower = items.tier_price(line.offer["price"], line.offer["tiers"], campaign.units)
                most = lower * (line.quantity - line.refunded)
                assert line.kept <= most + 1
