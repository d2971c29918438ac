"""A wallet used by many at once, on real threads."""

import pytest

from shop import db
from shop.errors import Conflict
from shop.ledger import ledger, postings
from shop.models import Customer
from shop.testing import NOON
from tests.tools.racing import race, slow_before

pytestmark = pytest.mark.both_databases

SPENDERS = 20
UNGUARDED_LOT = """
UPDATE lot SET remaining = remaining + ? WHERE id = ? AND store = ? AND ? < 1000000"""
UNGUARDED_ACCOUNT = """
UPDATE account SET balance = balance + ?
WHERE id = ? AND store = ? AND ? < 1000000 AND ? < 1000000"""


@pytest.fixture
def customer(shop):
    return Customer.create(store="orchard", phone="+8613800000000", created_at=NOON).id


def spends(shop, customer, amount, key="s{}"):
    ctx = shop.ctx
    return race(
        *(
            lambda n=n: ledger.spend(ctx, "points", customer, amount, key.format(n), "test")
            for n in range(SPENDERS)
        )
    )


def test_case_14_one_of_twenty_parallel_spends_of_the_whole_balance_wins(shop, customer):
    ledger.grant(shop.ctx, "points", customer, 100, "g", "test")
    results = spends(shop, customer, 100)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert len(refused) == SPENDERS - 1
    assert {str(error) for error in refused} == {"insufficient_balance (have=0, need=100)"}
    assert ledger.balance(shop.ctx, "points", customer)["available"] == 0
    assert ledger.prove(shop.ctx) == []


def test_nobody_is_refused_while_another_lot_could_pay(shop, customer):
    for number in range(SPENDERS):
        ledger.grant(shop.ctx, "points", customer, 10, f"g{number}", "test")
    assert not [r for r in spends(shop, customer, 10) if isinstance(r, Exception)]
    assert ledger.prove(shop.ctx) == []


def test_the_same_spend_twenty_times_at_once_is_one(shop, customer):
    ledger.grant(shop.ctx, "points", customer, 1000, "g", "test")
    results = spends(shop, customer, 10, "same")
    assert len({result.id for result in results}) == 1
    assert sum(not result.repeated for result in results) == 1
    assert ledger.balance(shop.ctx, "points", customer)["available"] == 990


def test_a_first_grant_twenty_times_at_once_is_one(shop, customer):
    ctx = shop.ctx
    results = race(*[lambda: ledger.grant(ctx, "points", customer, 10, "g", "test")] * SPENDERS)
    assert len({result.id for result in results}) == 1
    assert ledger.balance(shop.ctx, "points", customer)["available"] == 10
    assert ledger.prove(shop.ctx) == []


@pytest.mark.postgres_only
def test_control_without_the_lock_a_lot_is_chosen_twice(shop, customer, monkeypatch):
    for number in range(SPENDERS):
        ledger.grant(shop.ctx, "points", customer, 10, f"g{number}", "test")
    monkeypatch.setattr(db, "lock_row", lambda table, row_id: None)
    with slow_before("INSERT INTO movement"):
        results = spends(shop, customer, 10)
    assert [result for result in results if isinstance(result, Exception)]


@pytest.mark.postgres_only
def test_control_without_lock_and_guards_the_wallet_is_overspent(shop, customer, monkeypatch):
    ledger.grant(shop.ctx, "points", customer, 100, "g", "test")
    monkeypatch.setattr(db, "lock_row", lambda table, row_id: None)
    monkeypatch.setattr(postings, "CHANGE_LOT", UNGUARDED_LOT)
    monkeypatch.setattr(postings, "CHANGE_ACCOUNT", UNGUARDED_ACCOUNT)
    db.run("ALTER TABLE lot DROP CONSTRAINT lot_remaining_check")
    try:
        with slow_before("INSERT INTO movement"):
            results = spends(shop, customer, 100)
        assert sum(not isinstance(result, Exception) for result in results) > 1
        assert {finding.check for finding in ledger.prove(shop.ctx)} >= {"account_sign"}
    finally:
        db.run("UPDATE lot SET remaining = 0")
        db.run("ALTER TABLE lot ADD CONSTRAINT lot_remaining_check CHECK (remaining >= 0)")
