"""Carts over HTTP: what they refuse, how many stand open, when they end."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shop import db
from shop.catalog import products
from shop.pickup import points, timetable
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


@pytest.mark.parametrize("ordered_before", [False, True], ids=["deleted", "archived"])
@pytest.mark.parametrize("what", ["product", "variant"])
def test_a_deleted_product_or_variant_stays_in_the_cart_as_gone_and_stops_the_order(
    shop, client, what, ordered_before
):
    variants = [{"sku": sku, "price": 500, "stock": 9} for sku in ("JAM-S", "JAM-L")]
    for variant, size in zip(variants, ("S", "L"), strict=True):
        variant["options"] = [size]
    facts = {"title": "Jam", "status": "published", "variants": variants}
    jam = products.create(shop.ctx, facts | {"options": [{"name": "Size", "values": ["S", "L"]}]})
    small = db.value("SELECT id FROM variant WHERE sku = 'JAM-S'")
    factory.product(shop.ctx, price=1000, units=5, sku="APPLE")
    if ordered_before:
        factory.order(shop.ctx, [(small, 1)])
    path = f"{CARTS}/{client.post(CARTS, json={}).json['id']}"
    for sku in ("JAM-S", "APPLE"):
        title = client.post(f"{path}/lines", json={"sku": sku}).json["lines"][0]["title"]

    if what == "product":
        products.delete(shop.ctx, jam)
        products.create(shop.ctx, facts | {"options": [{"name": "Size", "values": ["S", "L"]}]})
    else:
        products.delete_variant(shop.ctx, jam, "JAM-S")

    seen = client.get(path).json
    line = seen["lines"][0]
    assert (line["sku"], line["title"], line["amount"]) == ("JAM-S", title, 0)
    assert seen["total"] == 1000
    [problem] = seen["problems"]
    assert (problem["code"], problem["line"], problem["name"]) == ("gone", line["id"], title)
    contact = {"name": "Ann", "phone": "13900000000"}
    body = {"cart": path.rsplit("/", 1)[1], "contact": contact}

    def order():
        return client.post(
            "/api/v1/orchard/orders", json=body, headers={"Idempotency-Key": "k" * 20}
        )

    refused = order()
    assert (refused.status_code, refused.json["code"]) == (409, "gone")
    assert client.delete(f"{path}/lines/{line['id']}").json["problems"] == []
    placed = order()
    assert (placed.status_code, placed.json["total"]) == (201, 1000)


def test_a_draft_in_a_cart_keeps_its_title_and_can_be_sold_again(shop, client, cart):
    product = db.value("SELECT product_id FROM variant WHERE sku = 'APPLE'")
    products.update(shop.ctx, product, {"status": "draft"})
    seen = client.get(cart).json
    assert (seen["lines"][0]["title"], seen["total"]) == ("Apple", 0)
    assert [problem["code"] for problem in seen["problems"]] == ["unavailable"]
    products.update(shop.ctx, product, {"status": "published"})
    assert client.get(cart).json["problems"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE pickup_window SET retired_at = ends", "window_unknown"),
        ("UPDATE pickup_point SET retired_at = 1", "pickup_point_unknown"),
        ("UPDATE pickup_window SET cut_off = 1", "window_closed"),
    ],
    ids=["deleted", "point deleted", "closed"],
)
def test_a_cart_says_that_its_chosen_window_was_deleted_or_closed(shop, client, cart, change, code):
    point = points.create(shop.ctx, "gate", {"name": "Gate"})
    start = shop.ctx.now_us + 3_600_000_000
    window = timetable.create(shop.ctx, point.id, start, start + 1_000_000, start)
    chosen = {"pickup": {"point": "gate", "window": window["id"]}}
    assert client.patch(cart, json=chosen).json["problems"] == []
    db.change(change)
    assert [problem["code"] for problem in client.get(cart).json["problems"]] == [code]
    contact = {"name": "Ann", "phone": "13900000000"}
    body = {"cart": cart.rsplit("/", 1)[1], "contact": contact}
    key = {"Idempotency-Key": "k" * 20}
    refused = client.post("/api/v1/orchard/orders", json=body, headers=key)
    assert (refused.status_code, refused.json["code"]) == (422, code)
