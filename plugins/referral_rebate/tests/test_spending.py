"""Store credit at the checkout: by whom, how much, never below zero, and back in proportion."""

import threading

import pytest

from shop import Reject, db
from shop.services import books, ledger, orders
from shop.services.orders import Draft

BUYERS = 20


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
    basket = rich.shop.basket({rich.pears: 1}, {"referral_rebate": {"spend": 3000}})
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


def test_case_14_twenty_checkouts_at_once_spend_no_more_than_there_is(rich, monkeypatch):
    monkeypatch.setattr(type(rich.ctx.config.limits), "unpaid_orders", 100, raising=False)
    results = race(rich)
    won = [result for result in results if not isinstance(result, Exception)]
    assert {result.code for result in results if isinstance(result, Exception)} == {
        "insufficient_balance"
    }
    assert len(won) == 6
    assert rich.has() == (2000, 0, 0)
    assert books
