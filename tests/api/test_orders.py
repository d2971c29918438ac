import secrets

import pytest

from shop import db
from shop.catalog import products
from shop.people import accounts, auth
from shop.pickup import points

ORDERS = "/api/v1/orchard/orders"


@pytest.fixture
def catalogue(shop):
    for sku, price, stock in (("APPLE", 1000, 5), ("PEAR", 999, 3)):
        products.create(
            shop.ctx,
            {
                "title": sku.title(),
                "status": "published",
                "variants": [{"sku": sku, "price": price, "stock": stock}],
            },
        )
    return shop


@pytest.fixture
def order(catalogue, client):
    return lambda body=None, **headers: client.post(
        ORDERS, json=body or wanted(), headers={"Idempotency-Key": secrets.token_hex(16), **headers}
    )


def wanted(sku="APPLE", quantity=2, **facts):
    contact = {"name": "王小明", "phone": "130 0000 0001"}
    return {"lines": [{"sku": sku, "quantity": quantity}], "contact": contact, **facts}


def customer(shop, phone="+8613000000002"):
    customer_id, _ = accounts.find_or_make(shop.ctx, phone)
    token = auth.issue(shop.ctx, customer=customer_id, scopes=auth.CUSTOMER_SCOPES)
    return {"Authorization": f"Bearer {token}"}


def test_a_guest_orders_in_one_call_and_sees_the_order_by_its_token(order, client):
    made = order()
    assert made.status_code == 201
    assert made.json["total"] == 2000
    assert made.json["contact"]["phone"] == "+8613000000001"
    path = f"{ORDERS}/{made.json['number']}"
    by_header = client.get(path, headers={"Authorization": f"Bearer {made.json['token']}"})
    by_link = client.get(f"{path}?token={made.json['token']}")
    assert by_header.json == by_link.json
    assert "token" not in by_link.json
    assert by_link.json | {"token": made.json["token"]} == made.json


