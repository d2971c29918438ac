"""Any history of one customer, step by step beside a wallet in plain Python.

Nothing is ever lost or minted: after each step every lot and the debt are what the reference says,
and the books prove. The settings are odd on purpose: 3 points for every 2 yuan, a point is 10 fen.
"""

import itertools

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shop import Reject, db, money
from shop.clock import DAY
from shop.ledger import ledger
from shop.payments import refunds
from shop.pickup import pickup
from shop_plugins.points import staff
from shop_plugins.points.tests.reference import FOREVER, Refused, Wallet

pytestmark = pytest.mark.both_databases

AVAILABLE, EXPIRES, GRACE, SHARE = 2, 20, 5, 80
PRICES = (333, 990, 1_000, 2_500)
LOTS = """
SELECT l.key, l.remaining, l.available_at, l.expires_at FROM lot l
JOIN account a ON a.id = l.account_id WHERE a.customer_id = ?"""
PAID = """
SELECT l.line_id, -l.amount FROM allocation l JOIN order_adjustment a ON a.id = l.adjustment_id
WHERE a.order_id = ? AND a.source = 'points'"""
numbers = itertools.count(1)


@pytest.fixture
def enabled():
    mine = {
        "earn_per_unit": 3, "earn_unit": 2, "spend_per_unit": 10, "least_points": 1,
        "greatest_share": SHARE, "available_days": AVAILABLE, "expires_days": EXPIRES,
        "grace_days": GRACE,
    }  # fmt: skip
    return {"points": mine}


