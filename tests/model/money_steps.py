"""Money that comes, goes back, waits or is owed; and every call of it once more."""

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from shop.payments import dues, payments, refund_list, refunds, suspense
from tests.model.both import OWNER, Both
from tests.model.chances import how_much, pick, restock, seldom, units
from tests.model.goods import HOUR


class MoneySteps(Both):
    @precondition(lambda self: self.world.orders)
    @rule(number=pick, method=st.sampled_from(["at_pickup", "transfer"]), how=how_much)
    def pay(self, number, method, how):
        order = self.chosen(number, lambda o: o.balance > 0)
        owed = order.balance if order.balance > 0 else 3
        amount = {"whole": owed, "part": owed // 3, "much": owed + 7, "short": owed - 1}[how] or 1

        def work(ctx):
            return payments.record(ctx, order.id, "manual", method, amount)

        paid = self.both(
            lambda: self.world.pay(order, method, amount),
            lambda: self.once(OWNER, "pay", work),
        )
        if paid:
            answer, odd = paid
            assert (answer["state"], answer["balance"]) == (order.state, order.balance)
            assert (answer["suspense"] is None) == (odd is None)
            if odd:
                odd.id = answer["suspense"]["id"]

    @precondition(lambda self: self.world.orders)
    @rule(number=pick)
    def pay_cash(self, number):
        self.pay(number, "at_pickup", "whole")

    @precondition(lambda self: self.world.suspense)
    @rule(number=pick, apply=st.booleans(), other=st.booleans())
    def settle_suspense(self, number, apply, other):
        odd = self.world.suspense[-1 - number % len(self.world.suspense)]
        order = self.chosen(number, lambda o: o.balance > 0) if other else odd.order
        if apply:
            self.both(
                lambda: self.world.apply(odd, order),
                lambda: suspense.apply(self.ctx, odd.id, order.number),
            )
        else:
            self.both(lambda: self.world.return_odd(odd), lambda: suspense.refund(self.ctx, odd.id))

    @precondition(lambda self: self.world.orders)
    @rule(
        number=pick, which=pick, units=units, all_lines=st.booleans(), more=seldom(1, 400),
        restock=restock,
    )  # fmt: skip
    def refund_units(self, number, which, units, all_lines, more, restock):
        """`more` is money of a line beside its units."""
        order = self.chosen(number, lambda o: o.paid > o.refunded)
        one = which % len(order.lines)
        left = [line.quantity - line.refunded for line in order.lines]
        wanted = {i: min(units, left[i] or 1) for i in (range(len(left)) if all_lines else [one])}
        self._refund(order, wanted, {("line", one): more} if more else {}, restock)

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, which=pick, how=how_much, source=seldom("perks"))
    def refund_amount(self, number, which, how, source):
        order = self.chosen(number, lambda o: o.paid > o.refunded)
        held = order.held()
        named = list(held)[-1 - which % len(held)]
        all_ = held[named]
        amount = {"whole": all_, "part": (all_ + 2) // 3, "much": all_ + 1, "short": all_ - 1}[how]
        self._refund(order, {}, {named: amount}, "leave", source or "")

    def _refund(self, order, units, amounts, restock, source=""):
        key = f"refund:{next(self.numbers)}"
        rows = {"line": order.lines, "adjustment": order.adjustments, "charge": order.charges}

        def real():
            return refunds.refund(
                self.ctx, order.id, key, restock=restock, source=source,
                lines={order.lines[place].id: count for place, count in units.items()},
                amounts={(kind, rows[kind][i].id): money for (kind, i), money in amounts.items()},
            )  # fmt: skip

        made = self.both(
            lambda: self.world.refund(order, key, units, amounts, restock, source), real
        )
        if made:
            made[1].id = made[0]
            self.again.append((None, real, made[0]))

    @rule(number=pick)
    def confirm_refund(self, number):
        found = [refund for order in self.world.orders for refund in order.refunds]
        if found:
            refund = found[-1 - number % len(found)]
            refund_list.confirm(self.ctx, refund.id)
            for part in refund.parts:
                part[2] = "done"

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, amount=st.integers(1, 500))
    def charge(self, number, amount):
        order, key = self.chosen(number, lambda o: o.paid_for), f"charge:{next(self.numbers)}"
        due = self.world.now + HOUR

        def real():
            return dues.charge(self.ctx, order.id, key, "core", "damage", amount, due)

        made = self.both(lambda: self.world.charge(order, key, amount), real)
        if made:
            order.charges[-1].id = made[0]
            self.again.append((None, real, made[0]))

    @precondition(lambda self: self.again)
    @rule(number=pick)
    def repeat(self, number):
        """Any call that moved money or made an order, with its key, is answered as before."""
        self.again = [call for call in self.again if not call[0] or call[0] > self.world.now]
        if self.again:
            _, call, answer = self.again[-1 - number % len(self.again)]
            assert call() == answer
