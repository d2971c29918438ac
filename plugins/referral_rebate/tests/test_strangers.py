"""A code that a stranger sends with somebody else's phone."""

import pytest

from shop import Caller, db
from shop.orders import orders
from shop.payments import payments
from shop.people import login
from shop.pickup import pickup

PHONE = "+8613012345678"


@pytest.fixture
def settings():
    return {"rate": 10, "newcomer": 300}


def guest_order(invited, code):
    basket = invited.shop.basket({invited.pears: 1}, invited.options(code))
    draft = orders.Draft(basket, "Li", PHONE)
    return orders.place(invited.shop.context(Caller()), draft)


def sign_in(invited, code=None):
    guest = invited.shop.context(Caller())
    with db.transaction():
        return login.verify(guest, PHONE, invited.options(code) if code else {})


def complete(invited, order):
    payments.record(invited.ctx, order.id, "manual", "transfer", order.total)
    pickup.hand_out(invited.ctx, order.id, None)


def test_a_strangers_code_does_not_bind_the_owner_of_the_phone(invited, settings):
    guest_order(invited, invited.code)
    mine = invited.shop.up_to("completed", {invited.pears: 1}, customer=sign_in(invited))
    assert (invited.of(mine), invited.has()) == ([], (0, 0, 0))


def test_the_owner_is_bound_by_the_code_with_which_he_signs_in_first(invited, settings):
    from shop_plugins.referral_rebate import bindings

    friend = invited.shop.customer()
    guest_order(invited, invited.code)
    customer = sign_in(invited, bindings.code_of(invited.ctx, friend))
    assert bindings.of_invitee(invited.ctx, customer).referrer_id == friend
    invited.shop.up_to("completed", {invited.pears: 1}, customer=customer)
    assert (invited.has(), invited.has(friend), invited.has(customer)) == (
        (0, 0, 0), (0, 1000, 0), (0, 300, 0),
    )  # fmt: skip


def test_a_guest_who_came_by_a_code_still_earns_it_for_the_referrer(invited, settings):
    complete(invited, guest_order(invited, invited.code))
    assert invited.has() == (0, 1000, 0)


def test_whoever_has_paid_as_a_guest_is_no_newcomer_when_he_signs_in(invited, settings):
    from shop_plugins.referral_rebate import bindings

    order = invited.shop.up_to("paid", {invited.pears: 1}, phone=PHONE)
    invited.shop.clock.forward(seconds=1)
    sign_in(invited, invited.code)
    assert bindings.of_invitee(invited.ctx, order.customer_id) is None


def test_the_newcomer_bonus_is_once_per_phone_even_after_an_erasure(invited, settings):
    from shop.people import personal_data

    first = invited.friend(phone=PHONE)
    assert (invited.has(first.customer_id), invited.has()) == ((0, 300, 0), (0, 1000, 0))
    personal_data.erase(invited.ctx, first.customer_id)
    again = invited.friend(phone=PHONE)
    assert again.customer_id != first.customer_id
    assert (invited.has(again.customer_id), invited.has()) == ((0, 0, 0), (0, 1000, 0))
    texts = [str(row) for row in db.rows("SELECT * FROM once_per_phone")]
    assert len(texts) == 1
    assert PHONE[3:] not in texts[0]


def test_a_stranger_does_not_bar_the_owner_from_being_invited(invited, settings):
    from shop_plugins.referral_rebate import bindings

    friend = invited.shop.customer()
    order = guest_order(invited, invited.code)
    claimed = bindings.of_invitee(invited.ctx, order.customer_id)
    db.run(
        "UPDATE referral_rebate_binding SET removed_at = 1, removed_by = 'referrer' WHERE id = ?",
        claimed.id,
    )
    customer = sign_in(invited, bindings.code_of(invited.ctx, friend))
    invited.shop.up_to("completed", {invited.pears: 1}, customer=customer)
    assert invited.has(friend) == (0, 1000, 0)


def test_a_strangers_code_shows_nothing_of_what_the_owner_buys(invited, settings):
    from shop_plugins.referral_rebate import shown

    order = guest_order(invited, invited.code)
    invited.shop.up_to("completed", {invited.pears: 1}, customer=sign_in(invited))
    assert db.rows(
        shown.INVITED.format(which="b.invitee_id = ?"), "orchard", 1 << 40, order.customer_id, 9
    )[0][7] == 0  # fmt: skip
    assert db.rows(shown.BY_SALES, "orchard", 0, 9) == []
