"""What a customer sees of himself, takes with him, and erases."""

import secrets

import pytest

from shop import Plugin, db
from shop.people import accounts, auth
from tests import factory

BASE = "/api/v1/orchard"
PHONE = "+8613800138000"


class Diary(Plugin):
    """Has a table of its own, and is switched off."""

    name = "diary"
    forgotten: list[int] = []

    def personal_data(self, ctx, customer_id):
        return {"entries": [f"of {customer_id}"]}

    def forget(self, ctx, customer_id):
        self.forgotten.append(customer_id)


@pytest.fixture
def plugins():
    Diary.forgotten.clear()
    return (Diary,)


@pytest.fixture
def customer(shop):
    return accounts.find_or_make(shop.ctx, PHONE, "小王")[0]


@pytest.fixture
def headers(shop, customer):
    token = auth.issue(shop.ctx, customer=customer, scopes=auth.CUSTOMER_SCOPES, label="login")
    return {"Authorization": f"Bearer {token}"}


def order(shop, customer, **options):
    made = factory.order(shop.ctx, customer_id=customer, **options)
    db.run(
        "UPDATE orders SET contact_name = '小王', contact_phone = ?, note = '按门铃', peer = '10.0.0.1' "
        "WHERE id = ?", PHONE, made.id,
    )  # fmt: skip
    return made


def complete(made):
    db.run("UPDATE order_line SET handed_out = quantity WHERE order_id = ?", made.id)
    db.run("UPDATE orders SET state = 'completed', completed_at = placed_at WHERE id = ?", made.id)


def test_a_customer_sees_his_orders_and_no_others(shop, client, customer, headers):
    mine = [order(shop, customer).number for _ in range(3)]
    factory.order(shop.ctx)
    page = client.get(f"{BASE}/me/orders?limit=2", headers=headers).json
    rest = client.get(f"{BASE}/me/orders?after={page['next']}", headers=headers).json
    assert [item["number"] for item in page["items"] + rest["items"]] == mine[::-1]
    assert client.get(f"{BASE}/me/balances", headers=headers).json == {"items": [], "next": None}


def test_everything_that_is_kept_is_in_the_export(shop, client, customer, headers):
    made = order(shop, customer)
    response = client.get(f"{BASE}/me/export", headers=headers)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    found = response.json
    assert (found["customer"]["phone"], found["customer"]["name"]) == (PHONE, "小王")
    [exported] = found["orders"]
    assert (exported["number"], exported["note"]) == (made.number, "按门铃")
    assert exported["placed_at"] == "2026-05-01T04:00:00Z"
    assert [line["options"] for line in exported["lines"]] == [{}]
    assert (exported["payments"], exported["refunds"]) == ([], [])
    assert found["plugins"] == {"diary": {"entries": [f"of {customer}"]}}
    assert "customer.joined" in [event["kind"] for event in found["events"]]
    assert found["sign_ins"][0]["label"] == "login"


def test_open_orders_stand_in_the_way_of_an_erasure(shop, client, customer, headers):
    made = order(shop, customer)
    response = client.delete(f"{BASE}/me", headers=headers)
    assert (response.status_code, response.json["code"]) == (409, "open_orders")
    assert response.json["orders"] == [made.number]
    assert accounts.get(shop.ctx, customer)["phone"] == PHONE