class History(RuleBasedStateMachine):
    """`orders` maps ids to the keys of the grants that each has earned."""

    shop = None

    @initialize()
    def begin(self):
        self.customer = self.shop.customer()
        self.wallet, self.orders, self.pending = Wallet(), {}, 0

    # -- what happens --------------------------------------------------------------------------

    @rule(points=st.integers(1, 400), days=st.sampled_from([1, 3, 10, 30, None]))
    def another_plugin_grants(self, points, days):
        key, now = f"gift:{next(numbers)}", self.shop.ctx.now_us
        ends = None if days is None else now + days * DAY
        ledger.grant(self.shop.ctx, "points", self.customer, points, key, "gift", expires_at=ends)
        self.at_once.grant(key, points, now, ends or FOREVER)

    @rule(points=st.integers(1, 300))
    def staff_take(self, points):
        key = str(next(numbers))
        try:
            self.at_once.spend(f"points:take:{key}", points)
        except Refused:
            with pytest.raises(Reject, match="insufficient_balance"):
                staff.take(self.shop.ctx, self.customer, points, "a test", key)
        else:
            staff.take(self.shop.ctx, self.customer, points, "a test", key)

    @rule(
        units=st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(any),
        spend=st.one_of(st.none(), st.just("max"), st.integers(1, 250)),
    )
    def order(self, units, spend):
        basket = {f"P-{price}": n for price, n in zip(PRICES, units, strict=True) if n}
        goods = sum(price * n for price, n in zip(PRICES, units, strict=True))
        have, most = self.at_once.available, goods * SHARE // 100 // 10
        wanted = {"points": {"spend": spend}} if spend else {}
        if isinstance(spend, int) and spend > have:
            with pytest.raises(Reject, match="insufficient_balance"):
                self.shop.up_to("placed", basket, customer=self.customer, options=wanted)
            return
        assume(self.pending < 4)
        taken = min(most, have if spend == "max" else spend or 0)
        order = self.shop.up_to("placed", basket, customer=self.customer, options=wanted)
        assert order.total == goods - 10 * taken
        if taken:
            self.at_once.spend(f"points:spend:{order.id}", taken)
        self.orders[order.id] = []
        self.pending += 1

    @precondition(lambda self: self.of("pending"))
    @rule(data=st.data())
    def pay(self, data):
        self.shop.pay(self.one_of(data, "pending"))
        self.pending -= 1

    @precondition(lambda self: self.of("paid"))
    @rule(data=st.data())
    def hand_out(self, data):
        order = self.one_of(data, "paid")
        self.shop.hand_out(order)
        self.settled(order)

    @precondition(lambda self: self.of("completed"))
    @rule(data=st.data())
    def undo(self, data):
        order = self.one_of(data, "completed")
        assume(any(line.handed_out for line in order.lines))
        pickup.undo(self.shop.ctx, order.id, "a slip")
        self.settled(order, undone=True)

    @precondition(lambda self: self.of("pending", "paid"))
    @rule(data=st.data())
    def cancel(self, data):
        order = self.one_of(data, "pending", "paid")
        self.shop.cancel(order)
        self.pending -= order.state == "pending"
        self.settled(order)

    @precondition(lambda self: self.of("paid", "completed"))
    @rule(data=st.data())
    def refund_units(self, data):
        order = self.one_of(data, "paid", "completed")
        line = data.draw(st.sampled_from(order.lines))
        assume(line.refunded < line.quantity)
        units = data.draw(st.integers(1, line.quantity - line.refunded))
        self.refund(order, lines={line.id: units})

    @precondition(lambda self: self.of("paid", "completed"))
    @rule(data=st.data())
    def refund_money(self, data):
        order = self.one_of(data, "paid", "completed")
        line = data.draw(st.sampled_from(order.lines))
        assume(line.kept)
        amount = data.draw(st.one_of(st.just(line.kept), st.integers(1, line.kept)))
        self.refund(order, amounts={("line", line.id): amount})

    def refund(self, order, **what):
        refunds.refund(self.shop.ctx, order.id, f"machine:{next(numbers)}", **what)
        self.settled(order)

    @rule(hours=st.sampled_from([1, 24, 60, 6 * 24, 15 * 24, 21 * 24]))
    def time_passes(self, hours):
        self.shop.clock.forward(hours=hours)

    @rule()
    def the_job_sweeps(self):
        ledger.expire(self.shop.ctx)

    # -- what the plugin owes the order ----------------------------------------------------------

    def settled(self, before, undone=False):
        """What the rules say of the order as it is now, done to the reference."""
        order, wallet = self.shop.seen(before), self.at_once
        key = f"points:spend:{order.id}"
        if key in wallet.spends:
            wallet.give_back(key, self.to_return(order, wallet.spends[key].amount), GRACE * DAY)
        if undone:
            self.earned(order, 0)
        base = sum(line.amount + line.discount + line.spend - line.refunded_amount
                   for line in order.lines)  # fmt: skip
        completes = order.state == "completed" and (undone or before.state != "completed")
        self.earned(order, base * 3 // 200 if order.state == "completed" else 0, completes)

    def to_return(self, order, points):
        if order.state == "cancelled":
            return points
        paid = dict(db.rows(PAID, order.id))
        parts = money.allocate(points, [paid.get(line.id, 0) for line in order.lines])
        total = 0
        for part, line in zip(parts, order.lines, strict=True):
            by_money = part * line.refunded_amount // line.net if line.net else 0
            total += max(by_money, part * line.refunded // line.quantity)
        return total

    def earned(self, order, deserved, completes=False):
        wallet, keys = self.at_once, self.orders[order.id]
        missing = deserved - sum(wallet.lots[key].amount - wallet.lots[key].back for key in keys)
        if missing > 0 and completes:
            keys.append(f"points:earn:{order.id}:{len(keys)}")
            since = order.completed_at
            wallet.grant(keys[-1], missing, since + AVAILABLE * DAY, since + EXPIRES * DAY)
        for key in reversed(keys):
            lot = wallet.lots[key]
            less = min(max(0, -missing), lot.amount - lot.back)
            wallet.claw_back(key, lot.back + less)
            missing += less

    # -- what must always hold -------------------------------------------------------------------

    @invariant()
    def every_lot_and_the_debt_are_as_they_should_be(self):
        found, wallet = ledger.balance(self.shop.ctx, "points", self.customer), self.at_once
        assert (found["available"], found["pending"], found["debt"]) == (
            wallet.available, wallet.pending, wallet.owed
        )  # fmt: skip
        now = self.shop.ctx.now_us
        lots = {
            key: (0 if ends is not None and ends <= now else left, due, ends or FOREVER)
            for key, left, due, ends in db.rows(LOTS, self.customer)
        }
        assert lots == {key: (lot.left, lot.due, lot.ends) for key, lot in wallet.lots.items()}

    @invariant()
    def the_books_prove(self):
        assert ledger.prove(self.shop.ctx) == []

    @invariant()
    def what_is_over_is_even(self):
        """A cancelled or wholly refunded order took nothing and earned nothing."""
        for order in self.of("cancelled", "completed"):
            if order.state == "cancelled" or not order.goods_kept:
                spent = self.wallet.spends.get(f"points:spend:{order.id}")
                whole = order.state == "cancelled" or all(
                    line.net or line.refunded == line.quantity for line in order.lines
                )
                assert not (spent and whole and any(spent.out.values()))
                lots = [self.wallet.lots[key] for key in self.orders[order.id]]
                assert all(lot.back + lot.gone >= lot.amount for lot in lots)

    # -- helpers -----------------------------------------------------------------------------------

    @property
    def at_once(self):
        """The reference, at the time that it is."""
        self.wallet.now = self.shop.ctx.now_us
        return self.wallet

    def of(self, *states):
        seen = [self.shop.seen(Known(order_id)) for order_id in self.orders]
        return [order for order in seen if order.state in states]

    def one_of(self, data, *states):
        return data.draw(st.sampled_from(self.of(*states)))


class Known:
    def __init__(self, order_id):
        self.id = order_id


def run(shop, examples, steps):
    for price in PRICES:
        shop.product(price, stock=None, sku=f"P-{price}")
    machine = type("Machine", (History,), {"shop": shop})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_history_loses_or_mints_a_point(shop):
    run(shop, 15, 25)


@pytest.mark.slow
def test_no_long_history_loses_or_mints_a_point(shop):
    run(shop, 30 if db.is_postgres() else 80, 50)
