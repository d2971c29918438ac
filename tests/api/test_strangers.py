"""What a stranger does with somebody else's phone, over HTTP, harms its owner in nothing."""

import pytest

from shop.testing.live import key
from tests.api.test_login import BASE, PHONE, Channel, Postman, bearer, code_for, log_in

STRANGER = {"name": "Mallory", "phone": PHONE}


@pytest.fixture
def plugins():
    Channel.sent.clear()
    return (Postman,)


@pytest.fixture
def stores_toml():
    return "[shop.limits]\nunpaid_orders = 3\n[stores.orchard.plugins.postman]"


@pytest.fixture
def buy(shop, client):
    apple = shop.product(1000, 500, "APPLE")

    def order(headers=()):
        body = {"lines": [{"sku": apple.sku, "quantity": 1}]}
        body["contact"] = {"name": "Wang", "phone": PHONE} if headers else STRANGER
        return client.post(f"{BASE}/orders", json=body, headers=key() | dict(headers))

    return order


def sign_in(shop, client):
    return bearer(log_in(client, code_for(shop)))


def test_unpaid_orders_of_guests_do_not_use_up_the_bound_of_the_phones_owner(shop, client, buy):
    wang = sign_in(shop, client)
    assert [buy().status_code for _ in range(4)] == [201, 201, 201, 429]
    assert [buy(wang).status_code for _ in range(4)] == [201, 201, 201, 429]


def test_a_guest_does_not_go_past_the_bound_by_the_phone_of_an_owner_who_reached_it(
    shop, client, buy
):
    wang = sign_in(shop, client)
    assert [buy(wang).status_code for _ in range(3)] == [201] * 3
    assert (buy().status_code, buy().json["code"]) == (429, "too_many_unpaid_orders")


def test_a_name_that_a_guest_typed_is_not_the_name_of_who_proves_the_phone(shop, client, buy):
    assert buy().status_code == 201
    wang = sign_in(shop, client)
    assert client.get(f"{BASE}/me", headers=wang).json["name"] == ""
    assert [buy(wang).status_code, buy().status_code] == [201, 201]
    again = sign_in(shop, client)
    assert client.get(f"{BASE}/me", headers=again).json["name"] == "Wang"


@pytest.mark.parametrize("stores_toml", ["[shop.limits]\nunpaid_orders_per_peer = 2"])
def test_unpaid_orders_are_bounded_for_an_ipv6_network_as_for_one_address(shop, client):
    apple = shop.product(1000, 50)

    def order(number):
        contact = {"name": "Li", "phone": f"+86138001380{number:02}"}
        body = {"lines": [{"sku": apple.sku, "quantity": 1}], "contact": contact}
        peer = {"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"}
        return client.post(f"{BASE}/orders", json=body, headers=key(), environ_base=peer)

    assert [order(number).status_code for number in (1, 2, 3)] == [201, 201, 429]
