"""Pickup over HTTP: points, windows, hand-outs, sheets and the QR code."""

import io
import secrets

import pytest
import segno
from PIL import Image

from shop.catalog import products
from shop.models import Staff
from shop.people import auth
from shop.pickup import pickup_codes, points, timetable

BASE = "/api/v1/orchard"
HOUR = 3_600_000_000


@pytest.fixture
def staff(shop):
    def make(role, *codes):
        bound = [points.named(shop.ctx, code).id for code in codes]
        person = Staff.create(
            store="orchard", name=secrets.token_hex(4), role=role, points=bound,
            active=shop.ctx.now, created_at=shop.ctx.now,
        )  # fmt: skip
        scopes = auth.OWNER_SCOPES if role == "owner" else auth.CLERK_SCOPES
        token = auth.issue(shop.ctx, staff=person.id, scopes=scopes)
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
def window(shop):
    for sku in ("APPLE", "PEAR"):
        products.create(
            shop.ctx,
            {
                "title": sku.title(),
                "status": "published",
                "variants": [{"sku": sku, "price": 1000, "stock": 50}],
            },
        )
    point = points.create(shop.ctx, "gate", {"name": "东门"})
    points.create(shop.ctx, "lobby", {"name": "大堂"})
    starts = shop.ctx.now_us + 5 * HOUR
    return timetable.create(shop.ctx, point.id, starts, starts + 2 * HOUR, starts, 9)["id"]


@pytest.fixture
def order(client, window):
    def make(**facts):
        body = {
            "lines": [{"sku": "APPLE", "quantity": 2}, {"sku": "PEAR", "quantity": 1}],
            "contact": {"name": "王小明", "phone": "13000000001"},
            "pickup": {"point": "gate", "window": window},
        }
        answer = client.post(f"{BASE}/orders", json=body | facts, headers=key())
        assert answer.status_code == 201, answer.json
        return answer.json

    return make


def key():
    return {"Idempotency-Key": secrets.token_hex(16)}


def hand_out(client, staff, code, **body):
    url = f"{BASE}/admin/pickups/{code}/hand-out"
    return client.post(url, json=body, headers=staff | key())


# -- points and windows ----------------------------------------------------------------------


def test_customers_see_points_with_their_open_windows_in_their_language(shop, client, window):
    point = points.named(shop.ctx, "gate")
    points.change(shop.ctx, point.id, 1, {"translations": {"en": {"name": "East gate"}}})
    [gate, lobby] = client.get(f"{BASE}/pickup-points", headers={"Accept-Language": "en"}).json[
        "items"
    ]
    assert (gate["code"], gate["name"], lobby["name"]) == ("gate", "East gate", "大堂")
    assert gate["windows"] == [
        {
            "id": window,
            "starts": "2026-05-01T09:00:00Z",
            "ends": "2026-05-01T11:00:00Z",
            "cut_off": "2026-05-01T09:00:00Z",
            "left": 9,
        }
    ]
    assert lobby["windows"] == []


def test_an_order_takes_a_place_of_its_window(client, order):
    order()
    [gate, _] = client.get(f"{BASE}/pickup-points").json["items"]
    assert gate["windows"][0]["left"] == 8


def test_the_owner_keeps_points(client, staff):
    owner, url = staff("owner"), f"{BASE}/admin/pickup-points"
    made = client.post(url, json={"code": "gate", "name": "东门"}, headers=owner)
    assert (made.status_code, made.headers["ETag"]) == (201, '"1-1"')
    one = f"{url}/{made.json['id']}"
    assert client.patch(one, json={"name": "西门"}, headers=owner).status_code == 428
    changed = client.patch(one, json={"name": "西门"}, headers=owner | {"If-Match": '"1-1"'})
    assert (changed.json["name"], changed.json["version"]) == ("西门", 2)
    assert client.delete(one, headers=owner | {"If-Match": '"1-1"'}).status_code == 412
    assert client.delete(one, headers=owner | {"If-Match": '"1-2"'}).status_code == 204
    assert client.get(url, headers=owner).json["items"] == []
    assert client.get(f"{url}?retired=true", headers=owner).json["items"][0]["retired_at"]
    again = client.post(url, json={"code": "gate", "name": "东门"}, headers=owner)
    assert (again.status_code, again.json["code"]) == (409, "pickup_point_taken")


