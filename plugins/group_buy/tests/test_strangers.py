"""A seat and the limit of a customer, and guests who type his phone."""

import pytest

from shop import Reject
from shop.people import accounts
from shop_plugins.group_buy.tests.conftest import Teamed

PHONE = "+8613012345678"


@pytest.fixture
def teamed(shop):
    yield Teamed(shop)
    assert shop.fsck() == []


@pytest.fixture
def wang(shop):
    return shop.customer(PHONE)


def test_a_seat_that_a_guest_took_unpaid_gives_way_to_the_owner_of_the_phone(teamed, shop, wang):
    team = teamed.team(teamed.opens())
    stranger = teamed.joins(team, "placed", phone=PHONE)
    mine = teamed.joins(team, customer=wang)
    shop.run_jobs()
    states = [teamed.member(order).state for order in (stranger, mine)]
    assert (states, teamed.seen(stranger).state) == (["left", "paid"], "cancelled")


def test_a_guest_does_not_take_the_owners_limit_of_a_campaign(teamed, shop, wang):
    campaign = teamed.make(per_customer=2)
    stranger = teamed.opens("placed", campaign, 2, phone=PHONE)
    mine = teamed.opens("paid", campaign, 2, customer=wang)
    shop.run_jobs()
    assert [teamed.seen(order).state for order in (stranger, mine)] == ["cancelled", "paid"]
    with pytest.raises(Reject, match="over_limit"):
        teamed.opens("placed", campaign, 1, phone=accounts.get(shop.ctx, wang)["phone"])


def test_what_a_guest_paid_for_counts_against_the_owner(teamed, wang):
    campaign = teamed.make(per_customer=2)
    teamed.opens("paid", campaign, 2, phone=PHONE)
    with pytest.raises(Reject, match="over_limit"):
        teamed.opens("placed", campaign, 1, customer=wang)


def test_the_last_seat_of_a_team_gives_way_too(teamed, shop, wang):
    team = teamed.team(teamed.opens(campaign=teamed.make(size=2)))
    stranger = teamed.joins(team, "placed", phone=PHONE)
    mine = teamed.joins(team, customer=wang)
    shop.run_jobs()
    states = [teamed.member(order).state for order in (stranger, mine)]
    assert (states, teamed.seen(stranger).state) == (["left", "paid"], "cancelled")


def test_one_person_as_guest_and_signed_in_does_not_complete_a_team_of_two(teamed, shop, wang):
    stranger = teamed.opens("placed", teamed.make(size=2), phone=PHONE)
    team = teamed.team(stranger)
    mine = teamed.joins(team, "placed", customer=wang)
    for order in (mine, stranger):  # before the job ran
        shop.pay(order)
    shop.run_jobs()
    assert teamed.team(mine).state == "open"
    assert [teamed.seen(order).state for order in (stranger, mine)] == ["cancelled", "paid"]
