"""Owners and clerks: how they sign in, what their tokens may, when they end."""

import pytest

from shop import db
from shop.people import passwords, staff, totp

ADMIN = "/api/v1/orchard/admin"
PASSWORD = "correct horse battery"


@pytest.fixture
def owner(shop):
    return shop.bearer()


@pytest.fixture
def points(shop):
    for code in ("east", "west"):
        db.run(
            "INSERT INTO pickup_point (store, code, name, address, instructions, opening_hours,"
            " translations, version) VALUES ('orchard', ?, ?, '', '', '', '{}', 1)", code, code,
        )  # fmt: skip


def add(shop, name="anna", role="owner", **more):
    return staff.create(shop.ctx, name, role, password=PASSWORD, **more)


def sign_in(client, name="anna", password=PASSWORD, **more):
    return client.post(f"{ADMIN}/login", json={"name": name, "password": password, **more})


def bearer(response):
    return {"Authorization": f"Bearer {response.json['token']}"}


def me(client, headers):
    return client.get(f"{ADMIN}/me", headers=headers)


def test_an_owner_signs_in_with_name_and_password(shop, client):
    add(shop)
    response = sign_in(client)
    assert response.status_code == 200
    assert response.json["staff"]["name"] == "anna"
    assert me(client, bearer(response)).json["role"] == "owner"
    assert client.get(f"{ADMIN}/staff", headers=bearer(response)).status_code == 200
    assert db.value("SELECT actor FROM audit WHERE action = 'staff.login'") == "owner:anna"


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong"), ("nobody", PASSWORD), ("off", PASSWORD), ("none", PASSWORD)],
)
def test_a_wrong_password_an_unknown_name_and_one_switched_off_look_the_same(
    shop, client, name, password
):
    add(shop)
    off = add(shop, "off")
    staff.change(shop.ctx, off["id"], 1, active=False)
    staff.create(shop.ctx, "none", "clerk")
    response = sign_in(client, name, password)
    assert (response.status_code, response.json["code"]) == (401, "login_failed")


def test_an_unknown_name_costs_the_same_work(shop, client, monkeypatch):
    add(shop)
    verified = []
    hasher = passwords.hasher

    class Counting:
        def verify(self, stored, password):
            verified.append(stored[:30])
            return hasher.verify(stored, password)

        hash = hasher.hash

    monkeypatch.setattr(passwords, "hasher", Counting())
    sign_in(client, "anna", "wrong")
    sign_in(client, "nobody", "wrong")
    assert len(verified) == 2
    assert verified[0] == verified[1]