@pytest.mark.parametrize(
    "body",
    [
        {"code": "Gate", "name": "x"},
        {"code": "gate\n", "name": "x"},
        {"code": "gate", "name": ""},
        {"code": "gate", "name": "x", "version": 9},
        {"code": "gate", "name": "x", "translations": {"fr": {"name": "x"}}},
        {"code": "gate", "name": "x", "translations": {"en": {"title": "x"}}},
    ],
)
def test_a_point_that_cannot_be_is_refused(client, staff, body):
    answer = client.post(f"{BASE}/admin/pickup-points", json=body, headers=staff("owner"))
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


def test_the_owner_keeps_windows_one_by_one_and_by_a_pattern(client, staff, window):
    owner, url = staff("owner"), f"{BASE}/admin/windows"
    body = {"point": "gate", "starts": "2026-05-03T17:00:00+08:00", "capacity": 5,
            "ends": "2026-05-03T19:00:00+08:00"}  # fmt: skip
    made = client.post(url, json=body, headers=owner)
    assert made.status_code == 201
    assert made.json["cut_off"] == made.json["starts"] == "2026-05-03T09:00:00Z"
    one = f"{url}/{made.json['id']}"
    seen = {"If-Match": made.headers["ETag"]}
    changed = client.patch(one, json={"capacity": None}, headers=owner | seen)
    assert changed.json["version"] == 2
    now = {"If-Match": changed.headers["ETag"]}
    assert client.delete(one, headers=owner | now).status_code == 204

    slots = [{"starts": "17:00", "ends": "19:00", "cut_off": "20:00", "days_before": 1}]
    pattern = {"point": "gate", "days": 3, "slots": slots}
    made = client.post(f"{url}/repeat", json=pattern, headers=owner)
    assert [item["starts"] for item in made.json["items"]] == [
        "2026-05-02T09:00:00Z", "2026-05-03T09:00:00Z",
    ]  # fmt: skip
    assert client.post(f"{url}/repeat", json=pattern, headers=owner).json["items"] == []
    listed = client.get(f"{url}?point=gate&limit=2", headers=owner).json
    assert [item["id"] for item in listed["items"]] == [window, made.json["items"][0]["id"]]
    assert listed["next"]


def test_a_pattern_names_the_windows_it_leaves_out_and_restoring_brings_them_back(
    client, staff, window
):
    owner, url = staff("owner"), f"{BASE}/admin/windows"
    pattern = {"point": "gate", "days": 3, "slots": [{"starts": "17:00", "ends": "19:00"}]}
    first = client.post(f"{url}/repeat", json=pattern, headers=owner).json["items"][-1]
    one = f"{url}/{first['id']}"
    match = {"If-Match": f'"{first["id"]}-1"'}
    assert client.delete(one, headers=owner | match).status_code == 204
    again = client.post(f"{url}/repeat", json=pattern, headers=owner).json
    assert again["items"] == []
    assert [(kept["id"], kept["exception"]) for kept in again["exceptions"]] == [
        (first["id"], "deleted")
    ]
    slot = {"starts": first["starts"], "ends": first["ends"]}
    listed = client.get(f"{url}?exceptions=true", headers=owner).json["items"]
    assert [kept["slot"] for kept in listed] == [slot]
    back = client.post(f"{one}/restore", headers=owner)
    assert (back.status_code, back.json["exception"]) == (200, None)
    assert client.post(f"{url}/repeat", json=pattern, headers=owner).json["exceptions"] == []


