"""Who may call what, for every route that there is."""

import pytest

from shop.people import accounts, auth


def admin_routes(shop):
    """(method, path, scope) of each admin route, with a number wherever the path takes a word."""
    found = []
    for rule in shop.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/<string:store>/admin/"):
            continue
        values = dict.fromkeys(rule.arguments, 1) | {"store": "orchard"}
        with shop.app.test_request_context():
            path = rule.build(values, append_unknown=False)[1]
        found += [(method, path) for method in rule.methods - {"OPTIONS", "HEAD"}]
    assert len(found) > 20
    return sorted(found)


PUBLIC = {("POST", "/api/v1/orchard/admin/login")}


@pytest.fixture
def stores_toml(migrated):
    """Every plugin is on: its routes are tried too."""
    return "".join(f"[stores.orchard.plugins.{name}]\n" for name in migrated)


def call(client, method, path, headers=None):
    return client.open(path, method=method, headers=headers, json={})


def test_case_36_a_customers_token_is_403_on_every_admin_route_and_a_guest_401(shop, client):
    customer_id, _ = accounts.find_or_make(shop.ctx, "13800138000")
    token = auth.issue(shop.ctx, customer=customer_id, scopes=auth.CUSTOMER_SCOPES)
    for method, path in admin_routes(shop):
        if (method, path) in PUBLIC:
            continue
        headers = {"Authorization": f"Bearer {token}"}
        response = call(client, method, path, headers)
        assert (response.status_code, response.json["code"]) == (403, "forbidden"), (method, path)
        response = call(client, method, path)
        assert (response.status_code, response.json["code"]) == (401, "unauthorized"), path


def test_case_78_nothing_shared_is_written_by_a_stranger(shop, client):
    writes = [route for route in admin_routes(shop) if route[0] != "GET"]
    assert len(writes) > 10
    for method, path in writes:
        if (method, path) not in PUBLIC:
            assert call(client, method, path).status_code == 401, (method, path)


def test_case_47_a_cookie_opens_nothing_so_no_page_of_a_stranger_can_use_it(shop, client):
    token = shop.bearer()["Authorization"].removeprefix("Bearer ")
    for method, path in admin_routes(shop):
        if (method, path) in PUBLIC:
            continue
        for name in ("session", "token", "Authorization"):
            client.set_cookie(name, token)
        form = client.open(
            path, method=method, data={"x": "1"}, headers={"Origin": "https://evil.example"}
        )
        assert form.status_code == 401, (method, path)
        assert "Set-Cookie" not in form.headers


def test_case_48_no_answer_leads_to_where_the_question_said(shop, client):
    words = "&".join(f"{name}=//evil.example" for name in ("next", "url", "redirect", "return_to"))
    for rule in shop.app.url_map.iter_rules():
        if "GET" in rule.methods:
            values = dict.fromkeys(rule.arguments, 1) | {"store": "orchard"}
            with shop.app.test_request_context():
                path = rule.build(values, append_unknown=False)[1]
            with client.get(f"{path}?{words}") as answer:
                assert "evil" not in answer.headers.get("Location", ""), path


def test_an_owner_has_no_orders_or_balances_of_a_customer_with_his_number(shop, client):
    customer_id, _ = accounts.find_or_make(shop.ctx, "13800138000")
    owner = shop.bearer()
    assert client.get("/api/v1/orchard/admin/me", headers=owner).json["id"] == customer_id == 1
    for path in ("/me", "/me/orders", "/me/balances", "/me/export"):
        assert client.get(f"/api/v1/orchard{path}", headers=owner).status_code == 403
    assert client.delete("/api/v1/orchard/me", headers=owner).status_code == 403
