"""The limit of a customer, and guests who type his phone."""

import pytest

from shop import Caller, Conflict, Reject, db
from shop.orders import orders
from shop.people import auth
from shop.stock import claims
from shop_plugins.flash_sale import limits
from shop_plugins.flash_sale.tests.seen import claimed

PHONE = "+8613012345678"


@pytest.fixture
def wang(shop):
    return shop.customer(PHONE)


@pytest.fixture
def own(shop, wang):
    """The context of the owner of the phone, signed in."""
    return shop.context(Caller("customer", wang, "Wang", frozenset(auth.CUSTOMER_SCOPES)))


def buy(shop, ctx, goods, units=1):
    return orders.place(ctx, orders.Draft(shop.basket({goods: units}), "Wang", PHONE))


def test_what_guests_order_of_a_phone_without_paying_gives_way_to_its_owner(
    shop, sell, apple, wang, own
):
    sale = sell({apple: (700, 50)}, per_customer=2)
    stranger = buy(shop, shop.context(Caller()), apple, 2)
    assert limits.used(own, [sale.id], wang) == {sale.id: 0}
    mine = buy(shop, own, apple, 2)
    shop.run_jobs()
    assert [shop.seen(order).state for order in (stranger, mine)] == ["cancelled", "pending"]
    assert (shop.seen(stranger).cancel_reason, claimed(sale, wang)) == ("gave_way", 2)


def test_a_guests_order_stays_while_there_is_room_for_both(shop, sell, apple, wang, own):
    sale = sell({apple: (700, 50)}, per_customer=2)
    stranger = buy(shop, shop.context(Caller()), apple)
    buy(shop, own, apple)
    shop.run_jobs()
    assert (shop.seen(stranger).state, claimed(sale, wang)) == ("pending", 2)


@pytest.mark.parametrize("first", ["guest", "owner"])
def test_a_cheat_gets_no_more_by_ordering_signed_in_and_as_a_guest(
    shop, sell, apple, wang, own, first
):
    sell({apple: (700, 50)}, per_customer=2)
    ways = [shop.context(Caller()), own]
    if first == "owner":
        ways.reverse()
    shop.pay(buy(shop, ways[0], apple, 2))
    with pytest.raises(Reject, match="over_limit"):
        buy(shop, ways[1], apple)


def test_a_guest_who_pays_after_he_gave_way_gets_his_money_back(shop, sell, apple, wang, own):
    sell({apple: (700, 50)}, per_customer=2)
    stranger = buy(shop, shop.context(Caller()), apple, 2)
    buy(shop, own, apple, 2)
    shop.pay(stranger)  # before the job ran
    shop.run_jobs()
    stranger = shop.seen(stranger)
    assert (stranger.state, stranger.money_kept) == ("cancelled", 0)


def test_an_order_that_gave_way_is_not_handed_out_before_it_is_cancelled(
    shop, sell, apple, wang, own
):
    sell({apple: (700, 50)}, per_customer=2)
    stranger = buy(shop, shop.context(Caller()), apple, 2)
    buy(shop, own, apple, 2)
    shop.pay(stranger)
    with pytest.raises(Conflict, match="held"):
        shop.hand_out(stranger)
    shop.run_jobs()
    assert shop.seen(stranger).state == "cancelled"


def test_without_the_rule_a_stranger_uses_up_the_limit(shop, sell, apple, wang, own, monkeypatch):
    """The control: the claim knows nothing of whose it is."""
    sell({apple: (700, 50)}, per_customer=2)
    buy(shop, shop.context(Caller()), apple, 2)
    monkeypatch.setattr(claims.identity, "giving_way", lambda ctx, customer: [])
    with pytest.raises(Reject, match="over_limit"):
        buy(shop, own, apple)
    assert db.value("SELECT COUNT(*) FROM orders") == 1
