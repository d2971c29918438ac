"""Cancelled or refunded: spent points return to the very lots they came from."""

import pytest

from shop import Reject
from shop.payments import payments


def test_a_cancelled_order_gives_all_of_it_back_to_the_same_lots(wang, shop):
    late, soon = wang.give(300, days=90), wang.give(200, days=30)
    order = wang.order({10_000: 1}, spend=400)
    assert wang.lots() == {late: 100}
    shop.cancel(order)
    assert wang.lots() == {late: 300, soon: 200}


def test_an_order_that_expires_unpaid_gives_it_back(wang, shop):
    wang.give(500)
    wang.order({10_000: 1}, spend=400, payment={"provider": "manual", "method": "transfer"})
    shop.forward(hours=25)
    assert wang.has == 500


def test_a_refund_of_units_gives_back_their_share_and_all_give_back_all(wang, shop):
    wang.give(1000)
    order = wang.order({1_000: 3}, spend=1000, state="completed")
    line = order.lines[0].id
    back = []
    for _ in range(3):
        before = wang.has
        shop.refund(order, {line: 1})
        back.append(wang.has - before)
    assert (back, wang.has, wang.pending) == ([333, 333, 334], 1000, 0)


def test_a_refund_of_money_gives_back_in_proportion(wang, shop, refund_money):
    wang.give(1000)
    order = wang.order({10_000: 1}, spend=1000, state="completed")
    refund_money(order, 4_500)
    assert wang.has == 500
    refund_money(order, 4_499)
    assert wang.has == 999
    refund_money(order, 1)
    assert wang.has == 1000


def test_units_and_money_of_one_line_never_give_back_more_than_its_share(wang, shop, refund_money):
    wang.give(1000)
    order = wang.order({2_000: 2}, spend=1000, state="completed")
    refund_money(order, 1_000)
    assert wang.has == 333
    shop.refund(order, {order.lines[0].id: 1})
    assert wang.has == 666  # two thirds of the money went back
    shop.refund(order, {order.lines[0].id: 1})
    assert wang.has == 1000


def test_each_line_gives_back_what_points_paid_of_it(wang, shop):
    wang.give(1000)
    order = wang.order({3_000: 1, 1_000: 1}, spend=1000, state="completed")
    shop.refund(order, {order.lines[1].id: 1})
    assert wang.has == 250
    shop.refund(order, {order.lines[0].id: 1})
    assert wang.has == 1000


@pytest.mark.parametrize("enabled", [{"points": {"greatest_share": 100}}])
def test_a_line_that_points_paid_whole_gives_back_by_units(wang, shop, refund_money):
    wang.give(5000)
    order = wang.order({1_000: 4}, spend="max", state="completed")
    assert (order.total, wang.has) == (0, 1000)
    with pytest.raises(Reject, match="over_refund"):
        refund_money(order, 1)
    shop.refund(order, {order.lines[0].id: 1})
    assert wang.has == 2000
    shop.refund(order)
    assert wang.has == 5000


def test_expired_lots_get_fourteen_days_of_grace(wang, shop):
    lot = wang.give(400, days=10)
    order = wang.order({10_000: 1}, spend=400, state="paid")
    shop.forward(days=20)
    shop.cancel(order)
    assert wang.lots() == {lot: 400}
    shop.forward(days=14, seconds=-1)
    assert wang.has == 400
    shop.forward(seconds=1)
    assert wang.has == 0


def test_a_lot_that_has_not_expired_keeps_its_day(wang, shop):
    wang.give(400, days=10)
    order = wang.order({10_000: 1}, spend=400, state="paid")
    before = shop.ctx.now_us
    shop.forward(days=9)
    shop.cancel(order)
    assert wang.balance["next_expiry"] == before + 10 * 86_400_000_000


@pytest.mark.parametrize("enabled", [{"points": {"grace_days": 0}}])
def test_without_grace_what_has_expired_is_gone(wang, shop):
    wang.give(400, days=10)
    order = wang.order({10_000: 1}, spend=400, state="paid")
    shop.forward(days=20)
    shop.cancel(order)
    shop.run_jobs()
    assert wang.has == 0


def test_case_13_a_refund_after_the_points_were_spent_is_a_debt_and_loses_nothing(wang, shop):
    first = wang.order({20_000: 1}, state="completed")
    shop.forward(days=8)
    second = wang.order({10_000: 1}, spend=200, state="completed")
    assert (wang.has, wang.pending) == (0, 98)
    shop.refund(first)
    assert (wang.has, wang.pending, wang.owes) == (0, 0, 102)
    shop.refund(second)
    assert (wang.has, wang.owes) == (102, 102), "200 are back, 98 that it earned are taken of them"
    wang.order({30_000: 1}, state="completed")
    assert (wang.has, wang.pending, wang.owes) == (102, 198, 0)


def test_a_fee_that_is_refunded_gives_back_no_points(wang, shop):
    wang.give(500)
    order = wang.order({10_000: 1}, spend=500, state="completed")
    assert wang.pending == 95
    shop.refund(order, {})
    assert (wang.has, wang.pending) == (0, 95)


def test_an_order_paid_in_part_and_cancelled_gives_all_points_back(wang, shop):
    wang.give(500)
    order = wang.order({10_000: 1}, spend=500)
    payments.record(shop.ctx, order.id, "manual", "transfer", 3_000)
    shop.cancel(order)
    assert wang.has == 500


def test_a_refund_in_part_and_then_a_cancellation_give_back_once(wang, shop):
    wang.give(900)
    order = wang.order({1_000: 3}, spend=900, state="paid")
    shop.refund(order, {order.lines[0].id: 1})
    assert wang.has == 300
    shop.cancel(order)
    assert wang.has == 900


def test_points_given_back_do_not_pay_a_debt_the_next_earnings_do(wang, shop):
    wang.give(500)
    order = wang.order({10_000: 1}, spend=500, state="paid")
    earned = wang.order({20_000: 1}, state="completed")
    shop.forward(days=8)
    wang.order({10_000: 1}, spend=200, state="paid")
    shop.refund(earned)
    shop.cancel(order)
    assert (wang.has, wang.owes) == (500, 200)
