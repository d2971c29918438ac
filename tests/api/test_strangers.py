"""What a stranger does with somebody else's phone, over HTTP, harms its owner in nothing."""

import re
from collections import Counter

import pytest

from shop.people import passwords, staff
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


# -- login codes ---------------------------------------------------------------------------------

HERE, THERE = {"REMOTE_ADDR": "203.0.113.7"}, {"REMOTE_ADDR": "198.51.100.9"}


def ask(client, peer):
    return client.post(f"{BASE}/login/code", json={"phone": PHONE}, environ_base=peer)


def type_code(client, peer, code):
    body = {"phone": PHONE, "code": code}
    return client.post(f"{BASE}/login", json=body, environ_base=peer)


def test_codes_that_strangers_ask_for_do_not_keep_the_owners_from_him(shop, client):
    assert [ask(client, THERE).status_code for _ in range(6)] == [202] * 5 + [429]
    assert ask(client, HERE).status_code == 202
    shop.run_jobs()
    code = Channel.sent[-1].text
    assert ask(client, THERE).json["retry_after"] <= 60
    assert type_code(client, HERE, re.search(r"\d{6}", code)[0]).status_code == 200


def test_after_the_bound_of_a_phone_the_next_code_is_minutes_away_and_pauses_grow(client, clock):
    for number in range(20):
        peer = {"REMOTE_ADDR": f"198.51.100.{number}"}
        assert ask(client, peer).status_code == 202
    refused = ask(client, HERE)
    assert (refused.status_code, refused.json["retry_after"]) == (429, 60)
    clock.forward(minutes=1)
    assert ask(client, HERE).status_code == 202
    assert ask(client, HERE).json["retry_after"] == 120


def test_a_code_sent_before_goes_on_working_while_no_other_is_sent(shop, client):
    ask(client, HERE)
    shop.run_jobs()
    code = re.search(r"\d{6}", Channel.sent[-1].text)[0]
    for number in range(30):
        ask(client, {"REMOTE_ADDR": f"198.51.100.{number}"})
    assert type_code(client, HERE, code).status_code == 200


def test_wrong_tries_of_strangers_do_not_use_up_the_owners(shop, client):
    ask(client, HERE)
    shop.run_jobs()
    code = re.search(r"\d{6}", Channel.sent[-1].text)[0]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    tries = [
        type_code(client, {"REMOTE_ADDR": f"198.51.100.{number % 9}"}, wrong).status_code
        for number in range(60)
    ]
    assert Counter(tries) == {422: 20, 429: 40}
    assert type_code(client, HERE, code).status_code == 200


def test_an_ipv6_network_guesses_as_often_as_one_address(shop, client):
    ask(client, HERE)
    tries = [
        type_code(client, {"REMOTE_ADDR": f"2001:db8:1:2::{n:x}"}, "000000").status_code
        for n in range(1, 9)
    ]
    assert tries.count(429) >= 3


# -- staff ---------------------------------------------------------------------------------------

PASSWORD = "correct horse battery"


def staff_sign_in(client, number, password="wrong", **more):
    peer = {"REMOTE_ADDR": f"198.51.100.{number}"} if isinstance(number, int) else number
    body = {"name": "anna", "password": password, **more}
    return client.post(f"{BASE}/admin/login", json=body, environ_base=peer)


@pytest.fixture
def anna(shop):
    staff.create(shop.ctx, "anna", "owner", password=PASSWORD)


@pytest.fixture
def quick(monkeypatch):
    """Passwords are compared at no cost."""
    monkeypatch.setattr(passwords, "matches", lambda stored, given: given == PASSWORD)


def test_ten_addresses_do_not_lock_a_member_of_staff_out(client, clock, anna, quick):
    for number in range(10):
        for _ in range(11):
            staff_sign_in(client, number)
    assert staff_sign_in(client, 0, PASSWORD).status_code == 429
    clock.forward(seconds=15)
    assert staff_sign_in(client, 99, PASSWORD).status_code == 200