def test_a_clerk_may_not_change_points_or_windows(client, staff, window):
    clerk = staff("clerk", "gate")
    for url in ("pickup-points", "windows", "windows/repeat"):
        assert client.post(f"{BASE}/admin/{url}", json={}, headers=clerk).status_code == 403
    assert client.get(f"{BASE}/admin/windows", headers=clerk).status_code == 200
    assert client.get(f"{BASE}/admin/windows").status_code == 401


# -- handing out -----------------------------------------------------------------------------


def test_a_clerk_takes_the_money_and_hands_out_in_one_call(client, staff, order):
    clerk, code = staff("clerk", "gate"), order()["pickup"]["code"]
    seen = client.get(f"{BASE}/admin/pickups/{code.lower()}", headers=clerk).json
    assert (seen["state"], seen["balance"]) == ("pending", 3000)
    refused = hand_out(client, clerk, code)
    assert (refused.status_code, refused.json["code"]) == (409, "unpaid")
    assert refused.json["balance"] == 3000
    done = hand_out(client, clerk, code, payment={"amount": 3000})
    assert (done.status_code, done.json["state"], done.json["balance"]) == (200, "completed", 0)


def test_a_hand_out_sent_twice_happens_once(client, staff, order):
    clerk, made = staff("clerk", "gate"), order()
    url = f"{BASE}/admin/pickups/{made['pickup']['code']}/hand-out"
    body = {"lines": [{"line": made["lines"][0]["id"], "quantity": 1}], "payment": {}}
    headers = clerk | key()
    first, second = (client.post(url, json=body, headers=headers) for _ in range(2))
    assert first.json == second.json
    assert first.json["lines"][0]["handed_out"] == 1
    assert client.post(url, json=body, headers=clerk).status_code == 400


def test_a_hand_out_is_undone_with_a_reason(client, staff, order):
    clerk, code = staff("clerk", "gate"), order()["pickup"]["code"]
    hand_out(client, clerk, code, payment={})
    url = f"{BASE}/admin/pickups/{code}/undo"
    assert client.post(url, json={}, headers=clerk).status_code == 422
    assert client.post(url, json={"reason": "wrong bag"}, headers=clerk).json["state"] == "paid"
    assert client.post(url, json={"reason": "x"}, headers=clerk).json["code"] == "nothing_to_undo"


def test_orders_are_said_to_be_ready_one_by_one_or_by_window(client, staff, order, window):
    clerk, first = staff("clerk", "gate"), order()
    order()
    ready = client.post(f"{BASE}/admin/pickups/{first['pickup']['code']}/ready", headers=clerk)
    assert ready.json["pickup"]["ready_at"] == "2026-05-01T04:00:00Z"
    told = client.post(f"{BASE}/admin/windows/{window}/ready", headers=clerk)
    assert told.json == {"orders": 1}