def test_guessing_a_password_is_429_after_ten_tries(shop, client):
    add(shop)
    statuses = [sign_in(client, password="wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert sign_in(client).status_code == 429
    assert sign_in(client, "ben").status_code == 401


def test_with_an_authenticator_app_a_code_is_needed_and_good_once(shop, client, clock):
    person = add(shop)
    headers = bearer(sign_in(client))
    offer = client.post(f"{ADMIN}/totp", headers=headers).json
    step = shop.ctx.now_us // totp.STEP
    proof = {"password": PASSWORD, "secret": offer["secret"], "code": totp.code(offer["secret"], 5)}
    refused = client.put(f"{ADMIN}/totp", json=proof, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (422, "totp_wrong")
    proof["code"] = totp.code(offer["secret"], step)
    assert client.put(f"{ADMIN}/totp", json=proof, headers=headers).status_code == 204
    assert sign_in(client).json["code"] == "totp_required"
    assert sign_in(client, totp=proof["code"]).json["code"] == "login_failed"
    clock.forward(seconds=30)
    code = totp.code(offer["secret"], step + 1)
    assert sign_in(client, totp=code).status_code == 200
    assert sign_in(client, totp=code).json["code"] == "login_failed"
    assert me(client, headers).json["totp"] is True
    off = client.delete(f"{ADMIN}/staff/{person['id']}/totp", headers=shop.bearer())
    assert off.status_code == 204
    assert sign_in(client).status_code == 200


def test_case_44_a_changed_password_ends_every_other_token(shop, client):
    add(shop)
    mine, other = bearer(sign_in(client)), bearer(sign_in(client))
    body = {"old": "wrong", "new": "another horse battery"}
    refused = client.post(f"{ADMIN}/password", json=body, headers=mine)
    assert (refused.status_code, refused.json["code"]) == (422, "password_wrong")
    body["old"] = PASSWORD
    assert client.post(f"{ADMIN}/password", json=body, headers=mine).status_code == 204
    assert me(client, mine).status_code == 200
    assert me(client, other).status_code == 401
    assert sign_in(client).status_code == 401
    assert sign_in(client, password=body["new"]).status_code == 200


def test_case_44_after_signing_out_the_token_is_401(shop, client):
    add(shop)
    token = bearer(sign_in(client))
    assert client.post("/api/v1/orchard/logout", headers=token).status_code == 204
    assert me(client, token).status_code == 401


@pytest.mark.parametrize("loss", [{"role": "clerk"}, {"active": False}])
def test_case_44_whoever_loses_the_role_is_signed_out(shop, client, owner, loss):
    person = add(shop)
    token = bearer(sign_in(client))
    url, row = f"{ADMIN}/staff/{person['id']}", person["id"]
    response = client.patch(url, json=loss, headers=owner | {"If-Match": f'"{row}-1"'})
    assert response.status_code == 200
    assert response.headers["ETag"] == f'"{row}-2"'
    assert me(client, token).status_code == 401


def test_case_44_a_password_set_by_the_owner_signs_out(shop, client, owner):
    person = add(shop)
    token = bearer(sign_in(client))
    url = f"{ADMIN}/staff/{person['id']}/password"
    response = client.post(url, json={"password": "another horse"}, headers=owner)
    assert response.status_code == 204
    assert me(client, token).status_code == 401


def test_a_clerks_points_change_at_once(shop, client, owner, points):
    body = {"name": "ben", "role": "clerk", "points": ["east"], "password": PASSWORD}
    made = client.post(f"{ADMIN}/staff", json=body, headers=owner)
    assert (made.status_code, made.json["points"]) == (201, ["east"])
    token = bearer(sign_in(client, "ben"))

    def mine():
        found = client.get(f"{ADMIN}/pickup-points", headers=token).json["items"]
        return [point["code"] for point in found]

    assert mine() == ["east"]
    url = f"{ADMIN}/staff/{made.json['id']}"
    seen = owner | {"If-Match": made.headers["ETag"]}
    change = client.patch(url, json={"points": ["west"]}, headers=seen)
    assert change.json["points"] == ["west"]
    assert mine() == ["west"]
    stale = client.patch(url, json={"points": []}, headers=seen)
    assert stale.status_code == 412
    assert client.patch(url, json={"points": []}, headers=owner).status_code == 428
    now = owner | {"If-Match": change.headers["ETag"]}
    unknown = client.patch(url, json={"points": ["x"]}, headers=now)
    assert unknown.json["code"] == "unknown_pickup_point"


def test_a_name_is_taken_once_and_a_short_password_is_refused(client, owner):
    body = {"name": "ben", "role": "clerk"}
    assert client.post(f"{ADMIN}/staff", json=body, headers=owner).status_code == 201
    again = client.post(f"{ADMIN}/staff", json=body, headers=owner)
    assert (again.status_code, again.json["code"]) == (409, "staff_name_taken")
    short = client.post(f"{ADMIN}/staff", json=body | {"password": "short"}, headers=owner)
    assert short.status_code == 422


def test_the_last_owner_stays_one(shop, client):
    person = add(shop)
    headers = bearer(sign_in(client)) | {"If-Match": f'"{person["id"]}-1"'}
    for loss in ({"role": "clerk"}, {"active": False}):
        response = client.patch(f"{ADMIN}/staff/{person['id']}", json=loss, headers=headers)
        assert (response.status_code, response.json["code"]) == (409, "last_owner")
    assert staff.get(shop.ctx, person["id"])["role"] == "owner"


def test_a_token_is_made_listed_without_itself_and_ended(shop, client, owner, points):
    add(shop, "ben", "clerk", points=["east"])
    body = {"staff": "ben", "label": "till", "days": 1}
    made = client.post(f"{ADMIN}/tokens", json=body, headers=owner)
    assert made.status_code == 201
    token = bearer(made)
    assert me(client, token).json["name"] == "ben"
    listed = client.get(f"{ADMIN}/tokens", headers=owner)
    assert made.json["token"] not in listed.text
    newest = listed.json["items"][0]
    assert (newest["staff"], newest["label"]) == ("ben", "till")
    assert client.delete(f"{ADMIN}/tokens/{newest['id']}", headers=owner).status_code == 204
    assert me(client, token).status_code == 401
    assert client.delete(f"{ADMIN}/tokens/{newest['id']}", headers=owner).status_code == 404
    actions = [row[0] for row in db.rows("SELECT action FROM audit ORDER BY id")]
    assert actions == ["staff.create", "token.create", "token.revoke"]


def test_a_token_ends_after_its_days(shop, client, owner, clock):
    add(shop)
    token = bearer(client.post(f"{ADMIN}/tokens", json={"staff": "anna", "days": 1}, headers=owner))
    clock.forward(hours=23)
    assert me(client, token).status_code == 200
    clock.forward(hours=1)
    assert me(client, token).status_code == 401


def test_a_clerks_token_cannot_have_more_than_a_clerk(shop, client, owner):
    add(shop, "ben", "clerk")
    for scope in ("*", "staff:read"):
        body = {"staff": "ben", "scopes": [scope]}
        response = client.post(f"{ADMIN}/tokens", json=body, headers=owner)
        assert (response.status_code, response.json["code"]) == (422, "scope_not_allowed")


def test_a_token_of_few_scopes_makes_neither_tokens_nor_owners(shop, client, owner):
    add(shop)
    body = {"staff": "anna", "scopes": ["staff:read", "staff:write", "tokens:write"]}
    few = bearer(client.post(f"{ADMIN}/tokens", json=body, headers=owner))
    assert client.get(f"{ADMIN}/staff", headers=few).status_code == 200
    assert client.get(f"{ADMIN}/jobs", headers=few).status_code == 403
    for path, json in (("tokens", {"staff": "anna"}), ("staff", {"name": "x", "role": "owner"})):
        assert client.post(f"{ADMIN}/{path}", json=json, headers=few).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/login", {"phone": "13800138000", "code": "123456", "role": "owner"}),
        ("POST", "/login", {"phone": "13800138000", "code": "123456", "verified_at": None}),
        ("POST", "/login/code", {"phone": "13800138000", "is_staff": True}),
        ("POST", "/admin/login", {"name": "a", "password": "b", "scopes": ["*"]}),
        ("POST", "/admin/staff", {"name": "a", "role": "clerk", "totp_last": 0}),
        ("POST", "/admin/staff", {"name": "a", "role": "admin"}),
        ("PATCH", "/admin/customers/1", {"tags": [], "verified_at": "2026-01-01T00:00:00Z"}),
        ("PATCH", "/admin/customers/1", {"tags": [], "balance": 100}),
        ("POST", "/admin/tokens", {"staff": "a", "customer": 1}),
    ],
)
def test_case_35_a_field_that_is_not_the_callers_to_set_is_422(client, owner, method, path, body):
    response = client.open("/api/v1/orchard" + path, method=method, json=body, headers=owner)
    assert (response.status_code, response.json["code"]) == (422, "invalid")
