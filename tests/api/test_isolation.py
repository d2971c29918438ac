"""Stores of one instance: nothing of one is seen or changed through another.

The second store is asked by everybody whom the first one knows, on every route that the
description has, and by its own owner for everything that the first one holds.
"""

import re

import pytest

from shop import db
from shop.ops import fsck
from shop.people import login
from tests.live import key
from tests.tools.furnished import PHONE, furnish, rows_of
from tests.tools.operations import operations

MINE, OTHER = "bakeryword", "orchardword"
BODIES = {  # where the example of the description is none, or names what must exist
    "admin_set_staff_password": {"password": "correct horse battery"},
    "admin_change_staff": {"active": False},
    "admin_update_category": {"title": "x"},
    "admin_update_product": {"title": "x"},
    "add_cart_line": {"sku": "APPLE"},
}
ENDS_OTHERS = ("admin_change_staff", "admin_set_staff_password", "admin_erase_customer")
"""after them a token or a customer is gone that others are asked for"""
CONTACT = {"name": "x", "phone": PHONE}
PICKUP = {"point": "gate", "window": "{mine[gate_window]}"}


@pytest.fixture
def stores_toml():
    return """
[stores.bakery]
name = "面包房"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "en"
"""


@pytest.fixture
def orchard(shop):
    return furnish(shop, "orchard", OTHER)


@pytest.fixture
def bakery(shop, orchard):
    return furnish(shop, "bakery", MINE)


@pytest.fixture(autouse=True)
def untouched(shop, orchard, bakery):
    """Whatever a test does in the bakery, the orchard is as before, and both books are right.
    Only tries are counted: a test may have tried there too."""
    before = rows_of("orchard") | {"attempt": []}
    yield
    assert rows_of("orchard") | {"attempt": []} == before
    for store in ("orchard", "bakery"):
        assert fsck.run(shop.context(store=store)) == []


def ask(client, operation, ids, headers, query=""):
    """The answer of the bakery."""
    path = operation.path.format(**{"provider": "manual", **ids})
    body = BODIES.get(operation.id, operation.body)
    return client.open(
        f"/api/v1/bakery{path}{query}",
        method=operation.method.upper(),
        json=body,
        headers={**key(), "If-Match": '"1-1"', **headers},
    )


def without_id(answer):
    return {name: value for name, value in answer.json.items() if name != "request_id"}


@pytest.mark.parametrize("role", ["owner", "clerk", "customer"])
def test_a_token_of_another_store_opens_no_route(client, orchard, bakery, role):
    asked = operations(client, "bakery")
    assert len(asked) > 80
    for operation in asked:
        for ids in (orchard.ids, bakery.ids):
            answer = ask(client, operation, ids, orchard.bearer(role))
            assert (answer.status_code, answer.json["code"]) == (401, "unauthorized"), operation
            assert OTHER not in answer.text
            assert MINE not in answer.text


def test_a_guests_order_token_of_another_store_makes_a_stranger(client, orchard, bakery):
    link = f"?token={orchard.tokens['guest']}"
    for operation in operations(client, "bakery"):
        if operation.scope:
            answer = ask(client, operation, bakery.ids, orchard.bearer("guest"))
            assert (answer.status_code, answer.json["code"]) == (401, "unauthorized"), operation
        elif operation.params & {"number", "cart_id"}:
            for ids in (orchard.ids, bakery.ids):
                for headers, query in ((orchard.bearer("guest"), ""), ({}, link)):
                    if query and "token" not in operation.query:
                        continue
                    answer = ask(client, operation, ids, headers, query)
                    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
        else:
            answer = ask(client, operation, orchard.ids, orchard.bearer("guest"))
            assert OTHER not in answer.text, operation


def test_what_another_store_holds_is_missing_on_every_route_with_an_id(client, orchard, bakery):
    asked = [found for found in operations(client, "bakery") if found.params - {"provider"}]
    assert len(asked) > 45
    missing = dict.fromkeys(orchard.ids, 10 ** 9) | {
        "number": "00000000", "code": "00000000", "sku": "NONE", "handle": "none",
        "cart_id": "0" * 32,
    }  # fmt: skip
    for operation in asked:
        assert operation.params <= orchard.ids.keys(), operation
        role = "owner" if operation.scope and not operation.path.startswith("/me") else "customer"
        answer, absent = (
            ask(client, operation, ids, bakery.bearer(role)) for ids in (orchard.ids, missing)
        )
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), operation
        assert without_id(answer) == without_id(absent)