def test_a_device_that_signed_in_before_is_let_through_at_once(client, anna, quick):
    device = staff_sign_in(client, HERE, PASSWORD).json["device"]
    for number in range(12):
        for _ in range(11):
            staff_sign_in(client, number)
    for _ in range(11):
        staff_sign_in(client, HERE)
    assert staff_sign_in(client, HERE, PASSWORD).status_code == 429
    assert staff_sign_in(client, HERE, PASSWORD, device=device).status_code == 200


def test_a_device_of_somebody_else_or_of_an_older_password_is_not_known(shop, client, anna, quick):
    staff.create(shop.ctx, "ben", "clerk", password=PASSWORD)
    body = {"name": "ben", "password": PASSWORD}
    other = client.post(f"{BASE}/admin/login", json=body).json["device"]
    mine = staff_sign_in(client, HERE, PASSWORD).json["device"]
    staff.set_password(shop.ctx, staff.named(shop.ctx, "anna")["id"], "another horse battery")
    for _ in range(11):
        staff_sign_in(client, HERE)
    for device in (mine, other, "x", "a.b"):
        assert staff_sign_in(client, HERE, PASSWORD, device=device).status_code == 429


def test_a_device_may_guess_no_more_often_than_others(client, anna, quick):
    device = staff_sign_in(client, HERE, PASSWORD).json["device"]
    tries = [staff_sign_in(client, HERE, device=device).status_code for _ in range(12)]
    assert tries == [401] * 10 + [429] * 2


def test_pauses_between_passwords_grow_and_an_ipv6_network_is_one(client, clock, anna, quick):
    waits = []
    for number in range(13):
        tried = staff_sign_in(client, {"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"})
        if tried.status_code == 429:
            waits.append(tried.json["retry_after"])
            clock.forward(seconds=waits[-1])
            staff_sign_in(client, {"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"})
    assert waits == [1, 2, 4]


def test_knocking_in_a_pause_makes_it_no_longer_and_counts_against_nobody(
    client, clock, anna, quick
):
    for _ in range(10):
        staff_sign_in(client, HERE)
    refused = [staff_sign_in(client, HERE) for _ in range(100)]
    assert {answer.status_code for answer in refused} == {429}
    assert staff_sign_in(client, 7).status_code == 401  # the name has not been tried 100 times
    clock.forward(seconds=refused[0].json["retry_after"])
    assert staff_sign_in(client, HERE, PASSWORD).status_code == 200


def test_who_signs_in_rightly_uses_no_tries_up(client, anna, quick):
    for _ in range(60):
        assert staff_sign_in(client, HERE, PASSWORD).status_code == 200
    assert staff_sign_in(client, HERE).status_code == 401


def test_who_is_refused_for_his_network_has_used_up_no_tries_of_the_name(
    client, clock, anna, quick
):
    for number in range(50):
        staff_sign_in(client, HERE, name=f"nobody{number}")
    clock.forward(seconds=1)
    assert staff_sign_in(client, HERE, name="nobody").status_code == 401
    clock.forward(seconds=1)
    assert {staff_sign_in(client, HERE).status_code for _ in range(10)} == {429}
    clock.forward(seconds=3599)  # the network is forgotten; what was tried a second later is not
    assert [staff_sign_in(client, HERE).status_code for _ in range(2)] == [401, 401]


def test_a_right_password_takes_back_its_own_try_and_not_those_of_others(
    client, clock, anna, quick
):
    for number in range(50):
        staff_sign_in(client, HERE, name=f"nobody{number}")
    clock.forward(seconds=1)
    assert staff_sign_in(client, HERE, PASSWORD).status_code == 200
    assert staff_sign_in(client, HERE, name="nobody").status_code == 429


def test_asking_for_codes_in_a_pause_makes_it_no_longer(client, clock):
    asked = [ask(client, HERE) for _ in range(5)]
    assert [answer.status_code for answer in asked] == [202] * 5
    refused = [ask(client, HERE) for _ in range(30)]  # as many as a network may ask for in an hour
    assert {answer.status_code for answer in refused} == {429}
    clock.forward(seconds=refused[0].json["retry_after"])
    assert ask(client, HERE).status_code == 202
