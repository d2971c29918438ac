"""Earn on net goods money kept, at completion, available after 7 days, expiring after 365."""

import pytest

from shop import Change, Reject
from shop.clock import DAY
from shop.ledger import ledger
from shop.orders import orders
from shop.payments import dues, payments
from shop.testing import in_days
from shop_plugins.points.settling import settle


def test_an_order_earns_when_it_is_complete_and_not_before(wang, shop):
    order = wang.order({10_000: 1}, state="paid")
    assert wang.pending == 0
    shop.hand_out(order)
    assert (wang.has, wang.pending) == (0, 100)


def test_what_is_earned_is_rounded_down_once_per_order(wang):
    wang.order({1_099: 1, 990: 1}, state="completed")
    assert wang.pending == 20


def test_a_part_handed_out_earns_nothing_yet(wang):
    wang.order({1000: 2}, state="handed_out")
    assert wang.pending == 0


def test_it_can_be_spent_after_seven_days_and_expires_after_a_year(wang, shop):
    wang.order({10_000: 1}, state="completed")
    assert wang.balance["next_expiry"] == shop.ctx.now_us + 365 * DAY
    shop.forward(days=7, seconds=-1)
    assert wang.has == 0
    shop.forward(seconds=1)
    assert wang.has == 100
    shop.clock.at = in_days(365)
    assert wang.has == 0


def test_points_spent_earn_nothing(wang):
    wang.give(2000)
    wang.order({10_000: 1}, spend=2000, state="completed")
    assert wang.pending == 80


def test_case_19_what_was_earned_is_pending_until_the_return_window_is_over(wang, shop):
    order = wang.order({10_000: 1}, state="completed")
    assert (wang.has, wang.pending) == (0, 100)
    with pytest.raises(Reject, match="insufficient_balance"):
        wang.order({10_000: 1}, spend=100)
    shop.forward(days=6)
    shop.refund(order)
    assert (wang.has, wang.pending, wang.owes) == (0, 0, 0)


def test_a_refund_of_units_takes_back_what_they_earned(wang, shop):
    order = wang.order({1000: 3}, state="completed")
    assert wang.pending == 30
    shop.refund(order, {order.lines[0].id: 1})
    assert wang.pending == 20


def test_a_refund_of_money_takes_back_what_it_earned(wang, refund_money):
    order = wang.order({10_000: 1}, state="completed")
    refund_money(order, 50)
    assert wang.pending == 99
    refund_money(order, 50)
    assert wang.pending == 99
    refund_money(order, 9_900)
    assert wang.pending == 0


def test_a_refund_before_the_completion_leaves_less_to_earn(wang, shop):
    order = wang.order({1000: 3}, state="paid")
    shop.refund(order, {order.lines[0].id: 1})
    shop.hand_out(order)
    assert wang.pending == 20


def test_what_was_spent_meanwhile_becomes_a_debt_that_later_earnings_pay(wang, shop):
    order = wang.order({20_000: 1}, state="completed")
    shop.forward(days=7)
    wang.order({10_000: 1}, spend=150, state="paid")
    shop.refund(order)
    assert (wang.has, wang.owes) == (0, 150)
    wang.order({10_000: 1}, state="completed")
    assert (wang.pending, wang.owes) == (0, 50)
    wang.order({10_000: 1}, state="completed")
    assert (wang.pending, wang.owes) == (50, 0)


def test_a_hand_out_undone_takes_back_and_completing_again_grants_again(wang, shop, undo):
    order = wang.order({10_000: 1}, state="completed")
    undo(order)
    assert (wang.has, wang.pending) == (0, 0)
    shop.forward(days=2)
    shop.hand_out(order)
    assert wang.pending == 100
    shop.forward(days=6)
    assert wang.has == 0
    shop.forward(days=1)
    assert wang.has == 100
    undo(order)
    shop.hand_out(order)
    assert (wang.has, wang.pending) == (0, 100)


def test_what_was_spent_before_a_hand_out_is_undone_is_paid_by_the_next_one(wang, shop, undo):
    order = wang.order({20_000: 1}, state="completed")
    shop.forward(days=7)
    wang.order({10_000: 1}, spend=200, state="paid")
    undo(order)
    assert wang.owes == 200
    shop.hand_out(order)
    assert (wang.has, wang.pending, wang.owes) == (0, 0, 0)


def test_what_expired_and_was_taken_back_is_not_owed(wang, shop, undo):
    order = wang.order({10_000: 1}, state="completed")
    shop.forward(days=366)
    undo(order)
    assert (wang.has, wang.owes) == (0, 0)
    shop.hand_out(order)
    assert (wang.has, wang.pending) == (0, 0), "it was earned once and has expired"


def test_a_charge_earns_nothing(wang, shop):
    order = wang.order({10_000: 1}, state="completed")
    dues.charge(shop.ctx, order.id, "damage", "test", "Damage", 5_000, shop.ctx.now_us)
    shop.pay(order)
    assert wang.pending == 100


def test_a_guest_earns_too_and_finds_it_after_signing_in(shop):
    order = shop.up_to("completed", {10_000: 1}, phone="+8613000007777")
    assert ledger.balance(shop.ctx, "points", order.customer_id)["pending"] == 100


def test_an_order_that_costs_nothing_earns_nothing(wang):
    assert wang.order({0: 1}, state="placed").state == "paid"
    wang.order({50: 1}, state="completed")
    assert (wang.pending, wang.history()) == (0, [])


def test_a_reaction_that_runs_twice_grants_once(wang, shop):
    order = wang.order({10_000: 1}, state="completed")
    for kind in ("completed", "refunded", "completed"):
        settle(shop.ctx, shop.ctx.settings("points"), order, Change(kind, 1))
    assert wang.pending == 100


@pytest.mark.parametrize("enabled", [{"points": {"earn_per_unit": 3, "earn_unit": 10}}])
def test_three_points_for_every_ten_yuan_in_proportion(wang):
    wang.order({1_999: 1}, state="completed")
    assert wang.pending == 5


@pytest.mark.parametrize("enabled", [{"points": {"earn_per_unit": 0}}])
def test_a_shop_may_let_nothing_be_earned(wang):
    wang.order({10_000: 1}, state="completed")
    assert wang.history() == []


def test_a_new_rate_does_not_change_what_was_earned(wang, shop):
    order = wang.order({10_000: 2}, state="completed")
    text = shop._text.replace("plugins.points]", "plugins.points]\nearn_per_unit = 5")
    richer = shop.reloaded(text)
    assert richer.ctx.settings("points").earn_per_unit == 5
    richer.refund(order, {order.lines[0].id: 1})
    assert wang.pending == 100
    wang.shop = richer
    wang.order({10_000: 1}, state="completed")
    assert wang.pending == 600


def test_an_unpaid_order_that_is_cancelled_changes_nothing(wang, shop):
    order = wang.order({10_000: 1})
    payments.record(shop.ctx, order.id, "manual", "transfer", 4_000)
    orders.cancel(shop.ctx, order.id, "changed my mind")
    assert wang.history() == []
