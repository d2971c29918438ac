"""A running trial, and guests who type the phone of somebody else."""

import pytest

from shop import Reject

PHONE = "+8613012345678"


def test_a_trial_that_a_guest_ordered_unpaid_gives_way_to_the_owner_of_the_phone(tried, shop):
    wang = shop.customer(PHONE)
    stranger = tried.trial("placed", phone=PHONE)
    mine = tried.trial("paid", customer=wang)
    shop.run_jobs()
    assert [tried.again(trial).state for trial in (stranger, mine)] == ["cancelled", "waiting"]


def test_one_trial_at_a_time_for_a_phone_signed_in_or_not(tried, shop):
    wang = shop.customer(PHONE)
    tried.order("paid", phone=PHONE)
    with pytest.raises(Reject, match="trial_then_buy_has_one"):
        tried.order("placed", customer=wang)