def test_control_the_same_requests_find_what_the_store_itself_holds(client, bakery):
    asked = [found for found in operations(client, "bakery") if found.params - {"provider"}]
    for operation in sorted(asked, key=lambda found: found.id in ENDS_OTHERS):
        role = "owner" if operation.scope else "customer"
        answer = ask(client, operation, bakery.ids, bakery.bearer(role))
        assert answer.status_code not in (400, 401, 403, 404, 415), operation


REFERENCES = [  # requests of the bakery's owner that name what the orchard holds
    ("post", "/admin/products", {"title": "x", "variants": [{"sku": "X", "price": 1}],
                                 "categories": ["{mark}-fruit"]}),
    ("patch", "/admin/products/{mine[product_id]}", {"categories": ["{mark}-fruit"]}),
    ("post", "/admin/categories", {"title": "x", "parent": "{mark}-fruit"}),
    ("patch", "/admin/categories/{mine[category_id]}", {"parent": "{mark}-fruit"}),
    ("delete", "/admin/products/{mine[product_id]}/variants/{ids[sku]}", None),
    ("post", "/admin/stock", {"sku": "{ids[sku]}", "delta": 1, "reason": "x"}),
    ("post", "/admin/windows", {"point": "{ids[point]}", "starts": "2026-05-03T04:00:00Z",
                                "ends": "2026-05-03T05:00:00Z"}),
    ("post", "/admin/windows/repeat", {"point": "{ids[point]}", "days": 1,
                                       "slots": [{"starts": "17:00", "ends": "18:00"}]}),
    ("post", "/admin/staff", {"name": "x", "role": "clerk", "points": ["{ids[point]}"]}),
    ("patch", "/admin/staff/{mine[staff_id]}", {"points": ["{ids[point]}"]}),
    ("post", "/admin/tokens", {"staff": "{mark}-helper"}),
    ("post", "/admin/suspense/{mine[suspense_id]}/apply", {"order": "{ids[number]}"}),
    ("post", "/admin/orders/{mine[number]}/refunds", {"lines": [{"line": "{ids[order_line]}",
                                                                 "quantity": 1}]}),
    ("post", "/admin/orders/{mine[number]}/refunds", {"amounts": [{"line": "{ids[order_line]}",
                                                                   "amount": 1}]}),
    ("post", "/admin/pickups/{mine[code]}/hand-out", {"lines": [{"line": "{ids[order_line]}",
                                                                 "quantity": 1}]}),
    ("get", "/admin/sheets?point={ids[point]}", None),
    ("get", "/admin/sheets?point=gate&window={ids[gate_window]}", None),
    ("post", "/carts/{mine[cart_id]}/lines", {"sku": "{ids[sku]}"}),
    ("patch", "/carts/{mine[cart_id]}/lines/{ids[line]}", {"quantity": 2}),
    ("post", "/orders", {"cart": "{ids[cart_id]}", "contact": CONTACT, "pickup": PICKUP}),
    ("post", "/orders", {"lines": [{"sku": "{ids[sku]}", "quantity": 1}], "contact": CONTACT,
                         "pickup": PICKUP}),
    ("post", "/orders", {"lines": [{"sku": "APPLE", "quantity": 1}], "contact": CONTACT,
                         "pickup": {"point": "{ids[point]}", "window": "{ids[window_id]}"}}),
    ("post", "/orders", {"lines": [{"sku": "APPLE", "quantity": 1}], "contact": CONTACT,
                         "pickup": PICKUP | {"window": "{ids[gate_window]}"}}),
]  # fmt: skip


