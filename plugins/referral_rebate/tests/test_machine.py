"""Any history of a referrer and his friends, beside rewards in plain Python: limits, refunds of
either side, credit that is spent and comes back; and every cent is explained after each step."""

import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shop import db
from shop.orders import order_view
from shop_plugins.referral_rebate.tests.invited import Invited
from shop_plugins.referral_rebate.tests.reference import Book, Refunded

pytestmark = pytest.mark.both_databases

PLAIN = {"rate": 7, "first_only": False, "per_order": 1500, "per_month": 4000, "pending_days": 2,
         "expires_days": 3650}  # fmt: skip
PRINCIPAL = {"rate": 50, "first_only": False, "until_principal": True, "pending_days": 2,
             "expires_days": 3650}  # fmt: skip
PRICE, FRIENDS = 3333, 3
numbers = itertools.count(1)


class History(RuleBasedStateMachine):
    shop, terms = None, PLAIN

    @initialize()
    def begin(self):
        self.invited = Invited(self.shop, f"+86136{next(numbers):08}")
        self.goods = self.shop.product(PRICE, stock=None)
        self.phones = [f"+86137{next(numbers):08}" for _ in range(FRIENDS)]
        own = {"rate", "per_order", "per_month"}
        self.book = Book(
            principal=bool(self.terms.get("until_principal")),
            **{name: self.terms[name] for name in own & self.terms.keys()},
        )
        self.orders, self.spent = [], []

    @rule(who=st.integers(0, FRIENDS - 1), units=st.integers(1, 6))
    def a_friend_buys(self, who, units):
        order = self.shop.up_to(
            "completed", {self.goods: units}, phone=self.phones[who],
            options=self.invited.options(),
        )  # fmt: skip
        made = Refunded(units, PRICE)
        self.orders.append((order, made))
        now = self.shop.ctx.now.astimezone(ZoneInfo("Asia/Shanghai"))
        self.book.completed(made, now.strftime("%Y-%m"))

    @rule(units=st.integers(1, 3))
    def the_referrer_buys(self, units):
        order = self.shop.up_to("completed", {self.goods: units}, customer=self.invited.wang)
        made = Refunded(units, PRICE)
        self.orders.append((order, made))
        self.book.bought.append(made)

    @rule()
    def he_spends_what_he_can(self):
        order = self.shop.up_to(
            "paid", {self.goods: 2}, customer=self.invited.wang,
            options={"referral_rebate": {"spend": "max"}},
        )  # fmt: skip
        amount = -sum(row.amount for row in order.adjustments)
        self.spent.append((order, amount))
        if not amount or self.book.principal:
            self.shop.cancel(order)

    @rule(data=st.data())
    def some_goods_come_back(self, data):
        left = [pair for pair in self.orders if pair[1].kept]
        if left:
            order, made = data.draw(st.sampled_from(left))
            self.invited.refund(order)
            self.book.refunded(made)

    @rule(data=st.data())
    def what_was_paid_with_credit_is_cancelled(self, data):
        if self.spent:
            order, _ = data.draw(st.sampled_from(self.spent))
            if order_view.load(self.invited.ctx, order.id).state == "paid":
                self.shop.cancel(order)

    @rule(hours=st.sampled_from([1, 30, 50, 24 * 20]))
    def time_passes(self, hours):
        self.shop.forward(hours=hours)

    @invariant()
    def it_is_what_the_reference_says(self):
        if not hasattr(self, "book"):
            return
        available, pending, debt = self.invited.has()
        out = sum(
            amount
            for order, amount in self.spent
            if order_view.load(self.invited.ctx, order.id).state != "cancelled"
        )
        assert available >= 0
        assert available + pending - debt == self.book.total - out
        self.invited.adds_up([self.invited.wang])

    def teardown(self):
        assert self.shop.fsck() == []


def run(shop, terms, examples):
    kind = type("History", (History,), {"shop": shop, "terms": terms})
    run_state_machine_as_test(
        kind,
        settings=settings(
            max_examples=examples, stateful_step_count=15, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), derandomize=True,
        ),
    )  # fmt: skip


@pytest.fixture
def terms(request):
    return PRINCIPAL if "principal" in request.node.name else PLAIN


@pytest.fixture
def enabled(terms):
    return {"referral_rebate": terms}


def test_any_history_is_what_the_reference_says(shop, terms):
    run(shop, terms, 10 if db.is_postgres() else 25)


def test_any_history_of_the_principal_is_what_the_reference_says(shop, terms):
    run(shop, terms, 10 if db.is_postgres() else 25)


@pytest.mark.slow
@pytest.mark.parametrize("terms", [PLAIN, PRINCIPAL], ids=["plain", "principal"])
def test_many_histories_are_what_the_reference_says(shop, terms):
    run(shop, terms, 60 if db.is_postgres() else 200)
