"""Money over HTTP: who may do what, and what the answers look like."""

import itertools

import pytest

from shop import db
from shop.orders import order_access
from shop.payments import dues, payments
from shop.people import auth
from tests import factory

BASE = "/api/v1/orchard"
_keys = itertools.count(1)


def key():
    return {"Idempotency-Key": f"payments-test-{next(_keys):06}"}


@pytest.fixture
def owner(shop):
    return shop.bearer()


def pay(client, owner, number, amount, method="at_pickup", **headers):
    return client.post(
        f"{BASE}/admin/orders/{number}/payments",
        json={"provider": "manual", "method": method, "amount": amount},
        headers=owner | (headers or key()),
    )


def refund(client, owner, number, **body):
    return client.post(f"{BASE}/admin/orders/{number}/refunds", json=body, headers=owner | key())


def test_the_owner_records_a_payment_once_per_key(shop, client, owner):
    order = factory.order(shop.ctx)
    same = key()
    first, again = (pay(client, owner, order.number, 1000, **same) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert first.json | {"id": 0} == {
        "id": 0, "amount": 1000, "suspense": None, "order": order.number, "state": "paid",
        "total": 1000, "paid": 1000, "balance": 0,
    }  # fmt: skip
    assert again.headers["Idempotent-Replayed"] == "true"
    assert pay(client, owner, order.number, 1, **same).json["code"] == "idempotency_key_reused"
    page = client.get(f"{BASE}/admin/orders/{order.number}/payments", headers=owner).json
    [payment] = page["items"]
    assert (payment["state"], payment["amount"]) == ("accepted", 1000)


def test_money_is_not_recorded_without_a_key(shop, client, owner):
    order = factory.order(shop.ctx)
    for path, body in (
        ("payments", {"amount": 1000}),
        ("refunds", {"lines": [{"line": order.lines[0].id, "quantity": 1}]}),
    ):
        url = f"{BASE}/admin/orders/{order.number}/{path}"
        answer = client.post(url, json=body, headers=owner)
        assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_required")


@pytest.mark.parametrize("amount", [0, -1, 1.5, 0.1 + 0.2, True, "1e3", "100", None, 10**19])
def test_case_04_amounts_are_whole_numbers_of_the_minor_unit(shop, client, owner, amount):
    order = factory.order(shop.ctx, paid=True)
    answer = pay(client, owner, order.number, amount)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    line = order.lines[0].id
    answer = refund(client, owner, order.number, amounts=[{"line": line, "amount": amount}])
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    answer = refund(client, owner, order.number, lines=[{"line": line, "quantity": amount}])
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert db.value("SELECT COUNT(*) FROM refund") == 0


def test_too_much_at_the_counter_is_refused_with_the_balance(shop, client, owner):
    order = factory.order(shop.ctx)
    answer = pay(client, owner, order.number, 1001)
    assert (answer.status_code, answer.json["code"]) == (422, "over_balance")
    assert answer.json["balance"] == 1000


def test_units_are_refunded_and_the_goods_go_back_on_sale(shop, client, owner):
    variant = factory.product(shop.ctx, price=999, units=5)
    order = factory.order(shop.ctx, [(variant, 2)], fees=[100], paid=True)
    line, fee = order.lines[0].id, order.adjustments[0].id
    answer = refund(
        client, owner, order.number,
        lines=[{"line": line, "quantity": 1}], reason="bruised", restock="restore",
    )  # fmt: skip
    assert answer.status_code == 201
    assert (answer.json["amount"], answer.json["state"]) == (999, "done")
    assert answer.json["rows"] == [
        {"line": line, "adjustment": None, "charge": None, "quantity": 1, "amount": 999}
    ]
    assert db.value("SELECT on_hand FROM stock WHERE variant_id = ?", variant) == 4
    answer = refund(
        client, owner, order.number,
        amounts=[{"line": line, "amount": 9}, {"adjustment": fee, "amount": 100}],
    )  # fmt: skip
    assert answer.json["amount"] == 109
    answer = refund(client, owner, order.number, amounts=[{"line": line, "amount": 991}])
    assert (answer.status_code, answer.json["code"], answer.json["left"]) == (
        422,
        "over_refund",
        990,
    )
    page = client.get(f"{BASE}/admin/refunds?state=done&limit=1", headers=owner).json
    assert [item["amount"] for item in page["items"]] == [109]
    assert page["next"]


def test_a_refund_names_units_or_amounts_each_row_once(shop, client, owner):
    order = factory.order(shop.ctx, paid=True)
    line = order.lines[0].id
    for body in (
        {},
        {"lines": []},
        {"lines": [{"line": line, "quantity": 1}], "amounts": [{"line": line, "amount": 1}]},
        {"lines": [{"line": line, "quantity": 1}] * 2},
        {"amounts": [{"line": line, "adjustment": 1, "amount": 1}]},
        {"amounts": [{"amount": 1}]},
        {"lines": [{"line": line, "quantity": 1}], "restock": "burn"},
        {"lines": [{"line": line, "quantity": 1}], "total": 5},
    ):
        answer = refund(client, owner, order.number, **body)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid"), body


def test_case_12_a_refund_sent_twice_under_one_key_is_one_posting_and_one_answer(
    shop, client, owner
):
    order = factory.order(shop.ctx, [(factory.product(shop.ctx), 3)], paid=True)
    url = f"{BASE}/admin/orders/{order.number}/refunds"
    body, same = {"lines": [{"line": order.lines[0].id, "quantity": 1}]}, key()
    first, again = (client.post(url, json=body, headers=owner | same) for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert first.json["amount"] == 1000
    assert db.value("SELECT COUNT(*) FROM refund") == 1
    assert db.value("SELECT refunded FROM orders") == 1000


def test_case_11_units_above_what_was_bought_or_paid_are_422(shop, client, owner):
    order = factory.order(shop.ctx, [(factory.product(shop.ctx), 3)], paid=True)
    line = order.lines[0].id
    for body in (
        {"lines": [{"line": line, "quantity": 4}]},
        {"amounts": [{"line": line, "amount": 3001}]},
    ):
        answer = refund(client, owner, order.number, **body)
        assert (answer.status_code, answer.json["code"]) == (422, "over_refund")
    assert refund(client, owner, order.number, **{"lines": [{"line": line, "quantity": 3}]}).json
    answer = refund(client, owner, order.number, **{"lines": [{"line": line, "quantity": 1}]})
    assert (answer.status_code, answer.json["code"]) == (422, "over_refund")
    assert db.value("SELECT refunded FROM orders") == 3000


def test_a_transfer_is_given_back_when_staff_says_so(shop, client, owner):
    order = factory.order(shop.ctx, method="transfer")
    pay(client, owner, order.number, 1000, "transfer")
    made = refund(client, owner, order.number, amounts=[
        {"line": order.lines[0].id, "amount": 1000}]).json  # fmt: skip
    assert made["state"] == "pending"
    done = client.post(f"{BASE}/admin/refunds/{made['id']}/done", headers=owner)
    assert (done.status_code, done.json["state"]) == (200, "done")
    assert client.post(f"{BASE}/admin/refunds/99999/done", headers=owner).status_code == 404


def test_odd_money_is_listed_applied_and_refunded(shop, client, owner):
    order, other = factory.order(shop.ctx, method="transfer"), factory.order(shop.ctx)
    first = pay(client, owner, order.number, 1400, "transfer").json["suspense"]
    assert (first["amount"], first["reason"]) == (400, "excess")
    url = f"{BASE}/admin/suspense"
    [row] = client.get(f"{url}?state=open", headers=owner).json["items"]
    assert (row["order"], row["rest"], row["refund_amount"]) == (order.number, 400, 400)
    done = client.post(f"{url}/{row['id']}/apply", json={"order": other.number}, headers=owner)
    assert (done.status_code, done.json["state"], done.json["applied"]) == (200, "applied", 400)
    again = client.post(f"{url}/{row['id']}/refund", json={}, headers=owner)
    assert (again.status_code, again.json["code"]) == (409, "suspense_settled")
    second = pay(client, owner, order.number, 70, "transfer").json["suspense"]
    done = client.post(f"{url}/{second['id']}/refund", json={"done": True}, headers=owner)
    assert (done.json["state"], done.json["refunded"]) == ("refunded", 70)


def test_dues_are_listed_for_the_owner_and_for_the_customer_who_owes(shop, client, owner):
    mine = factory.customer(shop.ctx)
    order = factory.order(shop.ctx, customer_id=mine, paid=True)
    factory.order(shop.ctx, paid=True)
    dues.charge(shop.ctx, order.id, "k", "trial", "Damage", 500, shop.ctx.now_us)
    [due] = client.get(f"{BASE}/admin/dues", headers=owner).json["items"]
    assert (due["order"], due["open"], due["due_at"]) == (
        order.number,
        500,
        "2026-05-01T04:00:00Z",
    )
    for customer, count in ((mine, 1), (factory.customer(shop.ctx), 0)):
        token = auth.issue(shop.ctx, customer=customer, scopes=auth.CUSTOMER_SCOPES)
        headers = {"Authorization": f"Bearer {token}"}
        assert len(client.get(f"{BASE}/me/dues", headers=headers).json["items"]) == count
    assert client.get(f"{BASE}/me/dues", headers=owner).status_code == 403


def test_a_guest_begins_a_payment_with_the_orders_token_and_nobody_else_does(shop, client):
    order = factory.order(shop.ctx)
    url = f"{BASE}/orders/{order.number}/payments"
    body = {"provider": "manual", "method": "transfer"}
    assert client.post(url, json=body).status_code == 404
    token = order_access.token(shop.ctx, order.number)
    answer = client.post(f"{url}?token={token}", json=body)
    assert (answer.status_code, answer.json["state"], answer.json["amount"]) == (
        201,
        "pending",
        1000,
    )
    assert order.number in answer.json["data"]["instructions"]
    stranger = factory.order(shop.ctx)
    token = order_access.token(shop.ctx, stranger.number)
    assert client.post(f"{url}?token={token}", json=body).status_code == 404
    assert client.post(url, json=body | {"amount": 1}).status_code == 422


def test_a_clerk_neither_records_nor_refunds_money_here(shop, client):
    clerk = shop.bearer("clerk")
    order = factory.order(shop.ctx)
    payments.record(shop.ctx, order.id, "manual", "at_pickup", 1000)
    line = order.lines[0].id
    assert pay(client, clerk, order.number, 1).status_code == 403
    body = {"lines": [{"line": line, "quantity": 1}]}
    assert refund(client, clerk, order.number, **body).status_code == 403
    for path in ("refunds", "suspense", "dues", f"orders/{order.number}/payments"):
        assert client.get(f"{BASE}/admin/{path}", headers=clerk).status_code == 403
    for path in ("refunds/1/done", "suspense/1/apply", "suspense/1/refund"):
        assert client.post(f"{BASE}/admin/{path}", json={}, headers=clerk).status_code == 403
