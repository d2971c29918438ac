"""Carts over HTTP: what they refuse, how many stand open, when they end."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shop import db
from tests import factory

CARTS = "/api/v1/orchard/carts"


@pytest.fixture
def stores_toml():
    return "[shop.limits]\nopen_carts = 20"


@pytest.fixture
def cart(shop, client):
    """The address of a cart with two apples."""
    factory.product(shop.ctx, price=1000, units=5, sku="APPLE")
    path = f"{CARTS}/{client.post(CARTS, json={}).json['id']}"
    made = client.post(f"{path}/lines", json={"sku": "APPLE", "quantity": 2})
    assert made.json["total"] == 2000
    return path


@pytest.mark.parametrize("name", ["price", "unit_price", "amount", "total", "discount", "subtotal"])
def test_case_01_a_cart_takes_no_price_and_keeps_the_shops(client, cart, name):
    line = client.get(cart).json["lines"][0]["id"]
    for method, path, body in (
        ("POST", CARTS, {}),
        ("PATCH", cart, {}),
        ("POST", f"{cart}/lines", {"sku": "APPLE"}),
        ("PATCH", f"{cart}/lines/{line}", {"quantity": 2}),
    ):
        answer = client.open(path, method=method, json=body | {name: 1})
        assert (answer.status_code, answer.json["code"]) == (422, "invalid"), (method, path)
    seen = client.get(cart).json
    assert (seen["total"], seen["lines"][0]["unit_price"]) == (2000, 1000)


@pytest.mark.parametrize("quantity", [-1, 0, 1.5, True, "1e3", "2", 10**19, None])
def test_case_02_a_line_is_not_changed_to_what_is_no_quantity(client, cart, quantity):
    line = client.get(cart).json["lines"][0]["id"]
    answer = client.patch(f"{cart}/lines/{line}", json={"quantity": quantity})
    assert answer.status_code == 422
    assert client.get(cart).json["total"] == 2000


@pytest.mark.parametrize("part", ["contact", "pickup"])
def test_case_32_a_cart_takes_no_address_of_someone(client, cart, part):
    answer = client.patch(cart, json={part: {"address_id": 1}})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


def begin(client, peer="10.0.0.1"):
    return client.post(CARTS, json={}, environ_base={"REMOTE_ADDR": peer})


def test_case_75_a_peer_has_so_many_open_carts_and_no_more(shop, client):
    most = shop.config.limits.open_carts
    assert most == 20
    assert {begin(client).status_code for _ in range(most)} == {201}
    for _ in range(20):
        refused = begin(client)
        assert (refused.status_code, refused.json["code"]) == (429, "too_many_carts")
    assert db.value("SELECT COUNT(*) FROM cart") == most
    assert begin(client, "10.0.0.2").status_code == 201


def test_case_75_carts_end_by_themselves_and_are_cleared_away(shop, client, clock):
    most, days = shop.config.limits.open_carts, shop.config.limits.cart_days
    carts = [begin(client).json["id"] for _ in range(most)]
    clock.forward(days=days, seconds=-1)
    assert client.get(f"{CARTS}/{carts[0]}").status_code == 200
    assert begin(client).status_code == 429
    clock.forward(seconds=2)
    assert client.get(f"{CARTS}/{carts[0]}").status_code == 404
    assert begin(client).status_code == 201
    shop.run_jobs()
    assert db.value("SELECT COUNT(*) FROM cart") == 1


def test_case_75_many_at_once_pass_the_bound_by_no_more_than_run_at_once(shop):
    most, threads = shop.config.limits.open_carts, 8

    def begin_many(_):
        try:
            return [begin(shop.client).status_code for _ in range(10)]
        finally:
            db.database.close()

    with ThreadPoolExecutor(threads) as pool:
        statuses = [status for made in pool.map(begin_many, range(threads)) for status in made]
    assert set(statuses) == {201, 429}
    assert most <= statuses.count(201) < most + threads
