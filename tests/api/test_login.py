"""Customers sign in by a one-time code."""

import re
import threading
from collections import Counter

import pytest

from shop import db
from shop.people import accounts, login, personal_data
from shop.plugin import Plugin
from tests import factory
from tests.live import key
from tests.tools.racing import race, slow_before

BASE = "/api/v1/orchard"
PHONE = "+8613800138000"


class Channel:
    sent = []

    def send(self, ctx, message):
        self.sent.append(message)
        return True


class Postman(Plugin):
    name = "postman"
    channels = (Channel(),)


@pytest.fixture
def plugins():
    Channel.sent.clear()
    return (Postman,)


@pytest.fixture
def stores_toml(request):
    return "[stores.orchard.plugins.postman]" if getattr(request, "param", "on") == "on" else ""


def code_for(shop, phone=PHONE):
    login.request_code(shop.ctx, phone)
    shop.run_jobs()
    return re.search(r"\d{6}", Channel.sent[-1].text)[0]


def log_in(client, code, phone=PHONE, **more):
    return client.post(f"{BASE}/login", json={"phone": phone, "code": code, **more})


def bearer(response):
    return {"Authorization": f"Bearer {response.json['token']}"}


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_customer_signs_in_with_the_code_that_was_sent(shop, client):
    response = client.post(f"{BASE}/login/code", json={"phone": "138 0013 8000"})
    assert (response.status_code, response.json) == (202, {"seconds": 600})
    shop.run_jobs()
    [message] = Channel.sent
    assert message.to == PHONE
    response = log_in(client, re.search(r"\d{6}", message.text)[0])
    assert response.status_code == 200
    assert response.json["customer"]["phone"] == PHONE
    me = client.get(f"{BASE}/me", headers=bearer(response))
    assert (me.status_code, me.json) == (200, response.json["customer"])
    assert me.json["verified_at"] == "2026-05-01T04:00:00Z"


def test_the_code_stands_in_no_table(shop):
    code = code_for(shop)
    texts = [str(row) for name in ("login_code", "job", "event", "attempt")
             for row in db.rows(f"SELECT * FROM {name}")]  # fmt: skip
    assert not any(re.search(rf"(?<!\d){code}(?!\d)", text) for text in texts)


@pytest.mark.parametrize("stores_toml", ["off"], indirect=True)
def test_without_a_channel_the_code_is_written_to_the_log(shop, caplog):
    caplog.set_level("INFO", "shop.messages")
    login.request_code(shop.ctx, PHONE)
    shop.run_jobs()
    assert re.search(rf"login_code to \{PHONE}: .*\d{{6}}", caplog.text)


def test_a_code_that_is_late_is_neither_sent_nor_good(shop, client, clock):
    code = code_for(shop)
    login.request_code(shop.ctx, "13900139000")
    clock.forward(minutes=10)
    shop.run_jobs()
    assert len(Channel.sent) == 1
    assert log_in(client, code).json["code"] == "code_wrong"


def test_a_newer_code_ends_the_older_one(shop, client):
    older, newer = code_for(shop), code_for(shop)
    assert log_in(client, older).status_code == (200 if older == newer else 422)
    assert log_in(client, newer).status_code == 200


def test_the_options_of_a_plugin_that_takes_none_are_refused_before_the_code_counts(shop, client):
    code = code_for(shop)
    response = log_in(client, code, options={"referral": {"code": "x"}})
    assert (response.status_code, response.json["code"]) == (422, "invalid")
    assert log_in(client, code).status_code == 200


def test_case_39_a_known_and_an_unknown_phone_get_the_same_answer_by_the_same_statements(
    shop, client
):
    accounts.find_or_make(shop.ctx, PHONE)
    answers, statements = [], []
    for phone in (PHONE, "+8613900139000"):
        seen = []
        with db.watched(lambda sql, seen=seen: seen.append(sql)):
            response = client.post(f"{BASE}/login/code", json={"phone": phone})
        answers.append((response.status_code, response.data))
        statements.append(seen)
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]


