"""A guest's key makes one order of a request that is sent twice; it opens nothing for who finds it."""

import pytest

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
ORDERS = "/api/v1/orchard/orders"
KEY = {"Idempotency-Key": "found-in-a-log-0001"}


@pytest.fixture
def place(shop):
    apple = shop.product(1000, stock=9)
    body = {
        "lines": [{"sku": apple.sku, "quantity": 1}],
        "contact": {"name": "Mia", "phone": "+8613000000001"},
    }

    def placed(peer, **facts):
        return shop.client.post(
            ORDERS, json=body | facts, headers=KEY, environ_overrides={"REMOTE_ADDR": peer}
        )

    placed.sku = apple.sku
    return placed


def opens_nothing(shop, answer):
    assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (201, "true")
    assert "token" not in answer.json
    assert (answer.json["pickup"]["code"], answer.json["extensions"]) == ("", {})
    assert shop.client.get(f"{ORDERS}/{answer.json['number']}").status_code == 404


def test_a_replay_from_elsewhere_says_that_the_order_was_placed_and_opens_nothing(shop, place):
    first = place(HOME)
    assert first.json["token"].startswith("or_")
    again = place(ELSEWHERE)
    assert again.json["number"] == first.json["number"]
    opens_nothing(shop, again)


def test_case_93_a_lost_answer_is_given_again_to_the_peer_that_ordered(shop, place):
    first = place(HOME)
    shop.clock.forward(minutes=30)
    assert place(HOME).data == first.data
    shop.clock.forward(minutes=31)
    opens_nothing(shop, place(HOME))


@pytest.mark.sqlite_only
def test_a_device_may_change_its_address_within_its_ipv6_network(shop, place):
    first = place("2001:db8:1:2::10")
    assert place("2001:db8:1:2:a:b:c:d").data == first.data
    opens_nothing(shop, place("2001:db8:1:3::10"))


@pytest.mark.sqlite_only
def test_an_unknown_peer_is_nobodys(shop, place):
    place("")
    opens_nothing(shop, place(""))


def test_who_names_the_carts_secret_id_has_the_answer_again_from_anywhere(shop, place):
    cart = shop.client.post("/api/v1/orchard/carts", json={}).json["id"]
    line = {"sku": place.sku, "quantity": 1}
    assert shop.client.post(f"/api/v1/orchard/carts/{cart}/lines", json=line).status_code < 300
    body = {"cart": cart, "contact": {"name": "Mia", "phone": "+8613000000001"}}

    def order(peer):
        return shop.client.post(
            ORDERS, json=body, headers=KEY, environ_overrides={"REMOTE_ADDR": peer}
        )

    first = order(HOME)
    assert first.json["token"]
    assert order(ELSEWHERE).data == first.data