def test_a_guest_orders_through_a_cart_once(catalogue, client, order):
    cart = client.post("/api/v1/orchard/carts", json={}).json["id"]
    path = f"/api/v1/orchard/carts/{cart}"
    for _ in range(2):
        filled = client.post(f"{path}/lines", json={"sku": "APPLE", "quantity": 2})
    assert [line["quantity"] for line in filled.json["lines"]] == [4]
    line = filled.json["lines"][0]["id"]
    assert client.patch(f"{path}/lines/{line}", json={"quantity": 1}).json["total"] == 1000
    client.patch(path, json={"contact": {"name": "王", "phone": "13000000001"}, "note": "快"})
    made = order({"cart": cart, "expected_total": 1000})
    assert (made.status_code, made.json["note"]) == (201, "快")
    assert client.get(path).status_code == 404
    assert order({"cart": cart}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        wanted(price=1),
        wanted(total=1),
        wanted(discount=1),
        {**wanted(), "lines": [{"sku": "APPLE", "quantity": 1, "price": 1}]},
    ],
)
def test_case_01_a_price_from_the_client_is_an_unknown_field(order, body):
    answer = order(body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert db.value("SELECT COUNT(*) FROM orders") == 0


@pytest.mark.parametrize(
    "language, words",
    [("en", "Some fields are not right: {}."), ("zh", "有些内容不对：{}。")],
)
def test_what_is_missing_or_wrong_is_named_to_people_too(order, language, words):
    def detail(body):
        return order(body, **{"Accept-Language": language}).json["detail"]

    assert detail(wanted(contact={})) == words.format("contact.name, contact.phone")
    assert detail(wanted(quantity=0)) == words.format("lines.0.quantity")
    odd = {f"{number}{'x' * 99}": 1 for number in range(9)}
    assert len(detail(wanted(**odd))) < 400


@pytest.mark.parametrize("quantity", [-1, 0, 1.5, True, "1e3", "1", 10**19, None, []])
def test_case_02_a_quantity_is_a_whole_number_from_one(order, client, quantity):
    assert order(wanted(quantity=quantity)).status_code == 422
    cart = client.post("/api/v1/orchard/carts", json={}).json["id"]
    path = f"/api/v1/orchard/carts/{cart}/lines"
    assert client.post(path, json={"sku": "APPLE", "quantity": quantity}).status_code == 422
    assert db.value("SELECT COUNT(*) FROM orders") == 0
    assert db.value("SELECT COUNT(*) FROM cart_line") == 0


def test_case_03_a_total_past_what_an_integer_holds_is_refused(catalogue, order):
    products.create(
        catalogue.ctx,
        {
            "title": "Diamond",
            "status": "published",
            "variants": [{"sku": "DIAMOND", "price": 2**53 - 1, "stock": 900}],
        },
    )
    answer = order(wanted("DIAMOND", 900))
    assert (answer.status_code, answer.json["code"]) == (422, "total_too_large")


@pytest.mark.parametrize("total", [0.1 + 0.2, 19.9, "19.90", True, -1])
def test_case_04_amounts_are_whole_minor_units(order, total):
    assert order(wanted(expected_total=total)).status_code == 422


def test_case_31_anothers_order_and_cart_look_like_missing_ones(catalogue, client, order):
    mine, other = customer(catalogue), customer(catalogue, "+8613000000003")
    made = order(wanted(), **mine).json["number"]
    assert client.get(f"{ORDERS}/{made}", headers=mine).status_code == 200
    cart = client.post("/api/v1/orchard/carts", json={}, headers=mine).json["id"]
    for path in (f"{ORDERS}/{made}", f"/api/v1/orchard/carts/{cart}"):
        missing = path[:-8] + "00000000"
        for headers in (other, {}):
            seen, absent = (client.get(p, headers=headers) for p in (path, missing))
            assert seen.status_code == absent.status_code == 404
            assert without_id(seen) == without_id(absent)
    assert client.post(f"{ORDERS}/{made}/cancel", headers=other).status_code == 404
    wrong = client.get(f"{ORDERS}/{made}?token=or_{'x' * 32}")
    assert wrong.status_code == 404


def without_id(answer):
    return {name: value for name, value in answer.json.items() if name != "request_id"}


def test_case_32_an_address_of_someone_else_is_an_unknown_field(order):
    assert order(wanted(address_id=1)).status_code == 422


def test_case_34_a_guests_link_takes_no_filter(order, client):
    made = order().json
    answer = client.get(f"{ORDERS}/{made['number']}?token={made['token']}&customer=1")
    assert answer.status_code == 422


def test_case_77_unpaid_orders_of_one_phone_are_bounded(catalogue, order):
    for _ in range(2):
        order(wanted("APPLE", 1))
    products.create(
        catalogue.ctx,
        {
            "title": "Plum",
            "status": "published",
            "variants": [{"sku": "PLUM", "price": 1, "stock": 100}],
        },
    )
    answers = [order(wanted("PLUM", 1)).status_code for _ in range(10)]
    assert answers == [201] * 8 + [429] * 2


@pytest.mark.parametrize("stores_toml", ["[shop.limits]\nunpaid_orders_per_peer = 3"])
def test_case_77_unpaid_orders_of_one_peer_are_bounded_whatever_the_phone(catalogue, order, client):
    def buy(phone, peer="10.0.0.1"):
        body = wanted("APPLE", 1) | {"contact": {"name": "x", "phone": f"+861300000{phone}"}}
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        return client.post(ORDERS, json=body, headers=headers, environ_base={"REMOTE_ADDR": peer})

    made = [buy(phone) for phone in (1001, 1002, 1003)]
    assert [answer.status_code for answer in made] == [201] * 3
    refused = buy(1004)
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_unpaid_orders")
    assert buy(1004, "10.0.0.2").status_code == 201
    first = made[0].json
    paid = {"provider": "manual", "method": "at_pickup", "amount": first["total"]}
    headers = catalogue.bearer() | {"Idempotency-Key": secrets.token_hex(16)}
    path = f"/api/v1/orchard/admin/orders/{first['number']}/payments"
    assert client.post(path, json=paid, headers=headers).status_code == 201
    assert buy(1005).status_code == 201


def test_a_cancelled_order_gives_its_units_back(order, client):
    made = order().json
    path = f"{ORDERS}/{made['number']}/cancel?token={made['token']}"
    assert client.post(path).json["state"] == "cancelled"
    assert client.post(path).json["code"] == "not_cancellable"
    assert db.value("SELECT SUM(on_hand) FROM stock") == 8


def test_a_cancel_whose_answer_was_lost_is_sent_again_and_answered_alike(catalogue, order, client):
    owner = catalogue.bearer()
    for path, headers in (
        ("{}/orders/{}/cancel", lambda made: {"Authorization": f"Bearer {made['token']}"}),
        ("{}/admin/orders/{}/cancel", lambda made: owner),
    ):
        made = order().json
        key = {"Idempotency-Key": secrets.token_hex(16)}
        path = path.format("/api/v1/orchard", made["number"])
        first = client.post(path, json={}, headers=headers(made) | key)
        assert first.json["state"] == "cancelled"
        again = client.post(path, json={}, headers=headers(made) | key)
        assert (again.status_code, again.data) == (200, first.data)
        stranger = client.post(path, json={}, headers=key)
        assert stranger.status_code in (401, 404), "a key is no way to an order"


def test_staff_cancel_an_order_and_the_note_of_it_in_one_transaction(catalogue, order, client):
    path = f"/api/v1/orchard/admin/orders/{order().json['number']}"
    owner = catalogue.bearer()

    def fail(sql):
        if 'INTO "audit"' in sql:
            raise RuntimeError("killed")

    with db.watched(fail):
        assert client.post(f"{path}/cancel", json={}, headers=owner).status_code == 500
    assert client.get(path, headers=owner).json["state"] == "pending"
    cancelled = client.post(f"{path}/cancel", json={}, headers=owner)
    assert (cancelled.status_code, cancelled.json["state"]) == (200, "cancelled")
    assert db.value("SELECT COUNT(*) FROM audit WHERE action = 'order.cancel'") == 1


def test_staff_see_the_orders_of_their_points_only(catalogue, client, order):
    for code in ("east", "west"):
        points.create(catalogue.ctx, code, {"name": code})
    made = order(wanted(pickup={"point": "east"})).json["number"]
    east, west = (points.named(catalogue.ctx, code).id for code in ("east", "west"))
    path = "/api/v1/orchard/admin/orders"
    for point, count, status in ((east, 1, 200), (west, 0, 404)):
        clerk = clerk_token(catalogue, point)
        assert len(client.get(path, headers=clerk).json["items"]) == count
        assert client.get(f"{path}/{made}", headers=clerk).status_code == status


def clerk_token(shop, point):
    [staff] = db.insert(
        "staff",
        "store, name, role, password_hash, totp_secret, totp_last, points, active, version, created_at",
        ("orchard", f"clerk{point}", "clerk", "", "", 0, db.dump([point]), 1, 1, 1),
    )
    token = auth.issue(shop.ctx, staff=staff, scopes=auth.CLERK_SCOPES)
    return {"Authorization": f"Bearer {token}"}


def test_an_order_of_one_store_is_not_seen_in_another(order, client):
    made = order().json
    path = f"/api/v1/market/orders/{made['number']}?token={made['token']}"
    assert client.get(path).status_code == 404
    assert client.get("/api/v1/market/products/apple").status_code == 404


@pytest.fixture
def stores_toml():
    return (
        '[stores.market]\nname = "Market"\ncurrency = "EUR"\n'
        'timezone = "Europe/Berlin"\nlocale = "en"\n'
    )
