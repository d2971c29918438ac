"""Trials over HTTP: as a customer, and as staff."""

import pytest

from shop.orders import order_view
from shop_plugins.trial_then_buy import offers

KEY = {"Idempotency-Key": "a-key-of-this-test-1"}


@pytest.fixture
def owner(shop):
    return shop.bearer()


def test_a_customer_reads_the_terms_agrees_tries_and_buys(shop, tried, client, owner):
    customer = shop.customer()
    me = shop.headers_of(customer)
    [offer] = client.get(shop.url("/trial-then-buy/offers")).json["items"]
    one = client.get(shop.url(f"/trial-then-buy/offers/{offer['id']}")).json
    assert one["branches"]["bought"] == {"more": 5500, "back": 0, "total": 8000}
    options = {"trial_then_buy": {"offer": offer["id"]}}
    body = {
        "lines": [{"sku": "POT", "quantity": 1, "options": options}],
        "contact": {"name": "王小明", "phone": "+8613000000001"},
    }
    refused = client.post(shop.url("/orders"), json=body, headers=me | KEY)
    assert (refused.status_code, refused.json["code"]) == (422, "trial_then_buy_accept")
    options["trial_then_buy"]["accept"] = refused.json["version"]
    order = client.post(shop.url("/orders"), json=body, headers=me | KEY).json
    assert order["total"] == 2500
    shop.hand_out(shop.pay(order_view.load(shop.ctx, order_view.find(shop.ctx, order["number"]))))
    [trial] = client.get(shop.url("/trial-then-buy/mine"), headers=me).json["items"]
    assert (trial["state"], trial["order"]) == ("running", order["number"])
    path = shop.url(f"/trial-then-buy/trials/{trial['id']}/buy")
    bought = client.post(path, headers=me | KEY)
    assert (bought.status_code, bought.json["state"]) == (201, "bought")
    assert client.post(path, headers=me | KEY).json == bought.json
    seen = client.get(shop.url(f"/orders/{order['number']}"), headers=me).json
    assert seen["balance"] == 5500
    assert seen["extensions"]["trial_then_buy"]["state"] == "bought"


def test_a_guests_key_alone_is_no_way_to_the_kept_answer(shop, tried, client):
    body = {
        "lines": [{"sku": "POT", "quantity": 1, "options": tried.options()}],
        "contact": {"name": "王小明", "phone": "+8613000000077"},
    }
    order = client.post(shop.url("/orders"), json=body, headers=KEY).json
    bearer = {"Authorization": f"Bearer {order['token']}"}
    shop.hand_out(shop.pay(order_view.load(shop.ctx, order_view.find(shop.ctx, order["number"]))))
    seen = client.get(shop.url(f"/orders/{order['number']}"), headers=bearer).json
    path = shop.url(f"/trial-then-buy/trials/{seen['extensions']['trial_then_buy']['id']}/buy")
    bought = client.post(path, headers=bearer | KEY)
    assert client.post(path, headers=bearer | KEY).data == bought.data
    assert client.post(path, headers=KEY).status_code == 404


def test_nobody_buys_the_trial_of_another(shop, tried, client):
    trial = tried.trial(customer=shop.customer())
    other = shop.headers_of(shop.customer())
    path = shop.url(f"/trial-then-buy/trials/{trial.id}/buy")
    assert client.post(path, headers=other | KEY).status_code == 404


def test_a_guest_who_holds_the_token_of_the_order_keeps_what_he_tried(shop, tried, client):
    options = tried.options()
    body = {
        "lines": [{"sku": "POT", "quantity": 1, "options": options}],
        "contact": {"name": "王小明", "phone": "+8613000000077"},
    }
    order = client.post(shop.url("/orders"), json=body, headers=KEY).json
    shop.hand_out(shop.pay(order_view.load(shop.ctx, order_view.find(shop.ctx, order["number"]))))
    seen = client.get(shop.url(f"/orders/{order['number']}?token={order['token']}")).json
    path = shop.url(f"/trial-then-buy/trials/{seen['extensions']['trial_then_buy']['id']}/buy")
    nobody, wrong = client.post(path, headers=KEY), client.post(f"{path}?token=or_x", headers=KEY)
    assert (nobody.status_code, wrong.status_code) == (404, 404)
    head = KEY | {"Authorization": f"Bearer {order['token']}"}
    assert client.post(path, headers=head).json["state"] == "bought"


def test_the_owner_changes_an_offer_that_nobody_changed_meanwhile(shop, tried, client, owner):
    path = shop.url(f"/admin/trial_then_buy/offers/{tried.offer.id}")
    tag = client.get(path, headers=owner).headers["ETag"]
    assert client.patch(path, json={"fee": 600}, headers=owner).status_code == 428
    changed = client.patch(path, json={"fee": 600}, headers=owner | {"If-Match": tag})
    assert (changed.status_code, changed.json["fee"], changed.json["version"]) == (200, 600, 2)
    assert client.patch(path, json={"fee": 1}, headers=owner | {"If-Match": tag}).status_code == 412


def test_staff_takes_it_back_and_sees_what_it_brought(shop, tried, client, owner):
    trial = tried.trial()
    path = shop.url(f"/admin/trial_then_buy/trials/{trial.id}")
    late = client.get(shop.url("/admin/trial_then_buy/trials?state=running"), headers=owner)
    assert [item["id"] for item in late.json["items"]] == [trial.id]
    client.post(f"{path}/return", json={"note": "a scratch"}, headers=owner | KEY)
    body = {"damage": 300, "restock": "write_off", "reason": "a scratch"}
    done = client.post(f"{path}/settle", json=body, headers=owner | KEY).json
    assert (done["state"], done["damage"], done["note"]) == ("settled", 300, "a scratch")
    [item] = client.get(shop.url("/admin/trial_then_buy/report"), headers=owner).json["items"]
    assert (item["trials"], item["returned"], item["damage"], item["fees"]) == (1, 1, 300, 500)
    assert item["conversion"] == 0


def test_the_owner_makes_and_ends_an_offer(shop, client, owner):
    shop.product(handle="pan", variants=[{"sku": "PAN", "price": 6000, "stock": 9, "cost": 3000}])
    body = {"sku": "PAN", "fee": 100, "deposit": 1000}
    made = client.post(shop.url("/admin/trial_then_buy/offers"), json=body, headers=owner)
    assert (made.status_code, made.json["expected_loss"], made.json["covered"]) == (201, 150, False)
    product = client.get(shop.url("/products/pan")).json
    assert product["variants"][0]["extensions"]["trial_then_buy"]["fee"] == 100
    path = shop.url(f"/admin/trial_then_buy/offers/{made.json['id']}/end")
    assert client.post(path, headers=owner).json["open"] is False
    product = client.get(shop.url("/products/pan")).json
    assert "trial_then_buy" not in product["variants"][0]["extensions"]
    assert offers.running(shop.ctx, [made.json["id"]]) == {}
