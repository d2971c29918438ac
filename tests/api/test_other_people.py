"""Case 31 on every route that the description has: what is another's looks like what is not."""

import pytest

from shop.orders import order_access
from shop.people import accounts, auth
from tests import factory
from tests.live import key
from tests.tools.furnished import furnish, rows_of
from tests.tools.operations import operations

BODIES = {"add_cart_line": {"sku": "APPLE"}}
PUBLIC_IDS = {"handle", "provider"}
"""names in a path that are nobody's"""
MISSING = {"number": "00000000", "code": "00000000", "cart_id": "0" * 32}


@pytest.fixture
def first(shop):
    """The customer whose cart, order, points and export others ask for."""
    return furnish(shop, "orchard", "firstword")


@pytest.fixture
def others(shop, first):
    """Headers and query of everybody else: a customer, a guest, and a guest with an order."""
    customer = accounts.find_or_make(shop.ctx, "+8613000000002")[0]
    token = auth.issue(shop.ctx, customer=customer, scopes=auth.CUSTOMER_SCOPES)
    link = order_access.token(shop.ctx, factory.order(shop.ctx).number)
    return {
        "customer": ({"Authorization": f"Bearer {token}"}, ""),
        "guest": ({}, ""),
        "guest with a token": ({"Authorization": f"Bearer {link}"}, ""),
        "guest with a link": ({}, f"?token={link}"),
        "customer with a link": ({"Authorization": f"Bearer {token}"}, f"?token={link}"),
    }


def ask(client, operation, ids, headers, query=""):
    return client.open(
        "/api/v1/orchard" + operation.path.format(**ids) + query,
        method=operation.method.upper(),
        json=BODIES.get(operation.id, operation.body),
        headers={**key(), "If-Match": "*", **headers},
    )


def without_id(answer):
    return {name: value for name, value in answer.json.items() if name != "request_id"}


def test_case_31_anothers_id_is_answered_like_a_missing_one_on_every_route(client, first, others):
    asked = [
        found
        for found in operations(client)
        if not found.path.startswith("/admin") and found.params - PUBLIC_IDS
    ]
    assert len(asked) >= 9
    before = rows_of("orchard")
    missing = {**first.ids, **MISSING}
    for operation in asked:
        for who, (headers, query) in others.items():
            if query and "token" not in operation.query:
                continue
            seen, absent = (
                ask(client, operation, ids, headers, query) for ids in (first.ids, missing)
            )
            assert (seen.status_code, seen.json["code"]) == (404, "not_found"), (operation, who)
            assert without_id(seen) == without_id(absent), (operation, who)
    assert rows_of("orchard") == before


def test_case_31_control_the_owner_of_the_id_is_answered(client, first):
    for operation in operations(client):
        if operation.path.startswith("/admin") or not operation.params - PUBLIC_IDS:
            continue
        answer = ask(client, operation, first.ids, first.bearer("customer"))
        assert answer.status_code not in (400, 401, 403, 404), operation


def test_case_31_a_line_of_anothers_cart_is_missing_in_ones_own(client, first, others):
    headers, _ = others["customer"]
    mine = client.post("/api/v1/orchard/carts", json={}, headers=headers).json["id"]
    client.post(f"/api/v1/orchard/carts/{mine}/lines", json={"sku": "APPLE"}, headers=headers)
    for method in ("patch", "delete"):
        answers = [
            client.open(
                f"/api/v1/orchard/carts/{mine}/lines/{line}",
                method=method.upper(),
                json={"quantity": 2} if method == "patch" else None,
                headers=headers,
            )
            for line in (first.ids["line"], 10**9)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert without_id(answers[0]) == without_id(answers[1])
    url, owner = f"/api/v1/orchard/carts/{first.ids['cart_id']}", first.bearer("customer")
    assert [line["quantity"] for line in client.get(url, headers=owner).json["lines"]] == [1]


def test_case_31_staff_routes_tell_a_customer_and_a_guest_nothing_of_an_id(client, first, others):
    asked = [found for found in operations(client) if found.path.startswith("/admin")]
    missing = dict.fromkeys(first.ids, 10**9) | MISSING
    for operation in asked:
        if not operation.scope:
            continue
        for who in ("customer", "guest"):
            headers, _ = others[who]
            seen, absent = (ask(client, operation, ids, headers) for ids in (first.ids, missing))
            assert seen.status_code == {"customer": 403, "guest": 401}[who], operation
            assert without_id(seen) == without_id(absent), operation
            assert first.mark not in seen.text


def test_case_31_ones_own_lists_and_export_hold_nothing_of_another(client, first, others):
    headers, _ = others["customer"]
    asked = [found for found in operations(client) if found.path.startswith("/me")]
    for operation in asked:
        if operation.method != "get":
            continue
        mine = client.get(f"{first.url}{operation.path}", headers=first.bearer("customer"))
        other = client.get(f"{first.url}{operation.path}", headers=headers)
        assert mine.status_code == other.status_code == 200
        assert first.mark in mine.text or operation.id == "list_my_balances"
        assert first.mark not in other.text
        assert first.ids["number"] not in other.text
        assert other.json.get("items", []) == []