def test_case_39_asking_too_often_is_refused_for_a_known_and_an_unknown_phone_alike(shop, client):
    accounts.find_or_make(shop.ctx, PHONE)
    for phone in (PHONE, "+8613900139000"):
        found = [client.post(f"{BASE}/login/code", json={"phone": phone}) for _ in range(6)]
        assert [response.status_code for response in found] == [202] * 5 + [429]
        assert found[-1].json["code"] == "too_many_attempts"
        assert 0 < int(found[-1].headers["Retry-After"]) <= 3600


def test_case_39_one_peer_cannot_ask_for_the_codes_of_many_phones(client):
    statuses = Counter(
        client.post(f"{BASE}/login/code", json={"phone": f"+86138001380{n:02d}"}).status_code
        for n in range(40)
    )
    assert statuses == {202: 30, 429: 10}


def test_case_41_after_five_wrong_codes_even_the_right_one_is_429(shop, client):
    code = code_for(shop)
    for _ in range(5):
        response = log_in(client, wrong(code))
        assert (response.status_code, response.json["code"]) == (422, "code_wrong")
    response = log_in(client, code)
    assert (response.status_code, response.json["code"]) == (429, "too_many_attempts")
    assert response.headers["Retry-After"] == "600"


def test_case_41_guessing_without_a_code_is_429_after_five_too(client):
    statuses = [log_in(client, f"{n:06d}").status_code for n in range(7)]
    assert statuses == [422] * 5 + [429] * 2


def test_case_41_fifty_parallel_guesses_get_five_tries(shop, client):
    code = code_for(shop)
    gate, statuses = threading.Barrier(10), []

    def guess(number):
        gate.wait()
        for step in range(5):
            typed = f"{(int(code) + 1 + number * 5 + step) % 1_000_000:06d}"
            statuses.append(log_in(shop.client, typed).status_code)
        db.database.close()

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(statuses) == {422: 5, 429: 45}


def test_case_41_a_code_is_good_once(shop, client):
    code = code_for(shop)
    assert log_in(client, code).status_code == 200
    assert log_in(client, code).json["code"] == "code_wrong"


def test_case_41_a_code_used_twice_at_the_same_time_is_good_once(shop):
    code = code_for(shop)
    with slow_before("UPDATE login_code SET used_at"):
        statuses = race(*[lambda: log_in(shop.client, code).status_code] * 4)
    assert statuses.count(200) == 1


@pytest.mark.parametrize(
    "typed",
    [True, [], "", None, 123456, {}, "12345", "1234567", "12345a", "１２３４５６", "123456\n"],
)
def test_case_41_a_code_is_a_string_of_six_digits(shop, client, typed):
    response = log_in(client, typed)
    assert (response.status_code, response.json["code"]) == (422, "invalid")


