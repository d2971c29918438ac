"""What happens at the point, to customers, and as time goes on."""

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from shop.ledger import ledger
from shop.orders import holds, orders
from shop.people import personal_data
from shop.pickup import pickup
from shop.stock import claims, stock
from tests.model.both import OWNER, Both
from tests.model.chances import pick
from tests.model.goods import HOUR
from tests.model.plugins import POINTS, SEATS, Perks


class PickupSteps(Both):
    @precondition(lambda self: self.world.orders)
    @rule(
        number=pick, which=pick, units=st.sampled_from([None, None, 1, 1, 2]),
        payment=st.sampled_from([None, None, {}, {"method": "transfer"}, {"amount": 1}]),
    )  # fmt: skip
    def hand_out(self, number, which, units, payment):
        order = self.chosen(number, lambda o: o.open() and not o.hold)
        place = which % len(order.lines)
        asked = units and {place: units}

        def work(ctx):
            lines = asked and {order.lines[place].id: units}
            return {"state": pickup.hand_out(ctx, order.id, lines, payment).state}

        self.both(
            lambda: self.world.hand_out(order, asked, payment),
            lambda: self.once(OWNER, "hand_out", work),
        )

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, paying=st.booleans())
    def hand_out_all(self, number, paying):
        self.hand_out(number, 0, None, {} if paying else None)

    @precondition(lambda self: self.world.orders)
    @rule(number=pick)
    def undo(self, number):
        order = self.chosen(number, lambda o: o.hand_outs)
        self.both(lambda: self.world.undo(order), lambda: pickup.undo(self.ctx, order.id, "a slip"))

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, which=pick, how=st.sampled_from(["restore", "write_off"]))
    def take_back(self, number, which, how):
        order = self.chosen(number, lambda o: any(line.can_return for line in o.lines))
        line = order.lines[which % len(order.lines)]
        self.both(
            lambda: self.world.take_back(line, 1, how),
            lambda: stock.take_back(self.ctx, line.id, 1, how, "back"),
        )

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, seat=st.booleans())
    def let_go(self, number, seat):
        order = self.chosen(number, lambda o: o in self.world.seats.orders if seat else o.hold)
        if seat:
            held = order in self.world.seats.orders
            assert claims.release(self.ctx, SEATS, f"order:{order.id}") == held
            if held:
                self.world.seats.orders.remove(order)
        else:
            assert holds.release(self.ctx, order.id, "perks") == order.hold
            order.hold = False

    # -- customers and time --------------------------------------------------------------------

    @precondition(lambda self: self.world.customers)
    @rule(number=pick)
    def erase(self, number):
        busy = [order.customer for order in self.world.orders if order.open()]
        idle = [customer for customer in self.world.customers if customer not in busy]
        found = idle if idle and number < 80 else self.world.customers
        customer = found[-1 - number % len(found)]
        self.both(
            lambda: self.world.erase(customer),
            lambda: personal_data.erase(self.ctx, customer.id),
        )

    @precondition(lambda self: self.world.customers)
    @rule(number=pick, amount=st.integers(1, 60), due=st.sampled_from([0, 2]),
          ends=st.sampled_from([None, 4, 30]))  # fmt: skip
    def give_points(self, number, amount, due, ends):
        customer = self.world.customers[-1 - number % len(self.world.customers)]
        key, now = f"gift:{next(self.numbers)}", self.world.now
        due, ends = due * HOUR, ends and ends * HOUR

        def real():
            booked = ledger.grant(
                self.ctx, POINTS, customer.id, amount, key, "test", available_at=now + due,
                expires_at=ends and now + ends,
            )  # fmt: skip
            return booked.id, booked.wallet, booked.debt

        self.world.give_points(customer, amount, due, ends)
        self.again.append((None, real, real()))

    @precondition(lambda self: not self.world.behind)
    @rule()
    def break_reaction(self):
        Perks.broken = self.world.broken = True

    @precondition(lambda self: self.world.orders)
    @rule(number=pick)
    def expire_again(self, number):
        """A job runs at least once; an order that is not due stays as it is."""
        order = self.chosen(number, lambda o: o.open())
        orders.expire(self.ctx, {"order": order.id})

    @rule(hours=st.sampled_from([1, 2, 3, 7, 23, 24, 25, 200]))
    def time_goes_on(self, hours):
        self.shop.run_jobs()
        self.world.run_jobs(new_hour=False)
        self.shop.clock.forward(hours=hours)
        self.world.now += hours * HOUR
        self.shop.run_jobs()
        self.world.run_jobs(new_hour=True)
        self._name_refunds()
