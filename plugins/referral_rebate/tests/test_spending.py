"""Store credit at the checkout: by whom, how much, never below zero, and back in proportion."""

import threading
import time

import pytest

from shop import Reject, db
from shop.ledger import ledger, postings
from shop.orders import orders
from shop.orders.orders import Draft
from shop_plugins.referral_rebate.tests.invited import Invited

BUYERS = 20
UNGUARDED_LOT = """
UPDATE lot SET remaining = remaining + ? WHERE id = ? AND store = ? AND ? < 1000000"""
UNGUARDED_ACCOUNT = """
UPDATE account SET balance = balance + ?
WHERE id = ? AND store = ? AND ? < 1000000 AND ? < 1000000"""


def spend(invited, amount, state="placed", units=1, **facts):
    return invited.shop.up_to(
        state, {invited.pears: units}, customer=invited.wang,
        options={"referral_rebate": {"spend": amount}}, **facts,
    )  # fmt: skip


@pytest.fixture
def rich(invited):
    ledger.grant(invited.ctx, "credit", invited.wang, 20_000, "gift:1", "gift")
    return invited


def test_at_most_half_of_the_goods_is_paid_with_credit(rich):
    order = spend(rich, "max")
    assert (order.total, order.adjustments[0].kind, order.adjustments[0].amount) == (
        5000, "spend", -5000,
    )  # fmt: skip
    with pytest.raises(Reject, match="referral_rebate_over_share") as refused:
        spend(rich, 5001)
    assert refused.value.facts["most"] == 5000
    with pytest.raises(Reject, match="insufficient_balance"):
        spend(rich, 99_999, units=50)


def test_only_who_signed_in_spends(rich):
    with pytest.raises(Reject, match="referral_rebate_sign_in"):
        rich.shop.up_to(
            "placed", {rich.pears: 1}, phone="+8613000000100",
            options={"referral_rebate": {"spend": 10}},
        )  # fmt: skip


def test_it_comes_back_in_the_share_of_the_refund_and_whole_when_cancelled(rich):
    order = spend(rich, 4000, "completed", units=4)
    rich.refund(order)
    assert rich.has() == (20_000 - 3000, 0, 0)
    rich.refund(order, 3)
    assert rich.has() == (20_000, 0, 0)
    rich.shop.cancel(spend(rich, 4000))
    assert rich.has() == (20_000, 0, 0)


def test_expired_credit_that_comes_back_has_some_days_of_grace(invited):
    invited.friend(units=5)
    invited.wait()
    order = spend(invited, 5000, "paid", units=2)
    invited.shop.forward(days=365)
    invited.shop.cancel(order)
    assert invited.has() == (5000, 0, 0)
    invited.shop.forward(days=15)
    assert invited.has() == (0, 0, 0)


def race(rich):
    goods = rich.shop.product(10_000, stock=None)  # no row of stock that they would queue at
    basket = rich.shop.basket({goods: 1}, {"referral_rebate": {"spend": 3000}})
    barrier, results = threading.Barrier(BUYERS), []

    def buy():
        ctx = rich.shop.context(rich.caller(rich.wang))
        barrier.wait()
        try:
            results.append(db.retrying(lambda: orders.place(ctx, Draft(basket, "Wang"))))
        except Exception as error:
            results.append(error)
        finally:
            db.database.close()

    threads = [threading.Thread(target=buy) for _ in range(BUYERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def won(results):
    placed = [result for result in results if not isinstance(result, Exception)]
    refused = {result.code for result in results if isinstance(result, Reject)}
    assert len(placed) + sum(isinstance(result, Reject) for result in results) == BUYERS
    return len(placed), refused


def test_case_14_twenty_checkouts_at_once_spend_no_more_than_there_is(rich):
    assert won(race(rich)) == (6, {"insufficient_balance"})
    assert rich.has() == (2000, 0, 0)


@pytest.mark.postgres_only
def test_control_without_locks_and_guards_it_is_spent_twice(shop, monkeypatch):
    rich = Invited(shop)
    ledger.grant(rich.ctx, "credit", rich.wang, 3000, "gift:1", "gift")
    monkeypatch.setattr(db, "lock_row", lambda table, row_id: None)
    monkeypatch.setattr(postings, "CHANGE_LOT", UNGUARDED_LOT)
    monkeypatch.setattr(postings, "CHANGE_ACCOUNT", UNGUARDED_ACCOUNT)
    db.run("ALTER TABLE lot DROP CONSTRAINT lot_remaining_check")

    def slow(sql):
        if sql.lstrip().startswith("INSERT INTO movement"):
            time.sleep(0.02)

    try:
        with db.watched(slow):
            placed, _ = won(race(rich))
        assert placed > 1
        assert {finding.check for finding in ledger.prove(shop.ctx)} >= {"account_sign"}
    finally:
        shop.broken = True
        db.run("UPDATE lot SET remaining = 0")
        db.run("ALTER TABLE lot ADD CONSTRAINT lot_remaining_check CHECK (remaining >= 0)")