def test_case_38_any_jwt_forged_or_old_is_401(client):
    none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwicm9sZSI6Im93bmVyIn0."
    signed = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGhpcyBpcyBub3QgYSBzaWduYXR1cmU"
    for token in (none, signed, "cu_" + "a" * 43, "st_" + "a" * 43, "x", "é"):
        for path in ("/me", "/admin/staff", "/"):
            headers = {"Authorization": f"Bearer {token}".encode().decode("latin1")}
            response = client.get(BASE + path, headers=headers)
            assert (response.status_code, response.json["code"]) == (401, "unauthorized")
            assert response.headers["WWW-Authenticate"] == "Bearer"
    assert client.get(f"{BASE}/me", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_customer_of_one_store_is_nobody_in_another(shop, client):
    token = bearer(log_in(client, code_for(shop)))
    db.run("UPDATE token SET store = 'grove'")
    assert client.get(f"{BASE}/me", headers=token).status_code == 401


def test_case_44_after_signing_out_the_token_is_401(shop, client):
    token = bearer(log_in(client, code_for(shop)))
    assert client.post(f"{BASE}/logout", headers=token).status_code == 204
    assert client.get(f"{BASE}/me", headers=token).status_code == 401
    assert client.post(f"{BASE}/logout", headers=token).status_code == 401
    assert client.post(f"{BASE}/logout").status_code == 401


def test_a_customers_token_ends_after_ninety_days(shop, client, clock):
    token = bearer(log_in(client, code_for(shop)))
    clock.forward(days=89)
    assert client.get(f"{BASE}/me", headers=token).status_code == 200
    clock.forward(days=1)
    assert client.get(f"{BASE}/me", headers=token).status_code == 401


def test_case_46_a_guests_order_becomes_the_customers_only_by_the_code(shop, client):
    made = factory.order(shop.ctx, customer_id=factory.customer(shop.ctx, PHONE))
    other = log_in(client, code_for(shop, "+8613900139000"), "+8613900139000")
    path = f"{BASE}/orders/{made.number}"
    for headers in ({}, bearer(other)):
        assert client.get(path, headers=headers).status_code == 404
    typed = {"name": "x", "phone": PHONE}  # who types the phone of another owns nothing of his
    order = {"lines": [{"sku": made.lines[0].sku, "quantity": 1}], "contact": typed}
    bought = client.post(f"{BASE}/orders", json=order, headers=bearer(other) | key())
    assert bought.status_code == 201
    assert client.get(path, headers=bearer(other)).status_code == 404
    mine = client.get(f"{BASE}/me/orders", headers=bearer(other)).json["items"]
    assert made.number not in [item["number"] for item in mine]
    signed_in = log_in(client, code_for(shop))
    assert client.get(path, headers=bearer(signed_in)).json["number"] == made.number
    mine = client.get(f"{BASE}/me/orders", headers=bearer(signed_in)).json["items"]
    assert made.number in [item["number"] for item in mine]


def test_case_46_what_a_guest_ordered_is_seen_only_after_a_login_by_code(shop, client):
    customer_id, _ = accounts.find_or_make(shop.ctx, PHONE, "小王")
    assert accounts.get(shop.ctx, customer_id)["verified_at"] is None
    assert client.get(f"{BASE}/me").status_code == 401
    code = code_for(shop)
    assert log_in(client, wrong(code)).status_code == 422
    assert accounts.get(shop.ctx, customer_id)["verified_at"] is None
    other = log_in(client, code_for(shop, "+8613900139000"), "+8613900139000")
    assert client.get(f"{BASE}/me", headers=bearer(other)).json["name"] == ""
    mine = log_in(client, code_for(shop))
    assert client.get(f"{BASE}/me", headers=bearer(mine)).json["name"] == "小王"
    assert accounts.get(shop.ctx, customer_id)["verified_at"] == shop.ctx.now_us


def test_old_codes_are_forgotten(shop, clock):
    code_for(shop)
    clock.forward(days=2)
    login.purge(shop.ctx, {})
    assert db.value("SELECT COUNT(*) FROM login_code") == 0


def all_are_sent(shop, phones):
    """Ask for a code for each of the phones as a page does; those to which one was sent."""
    Channel.sent.clear()
    for phone in phones:
        asked = shop.client.post(f"{BASE}/login/code", json={"phone": phone})
        assert asked.status_code == 202
    shop.run_jobs()
    return [message.to for message in Channel.sent] == phones


def test_every_code_is_sent_after_older_ones_were_swept(shop):
    first = [f"+861390000000{n}" for n in range(3)]
    assert all_are_sent(shop, first)
    for _ in range(3):
        shop.forward(days=1)
    assert db.value("SELECT COUNT(*) FROM login_code") == 0
    assert all_are_sent(shop, [f"+861380000000{n}" for n in range(3)])


def test_every_code_is_sent_after_a_customer_was_erased(shop, client):
    shop.client.post(f"{BASE}/login", json={"phone": PHONE, "code": code_for(shop)})
    personal_data.erase(shop.ctx, shop.customer(PHONE))
    assert db.value("SELECT COUNT(*) FROM login_code") == 0
    assert all_are_sent(shop, ["+8613900000001"])