def test_what_another_store_holds_cannot_be_named(client, orchard, bakery):
    before = rows_of("bakery")
    for method, path, body in REFERENCES:
        role = "customer" if path.startswith(("/carts", "/orders")) else "owner"
        answer = client.open(
            "/api/v1/bakery" + filled(path, orchard, bakery),
            method=method.upper(),
            json=filled(body, orchard, bakery),
            headers={**key(), "If-Match": "*", **bakery.bearer(role)},
        )
        assert answer.status_code in (404, 409, 422), (path, body, answer.text)
        well_formed = answer.json["code"] != "invalid" or "no such SKU" in answer.text
        assert well_formed, (path, body, answer.text)
        assert f"苹果 {OTHER}" not in answer.text
    assert rows_of("bakery") == before


FILTERS = [
    "/products?q={mark}", "/products?category={mark}-fruit", "/admin/products?q={mark}",
    "/admin/customers?q={mark}", "/admin/orders?customer={ids[customer_id]}",
    "/admin/orders?point={ids[point]}", "/admin/windows?point={ids[point]}",
    "/admin/events?order={ids[number]}", "/admin/audit?subject=order:{ids[number]}",
]  # fmt: skip


def test_a_filter_finds_nothing_of_another_store(client, orchard, bakery):
    for path in FILTERS:
        for store, found in ((bakery, False), (orchard, True)):
            url = store.url + filled(path, orchard, bakery)
            answer = client.get(url, headers=store.bearer("owner"))
            if found or answer.status_code == 200:
                assert bool(answer.json["items"]) == found, (url, answer.text)
            else:
                assert answer.status_code in (404, 422), (url, answer.text)


def test_lists_searches_and_files_hold_one_store_each(client, orchard, bakery):
    lists = [found for found in operations(client, "bakery") if found.method == "get"]
    seen = 0
    for operation in lists:
        if operation.params:
            continue
        role = "customer" if operation.path.startswith("/me") else "owner"
        query = "?point=gate" if operation.path == "/admin/sheets" else ""
        for store, mine, other in ((bakery, MINE, OTHER), (orchard, OTHER, MINE)):
            answer = client.get(store.url + operation.path + query, headers=store.bearer(role))
            assert answer.status_code == 200, answer.text
            assert other not in answer.text, operation
            seen += mine in answer.text
    assert seen > 20


def test_the_same_phone_is_another_customer_in_another_store(shop, client, orchard, bakery):
    assert orchard.ids["customer_id"] != bakery.ids["customer_id"]
    for store in (orchard, bakery):
        [found] = client.get(
            f"{store.url}/admin/customers?q={PHONE}", headers=store.bearer("owner")
        ).json["items"]
        assert found["id"] == store.ids["customer_id"]
        orders = client.get(f"{store.url}/me/orders", headers=store.bearer("customer")).json
        assert [order["number"] for order in orders["items"]] == [store.ids["number"]]


def test_a_login_code_is_good_only_where_it_was_asked_for(shop, client, orchard, bakery, caplog):
    client.post(f"{bakery.url}/login/code", json={"phone": PHONE})
    code_id = db.value("SELECT id FROM login_code")
    with caplog.at_level("INFO", logger="shop.messages"):
        login.send_code(shop.context(store="bakery"), {"code": code_id, "locale": "en"})
    [code] = re.findall(r"\b\d{6}\b", caplog.text)
    for store, status in ((orchard, 422), (bakery, 200)):
        answer = client.post(f"{store.url}/login", json={"phone": PHONE, "code": code})
        assert answer.status_code == status, answer.text


def test_the_same_sku_is_another_stock_in_another_store(client, bakery):
    body = {"sku": "APPLE", "delta": -3, "reason": "eaten"}
    changed = client.post(
        "/api/v1/bakery/admin/stock", json=body, headers=bakery.bearer("owner") | key()
    )
    assert changed.status_code < 300
    left = {
        store: client.get(f"/api/v1/{store}/products/apple").json["variants"][0]["available"]
        for store in ("orchard", "bakery")
    }
    assert left == {"orchard": 8, "bakery": 5}


def filled(value, orchard, bakery):
    """`{mark}`, `{ids[…]}` and `{mine[…]}` replaced; a number where the whole text was one."""
    if isinstance(value, dict):
        return {name: filled(inner, orchard, bakery) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, orchard, bakery) for inner in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    text = value.format(mark=orchard.mark, ids=orchard.ids, mine=bakery.ids)
    return int(text) if text.isdigit() and len(text) < 8 else text
