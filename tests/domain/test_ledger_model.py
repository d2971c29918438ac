"""The ledger against plain Python: any sequence of calls, repeats and time ends the same."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shop import db
from shop.clock import from_us, to_us
from shop.errors import Conflict
from shop.ledger import ledger
from shop.models import Customer
from shop.testing import NOON
from tests.domain.ledger_model import Refused, Wallet

pytestmark = pytest.mark.both_databases

LOTS = """
SELECT l.key, l.remaining FROM lot l JOIN account a ON a.id = l.account_id
WHERE a.customer_id = ? AND l.remaining > 0 AND (l.expires_at IS NULL OR l.expires_at > ?)"""
HOUR = 3_600_000_000
START = to_us(NOON)
amounts = st.integers(1, 60)
waits = st.sampled_from([0, 0, 0, 2, 5])
pick = st.integers(0, 1000)


class Machine(RuleBasedStateMachine):
    shop = None

    def __init__(self):
        super().__init__()
        self.transaction = db.database.transaction()
        self.transaction.__enter__()
        self.customer = Customer.create(store="orchard", phone="+8613800000000", created_at=NOON).id
        self.model = Wallet()
        self.model.now = START
        self.numbers = itertools.count()
        self.done = []

    def teardown(self):
        self.transaction.__exit__(Refused, Refused(), None)

    @property
    def ctx(self):
        return self.shop.ctx.at(from_us(self.model.now))

    def both(self, key, real, model):
        """Call both; they agree on what changed or on the refusal."""
        try:
            expected = model()
        except Refused:
            with pytest.raises(Conflict), db.savepoint():
                real()
            return
        booked = real()
        assert (booked.wallet, booked.debt) == expected
        assert not booked.repeated
        if booked.id is not None:
            assert booked.key == key
            self.done.append((key, real, booked))

    @initialize(ends=st.lists(st.none() | st.integers(1, 12), min_size=3, max_size=5))
    def begin(self, ends):
        for end in ends:
            self.grant_one(20, 0, end)
        self.spend_one(50)

    def chosen(self, number, *kinds):
        keys = [key for key, move in self.model.moves.items() if move.kind in kinds]
        return keys[number % len(keys)] if keys else None

    @rule(amount=amounts, due=waits, ends=st.none() | st.integers(1, 12))
    def grant(self, amount, due, ends):
        self.grant_one(amount, due, ends)

    def grant_one(self, amount, due, ends):
        key, now, ctx = f"grant:{next(self.numbers)}", self.model.now, self.ctx
        due, ends = now + due * HOUR, ends and now + ends * HOUR
        self.both(
            key,
            lambda: ledger.grant(
                ctx, "points", self.customer, amount, key, "test", available_at=due, expires_at=ends
            ),
            lambda: self.model.grant(key, amount, due, ends),
        )

    @rule(amount=amounts)
    def spend(self, amount):
        self.spend_one(amount)

    def spend_one(self, amount):
        key, ctx = f"spend:{next(self.numbers)}", self.ctx
        self.both(
            key,
            lambda: ledger.spend(ctx, "points", self.customer, amount, key, "test"),
            lambda: self.model.spend(key, amount),
        )

    @precondition(lambda self: self.chosen(0, "spend"))
    @rule(which=pick, total=st.integers(0, 80), grace=st.sampled_from([0, 3]))
    def give_back(self, which, total, grace):
        of, ctx, grace = self.chosen(which, "spend"), self.ctx, grace * HOUR
        key = f"back:{next(self.numbers)}"
        self.both(
            key,
            lambda: ledger.give_back(ctx, of, total, "test", key, grace),
            lambda: self.model.give_back(of, total, key, grace),
        )
        assert ledger.give_back(ctx, of, total, "test").id is None

    @rule(which=pick, total=st.integers(0, 80))
    def claw_back(self, which, total):
        of, ctx = self.chosen(which, "grant"), self.ctx
        key = f"claw:{next(self.numbers)}"
        self.both(
            key,
            lambda: ledger.claw_back(ctx, of, total, "test", key),
            lambda: self.model.claw_back(of, total, key),
        )
        assert ledger.claw_back(ctx, of, total, "test").id is None

    @rule(which=pick)
    def undo(self, which):
        key, ctx = self.chosen(which, "grant", "spend", "give_back", "claw_back"), self.ctx
        if key and f"{key}:undo" not in self.model.moves:
            self.both(f"{key}:undo", lambda: ledger.undo(ctx, key), lambda: self.model.undo(key))

    @rule(which=pick)
    def repeat(self, which):
        if self.done:
            key, real, booked = self.done[which % len(self.done)]
            again = real()
            assert again.repeated
            assert (again.id, again.key) == (booked.id, key)
            assert (again.wallet, again.debt) == (booked.wallet, booked.debt)

    @rule(by=st.integers(1, 5))
    def time_goes_on(self, by):
        self.model.now += by * HOUR

    @rule()
    def expire(self):
        ledger.expire(self.ctx)

    @invariant()
    def balances_agree(self):
        assert ledger.balance(self.ctx, "points", self.customer) == {
            "available": self.model.available(),
            "pending": self.model.pending(),
            "debt": self.model.owed,
            "next_expiry": self.model.next_expiry(),
        }

    @invariant()
    def lots_agree(self):
        held = db.rows(LOTS, self.customer, to_us(self.ctx.now))
        assert dict(held) == {key: self.model.lots[key].remaining for key in self.model.open()}

    @invariant()
    def books_are_right(self):
        assert ledger.prove(self.ctx) == []


def test_any_history_agrees_with_the_model(shop):
    run_state_machine_as_test(
        type("Ledger", (Machine,), {"shop": shop}),
        settings=settings(
            max_examples=15 if db.is_postgres() else 40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
