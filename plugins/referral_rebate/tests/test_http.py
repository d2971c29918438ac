"""Over HTTP: who invites, who comes, and staff."""

import re

import pytest

from shop.orders import order_view
from shop.people import accounts, login
from shop_plugins.referral_rebate import bindings

KEY = {"Idempotency-Key": "a-key-of-this-test-1"}


@pytest.fixture
def settings():
    return {"rate": 10, "newcomer": 300, "link": "https://pears.example/?c={code}"}


@pytest.fixture
def owner(shop):
    return shop.bearer()


def get(shop, client, path, who=None):
    answer = client.get(shop.url(path), headers=who or {})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_one_shares_a_link_a_friend_buys_and_every_cent_is_explained(shop, invited, client):
    wang = shop.headers_of(invited.wang)
    mine = get(shop, client, "/referral-rebate/code", wang)
    assert mine == {"code": invited.code, "link": f"https://pears.example/?c={invited.code}"}
    known = get(shop, client, f"/referral-rebate/codes/{invited.code.lower()}")
    assert known["code"] == invited.code
    body = {
        "lines": [{"sku": "PEARS", "quantity": 2}],
        "contact": {"name": "陈静", "phone": "+8613000000055"},
        "options": {"referral_rebate": {"code": invited.code, "source": "群聊"}},
    }
    order = client.post(shop.url("/orders"), json=body, headers=KEY).json
    placed = order_view.load(shop.ctx, order_view.find(shop.ctx, order["number"]))
    shop.hand_out(shop.pay(placed))
    balance = get(shop, client, "/referral-rebate/balance", wang)
    assert (balance["available"], balance["pending"]) == (0, 2000)
    explained = get(shop, client, "/referral-rebate/explain", wang)
    [item] = explained["items"]
    assert (item["kind"], item["state"], item["friend"], item["order"]) == (
        "referrer", "pending", "陈**", None,
    )  # fmt: skip
    assert item["parts"][0]["words"] == "Pears：¥200.00 的 10%，¥20.00"
    assert explained["sums"]["rewards"] == 2000
    [friend] = get(shop, client, "/referral-rebate/invited", wang)["items"]
    assert (friend["name"], friend["source"], friend["orders"], friend["earned"]) == (
        "陈**", "群聊", 1, 2000,
    )  # fmt: skip
    [source] = get(shop, client, "/referral-rebate/sources", wang)["items"]
    assert source == {"source": "群聊", "invited": 1, "bought": 1, "orders": 1, "sales": 20_000}
    [first] = get(shop, client, "/referral-rebate/leaderboard")["items"]
    assert (first["place"], first["count"]) == (1, 20_000)
    assert get(shop, client, "/referral-rebate/leaderboard?by=orders")["items"][0]["count"] == 1
    shop.forward(days=8)
    body = {
        "lines": [{"sku": "PEARS", "quantity": 1}],
        "options": {"referral_rebate": {"spend": "max"}},
    }
    paid = client.post(shop.url("/orders"), json=body, headers=wang | KEY).json
    assert paid["total"] == 8000
    assert paid["extensions"]["referral_rebate"] == {"spent": 2000, "earned": 0}
    kinds = [item["kind"] for item in get(shop, client, "/referral-rebate/history", wang)["items"]]
    assert kinds == ["spend", "grant"]


def test_a_login_binds_a_new_customer_too(shop, invited, client, monkeypatch):
    sent = []
    monkeypatch.setattr(login.channels, "send", lambda ctx, message: sent.append(message.text))
    phone = "+8613000000056"
    client.post(shop.url("/login/code"), json={"phone": phone})
    shop.run_jobs()
    [code] = re.findall(r"\d{6}", sent[0])
    body = {"phone": phone, "code": code, "options": {"referral_rebate": {"code": invited.code}}}
    assert client.post(shop.url("/login"), json=body).status_code == 200
    customer = accounts.find(shop.ctx, phone)
    assert bindings.of_invitee(shop.ctx, customer).referrer_id == invited.wang


def test_a_newcomer_or_the_referrer_undoes_the_binding(shop, invited, client):
    order = invited.friend("placed")
    other = invited.friend("placed")
    me, wang = shop.headers_of(order.customer_id), shop.headers_of(invited.wang)
    assert client.delete(shop.url("/referral-rebate/binding"), headers=wang).status_code == 404
    assert client.delete(shop.url("/referral-rebate/binding"), headers=me).status_code == 204
    path = shop.url(f"/referral-rebate/invited/{invited.binding(other).id}")
    assert client.delete(path, headers=me).status_code == 404
    assert client.delete(path, headers=wang).status_code == 204
    states = [
        item["state"] for item in get(shop, client, "/referral-rebate/invited", wang)["items"]
    ]
    assert states == ["removed", "removed"]


def test_staff_looks_at_what_is_odd_and_judges(shop, invited, client, owner):
    orders = [invited.friend() for _ in range(5)]
    rewards = get(shop, client, "/admin/referral_rebate/rewards", owner)["items"]
    mine = [item for item in rewards if item["kind"] == "referrer"]
    assert "many" in mine[0]["flags"]
    assert "quick" in mine[0]["flags"]
    assert mine[0]["order"] == orders[-1].number
    path = shop.url(f"/admin/referral_rebate/rewards/{mine[0]['id']}")
    held = client.post(f"{path}/hold", json={"reason": "many at once"}, headers=owner)
    assert (held.status_code, held.json["state"]) == (200, "held")
    assert client.post(f"{path}/release", headers=owner).json["state"] == "pending"
    void = client.post(f"{path}/void", json={"reason": "himself"}, headers=owner)
    assert void.json["state"] == "void"
    assert client.post(f"{path}/release", headers=owner).status_code == 409
    listed = get(shop, client, "/admin/referral_rebate/rewards?state=void", owner)["items"]
    assert [item["id"] for item in listed] == [mine[0]["id"]]


def test_staff_sees_who_came_through_whom_and_what_it_brought(shop, invited, client, owner):
    order = invited.friend(option={"source": "poster"})
    [binding] = get(shop, client, "/admin/referral_rebate/bindings", owner)["items"]
    assert (binding["customer"], binding["referrer"]) == (order.customer_id, invited.wang)
    report = get(shop, client, "/admin/referral_rebate/report", owner)
    assert (report["invited"], report["bought"], report["sales"]) == (1, 1, 10_000)
    assert (report["referrers"], report["newcomers"], report["outstanding"]) == (1000, 300, 1300)
    [source] = get(shop, client, "/admin/referral_rebate/sources", owner)["items"]
    assert source["source"] == "poster"
    get(shop, client, "/admin/referral_rebate/leaderboard", owner)
    path = f"/admin/referral_rebate/customers/{order.customer_id}/explain"
    [newcomer] = get(shop, client, path, owner)["items"]
    assert (newcomer["kind"], newcomer["amount"]) == ("newcomer", 300)
    gone = client.delete(
        shop.url(f"/admin/referral_rebate/bindings/{binding['id']}"), headers=owner
    )
    assert gone.status_code == 204


def test_the_rules_are_public(shop, client, invited):
    rules = get(shop, client, "/referral-rebate/rules")
    assert (rules["rate"], rules["first_only"], rules["greatest_share"]) == (10, True, 50)
    assert client.get(shop.url("/referral-rebate/explain")).status_code == 401
    assert client.get(shop.url("/referral-rebate/codes/NOBODY")).status_code == 404