@pytest.mark.parametrize(
    "body",
    [
        {"lines": []},
        {"lines": [{"line": 1, "quantity": 0}]},
        {"lines": [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]},
        {"payment": {"amount": -1}},
        {"payment": {"method": "gift"}},
        {"state": "completed"},
    ],
)
def test_a_hand_out_that_cannot_be_is_refused(client, staff, order, body):
    code = order()["pickup"]["code"]
    answer = hand_out(client, staff("owner"), code, **body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


def test_case_37_another_points_order_looks_like_a_missing_one(client, staff, order, window):
    clerk, code = staff("clerk", "lobby"), order()["pickup"]["code"]
    answers = [
        client.get(f"{BASE}/admin/pickups/{code}", headers=clerk),
        client.get(f"{BASE}/admin/pickups/00000000", headers=clerk),
        hand_out(client, clerk, code),
        client.post(f"{BASE}/admin/pickups/{code}/undo", json={"reason": "x"}, headers=clerk),
        client.post(f"{BASE}/admin/windows/{window}/ready", headers=clerk),
        client.get(f"{BASE}/admin/sheets?point=gate", headers=clerk),
    ]
    bodies = [{**answer.json, "request_id": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {404}
    assert all(body == bodies[0] for body in bodies)


def test_case_42_ten_wrong_codes_are_followed_by_429(client, staff, order):
    clerk, code = staff("clerk", "gate"), order()["pickup"]["code"]
    wrong = [client.get(f"{BASE}/admin/pickups/{n:08}", headers=clerk) for n in range(10)]
    assert {answer.status_code for answer in wrong} == {404}
    for answer in (
        client.get(f"{BASE}/admin/pickups/{code}", headers=clerk),
        hand_out(client, clerk, code),
    ):
        assert (answer.status_code, answer.json["code"]) == (429, "too_many_attempts")
        assert int(answer.headers["Retry-After"]) > 0
    assert client.get(f"{BASE}/admin/pickups/{code}").status_code == 401


def test_case_42_the_qr_code_carries_the_token_and_is_the_customers_alone(
    shop, client, staff, order
):
    made = order()
    url = f"{BASE}/orders/{made['number']}/qr.svg"
    image = client.get(f"{url}?token={made['token']}")
    assert (image.status_code, image.mimetype) == (200, "image/svg+xml")
    assert b"<svg" in image.data
    assert client.get(url).status_code == 404
    assert client.get(f"{url}?token=or_wrong").status_code == 404
    [order_id] = [row.id for row in _orders()]
    token = pickup_codes.token(shop.ctx, order_id, made["number"])
    found = client.get(f"{BASE}/admin/pickups/{token}", headers=staff("clerk", "gate"))
    assert found.json["number"] == made["number"]


@pytest.fixture
def scan(shop, client, staff):
    def send(image, headers=None):
        content = io.BytesIO()
        image.save(content, "PNG")
        content.seek(0)
        return client.post(
            f"{BASE}/admin/pickup-scans", data={"file": (content, "seen.png")},
            headers=headers or staff("clerk", "gate"),
        )  # fmt: skip

    return send


def drawn(text):
    out = io.BytesIO()
    segno.make_qr(text).save(out, kind="png", scale=6)
    return Image.open(out).convert("RGB")


@pytest.mark.parametrize("turned", [0, 20, 90, 180])
def test_a_photograph_of_the_qr_code_is_read(shop, client, staff, order, scan, turned):
    made = order()
    [order_id] = [row.id for row in _orders()]
    token = pickup_codes.token(shop.ctx, order_id, made["number"])
    said = scan(drawn(token).rotate(turned, expand=True, fillcolor="gray"))
    assert (said.status_code, said.json) == (200, {"code": token})
    found = client.get(f"{BASE}/admin/pickups/{said.json['code']}", headers=staff("clerk", "gate"))
    assert found.json["number"] == made["number"]


def test_a_photograph_without_a_code_is_refused_and_so_is_who_may_not_ask(
    client, staff, window, scan
):
    said = scan(Image.new("RGB", (600, 400), "gray"))
    assert (said.status_code, said.json["code"]) == (422, "code_unreadable")
    scopes = {"Authorization": "Bearer st_nobody"}
    assert scan(drawn("K7Q2013X"), scopes).status_code == 401


def _orders():
    from shop.models import Order

    return list(Order.select())


# -- sheets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "mimetype", "start"),
    [
        ("html", "text/html", b"<!doctype html>"),
        ("csv", "text/csv", b"\xef\xbb\xbf"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
    ],
)
def test_a_clerk_gets_the_sheet_of_his_point(client, staff, order, window, form, mimetype, start):
    order()
    url = f"{BASE}/admin/sheets?point=gate&window={window}&format={form}"
    answer = client.get(url, headers=staff("clerk", "gate"))
    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    assert answer.data.startswith(start)
    if form != "xlsx":
        assert "王小明".encode() in answer.data


def test_a_sheet_of_an_unknown_format_is_refused(client, staff, window):
    answer = client.get(f"{BASE}/admin/sheets?point=gate&format=pdf", headers=staff("owner"))
    assert answer.status_code == 422


def test_a_customer_gets_no_sheet(shop, client, window):
    assert client.get(f"{BASE}/admin/sheets?point=gate").status_code == 401
