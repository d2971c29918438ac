"""Until the principal is back: friends' orders pay back what one has bought, and never more."""

import pytest

from shop_plugins.referral_rebate import accounts


@pytest.fixture
def settings():
    return {"rate": 50, "until_principal": True, "first_only": False}


def mine(invited, units=1):
    return invited.shop.up_to("completed", {invited.pears: units}, customer=invited.wang)


def back(invited):
    return [(item["back"], item["closed"]) for item in accounts.shown(invited.ctx, invited.wang)]


def test_the_oldest_purchase_is_paid_back_first_then_closed(invited):
    mine(invited)
    invited.shop.forward(hours=1)
    mine(invited)
    invited.friend(units=3)
    assert back(invited) == [(10_000, True), (5000, False)]
    last = invited.friend(units=3)
    assert back(invited) == [(10_000, True), (10_000, True)]
    assert invited.of(last)[0].cuts == {"principal": 10_000}
    invited.friend()
    assert sum(invited.has()) == 20_000


def test_who_has_bought_nothing_is_paid_nothing_back(invited):
    order = invited.friend()
    assert (invited.has(), invited.of(order)[0].amount) == ((0, 0, 0), 0)


def test_the_buyers_own_refund_lowers_it_and_claws_back_what_is_above(invited):
    bought = mine(invited, 2)
    invited.friend(units=2)
    invited.friend(units=1)
    assert back(invited) == [(15_000, False)]
    invited.refund(bought)
    assert back(invited) == [(10_000, True)]
    invited.refund(bought)
    assert (back(invited), invited.has()) == ([], (0, 0, 0))


def test_a_friends_refund_claws_back_and_opens_room_again(invited):
    mine(invited)
    order = invited.friend(units=2)
    assert back(invited) == [(10_000, True)]
    invited.refund(order)
    assert back(invited) == [(5000, False)]
    invited.friend(units=3)
    assert back(invited) == [(10_000, True)]


def test_after_both_refunds_nobody_gets_more_than_is_left(invited):
    bought, order = mine(invited, 2), invited.friend(units=4)
    invited.refund(bought)
    invited.refund(order, 2)
    assert back(invited) == [(10_000, True)]
    invited.refund(order, 1)
    assert back(invited) == [(5000, False)]