def test_after_an_erasure_neither_phone_nor_name_stands_anywhere(shop, client, customer, headers):
    made = order(shop, customer, paid=True)
    complete(made)
    options = db.dump({"diary": {"wish": "按门铃"}})
    db.run("UPDATE orders SET options = ? WHERE id = ?", options, made.id)
    db.run("UPDATE order_line SET options = ? WHERE order_id = ?", options, made.id)
    db.run(
        "UPDATE event SET data = ? WHERE kind = 'customer.joined'", db.dump({"options": options})
    )
    client.post(f"{BASE}/login/code", json={"phone": PHONE})
    db.run(
        "INSERT INTO cart (id, store, customer_id, options, pickup, contact, note, peer, order_id,"
        " created_at, expires_at) VALUES ('c', 'orchard', NULL, '{}', '{}', ?, '', '', ?, 0, 0)",
        db.dump({"name": "小王", "phone": PHONE}), made.id,
    )  # fmt: skip
    assert client.delete(f"{BASE}/me", headers=headers).status_code == 204
    assert client.get(f"{BASE}/me", headers=headers).status_code == 401
    for name in db.database.get_tables():
        for line in db.rows(f'SELECT * FROM "{name}"'):
            assert not {PHONE, "小王", "按门铃"} & set(map(str, line)), name
            assert PHONE not in str(line), name
            assert "按门铃" not in str(line), name
    assert Diary.forgotten == [customer]
    after = accounts.get(shop.ctx, customer)
    assert after["erased_at"] == shop.ctx.now_us
    contact = db.row("SELECT contact_name, contact_phone FROM orders WHERE id = ?", made.id)
    assert contact == (after["name"], after["phone"])
    assert db.value("SELECT customer_id FROM orders WHERE id = ?", made.id) == customer


def test_an_erasure_finds_kept_answers_and_carts_of_before_the_sign_in(
    shop, client, customer, headers
):
    factory.product(shop.ctx, sku="PEAR")
    owner = shop.bearer()

    def post(path, body, **more):
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return client.post(f"{BASE}{path}", json=body, headers=key | more)

    def order(phone):
        contact = {"name": "小王", "phone": phone}
        return post("/orders", {"lines": [{"sku": "PEAR"}], "contact": contact}).json

    mine, other = order(PHONE), order("13900139000")
    for made in (mine, other):
        taken = post(f"/admin/pickups/{made['pickup']['code']}/hand-out", {"payment": {}}, **owner)
        assert taken.json["state"] == "completed"
    kept = []
    for phone in ("138 0013 8000", "13900139000"):
        kept.append(client.post(f"{BASE}/carts", json={}).json["id"])
        changes = {"contact": {"name": "小王", "phone": phone}}
        assert client.patch(f"{BASE}/carts/{kept[-1]}", json=changes).status_code == 200
    assert client.delete(f"{BASE}/me", headers=headers).status_code == 204
    answers = [answer for (answer,) in db.rows("SELECT answer FROM idempotency")]
    assert len(answers) == 2
    assert all(other["number"] in answer for answer in answers)
    assert [client.get(f"{BASE}/carts/{cart}").status_code for cart in kept] == [404, 200]


def test_the_phone_of_one_who_was_erased_joins_anew(shop, client, customer, headers):
    client.delete(f"{BASE}/me", headers=headers)
    again, joined = accounts.find_or_make(shop.ctx, PHONE)
    assert joined
    assert again != customer


def test_staff_find_tag_export_and_erase_a_customer(shop, client, customer):
    owner = shop.bearer()
    url = f"{BASE}/admin/customers"
    [found] = client.get(f"{url}?q=8000", headers=owner).json["items"]
    assert (found["id"], found["verified_at"], found["tags"]) == (customer, None, [])
    tagged = client.patch(f"{url}/{customer}", json={"tags": ["vip", "vip"]}, headers=owner)
    assert tagged.json["tags"] == ["vip"]
    assert client.get(f"{url}/{customer}/balances", headers=owner).json["items"] == []
    exported = client.get(f"{url}/{customer}/export", headers=owner)
    assert exported.json["customer"]["name"] == "小王"
    assert client.delete(f"{url}/{customer}", headers=owner).status_code == 204
    assert client.get(f"{url}/{customer}", headers=owner).json["erased_at"] is not None
    assert client.get(f"{url}/99", headers=owner).status_code == 404
    assert client.get(f"{url}/{10**30}", headers=owner).status_code == 404
    actions = [row[0] for row in db.rows("SELECT action FROM audit ORDER BY id")]
    assert actions == ["customer.tags", "customer.export", "customer.erase"]
    assert PHONE not in str(db.rows("SELECT * FROM audit"))
