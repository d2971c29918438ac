"""The more are paid, the lower: everyone pays the first price and gets the difference back once."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from shop import db
from shop.orders import orders
from shop.orders.order_view import LineView
from shop.payments import payments, refunds
from shop_plugins.group_buy import campaigns, ladder, members, teams

TIERS = [{"units": 6, "price": 4000}, {"units": 9, "price": 3000}]


@pytest.fixture
def stepped(teamed):
    teamed.campaign = teamed.make(tiers=TIERS)
    return teamed


def back(teamed, order):
    return teamed.seen(order).lines[0].refunded_amount


def test_the_difference_goes_back_at_the_close_of_the_campaign(stepped):
    _, first = stepped.complete(units=2)
    _, second = stepped.complete()
    lonely = stepped.opens(units=5)
    stepped.shop.run_jobs()
    assert {back(stepped, order) for order in [*first, *second]} == {0}
    stepped.shop.forward(days=2)
    assert [back(stepped, order) for order in first] == [3000] * 3  # nine units: 3000 each
    assert [back(stepped, order) for order in second] == [1500] * 3
    assert stepped.seen(lonely).state == "cancelled"
    closed = campaigns.get(stepped.ctx, stepped.campaign.id)
    assert (closed.units, campaigns.state(stepped.ctx, closed)) == (9, "closed")


def test_units_that_were_refunded_do_not_count_and_nothing_moves_the_price_after_the_close(stepped):
    _, first = stepped.complete(units=2)
    stepped.complete()
    line = first[0].lines[0]
    refunds.refund(stepped.ctx, first[0].id, "sorry", lines={line.id: 1}, restock="restore")
    stepped.shop.forward(days=2)
    assert [back(stepped, order) for order in first] == [4500 + 500, 1000, 1000]
    orders.cancel(stepped.ctx, first[1].id, "staff")
    stepped.shop.forward(days=2)
    assert back(stepped, first[2]) == 1000


def test_a_refund_that_was_given_before_leaves_at_most_what_the_line_still_holds(stepped):
    _, [one, *_] = stepped.complete(units=3)
    line = one.lines[0]
    refunds.refund(stepped.ctx, one.id, "sorry", amounts={("line", line.id): 12_000})
    stepped.shop.forward(days=2)
    assert back(stepped, one) == 13_500


def test_a_unit_returned_after_the_ladder_gives_back_what_it_cost_then(stepped):
    _, [one, *_] = stepped.complete(units=2)
    stepped.shop.forward(days=2)
    assert back(stepped, one) == 1000  # two for 4000 each
    refunds.refund(stepped.ctx, one.id, "bruised", lines={one.lines[0].id: 1})
    assert back(stepped, one) == 1000 + 4000


def test_who_may_still_pay_is_waited_for(stepped):
    stepped.complete()
    stepped.complete()
    stepped.shop.clock.forward(days=1, hours=23, minutes=50)
    team = stepped.team(stepped.opens(units=2))
    waits = stepped.joins(team, "placed")
    teams.complete_early(stepped.ctx, team.code)
    stepped.shop.forward(minutes=12)
    assert campaigns.get(stepped.ctx, stepped.campaign.id).closed_at is None
    payments.record(stepped.ctx, waits.id, "manual", "transfer", 4500)
    stepped.shop.forward(minutes=10)
    assert back(stepped, waits) == 1500


def test_a_ladder_that_dies_midway_gives_each_once(stepped, monkeypatch):
    _, first = stepped.complete(units=3)
    give, calls = refunds.refund, []

    def dying(ctx, order_id, key, **more):
        calls.append(key)
        if len(calls) == 2:
            raise RuntimeError("the power is gone")
        return give(ctx, order_id, key, **more)

    monkeypatch.setattr(refunds, "refund", dying)
    stepped.shop.forward(days=2)
    assert sorted(back(stepped, order) for order in first) == [0, 0, 4500]
    monkeypatch.undo()
    stepped.shop.forward(days=1)
    assert [back(stepped, order) for order in first] == [4500] * 3
    assert db.value("SELECT COUNT(*) FROM refund") == 3


def test_without_a_ladder_nothing_goes_back(teamed):
    _, first = teamed.complete()
    teamed.shop.forward(days=2)
    assert {back(teamed, order) for order in first} == {0}
    assert all(members.of_order(teamed.ctx, order.id).laddered is None for order in first)


@given(
    price=st.integers(1, 10**7), quantity=st.integers(1, 50), spent=st.integers(0, 100),
    refunded=st.integers(0, 50), goodwill=st.integers(0, 100), fall=st.integers(0, 100),
)  # fmt: skip
def test_never_more_than_the_line_holds_and_everyone_ends_at_the_lower_price(
    price, quantity, spent, refunded, goodwill, fall
):
    """`spent`, `goodwill` and `fall` in percent."""
    amount, refunded = price * quantity, min(refunded, quantity - 1)
    spend = -(amount * spent // 100)
    line = LineView(
        1, 0, 1, "A", "A", "", "group_buy", "main", quantity, price, amount, 0, spend, None, {},
        {"price": price, "tiers": [{"units": 5, "price": price - price * fall // 100}]},
    )  # fmt: skip
    line.refunded, line.refunded_amount = refunded, line.net * refunded // quantity
    line.refunded_amount += (line.net - line.refunded_amount) * goodwill // 100
    assert ladder.difference(line, 4) == 0
    given_back = ladder.difference(line, 5)
    assert 0 <= given_back <= line.kept
    if not spent and not goodwill:
        left, lower = quantity - refunded, price - price * fall // 100
        assert line.kept - given_back == left * lower
