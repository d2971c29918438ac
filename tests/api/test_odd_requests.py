"""Requests that nobody means well, sent to every route that the description has."""

import base64
import time

import pytest

from shop import db
from tests.live import key
from tests.tools.furnished import furnish, rows_of
from tests.tools.operations import operations

NOT_THE_CALLERS = (
    "role", "is_staff", "scopes", "state", "status", "paid", "balance", "refunded", "total",
    "verified_at", "customer_id", "store", "version", "id", "created_at", "address_id",
)  # fmt: skip
SQL = ("1; DROP TABLE product", "' OR 1=1 --", "price DESC", "(SELECT 1)")


@pytest.fixture
def filled(shop):
    return furnish(shop, "orchard", "onlyword")


def ask(client, filled, operation, query=None, body=None, **headers):
    role = "owner" if operation.scope and not operation.path.startswith("/me") else "customer"
    return client.open(
        filled.url + operation.path.format(**{"provider": "manual", **filled.ids}),
        method=operation.method.upper(),
        query_string=query,
        json=body,
        headers={**key(), "If-Match": "*", **filled.bearer(role), **headers},
    )


def lists(client):
    found = [found for found in operations(client) if {"limit", "after"} <= found.query]
    assert len(found) > 15
    return found


def inside(body):
    """Each object within a body that has fields of its own."""
    for name, value in body.items():
        if name in ("options", "translations"):
            continue
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, dict))


def test_case_35_no_route_takes_a_field_that_is_not_in_its_description(client, filled):
    asked = [found for found in operations(client) if found.body is not None]
    assert len(asked) > 25
    before = rows_of("orchard") | {"attempt": []}
    for operation in asked:
        for name in sorted({*NOT_THE_CALLERS} - operation.fields):
            answer = ask(client, filled, operation, body=operation.body | {name: 1})
            assert (answer.status_code, answer.json["code"]) == (422, "invalid"), operation
            assert name in [error["path"] for error in answer.json["errors"]], operation
        for part in inside(operation.body):
            part["is_staff"] = True
            answer = ask(client, filled, operation, body=operation.body)
            assert (answer.status_code, answer.json["code"]) == (422, "invalid"), operation
            del part["is_staff"]
    assert rows_of("orchard") | {"attempt": []} == before


@pytest.mark.sqlite_only
def test_case_64_no_list_is_sorted_or_selected_by_what_the_caller_writes(client, filled):
    for operation in lists(client):
        for name in ("sort", "order_by", "lat", "lon", "language", "fields"):
            for text in SQL:
                answer = ask(client, filled, operation, {name: text})
                assert (answer.status_code, answer.json["code"]) == (422, "invalid"), operation


def test_case_64_sql_in_a_filter_or_a_language_is_a_word_like_any_other(client, filled):
    for operation in lists(client):
        plain = ask(client, filled, operation)
        for text in SQL:
            spoken = ask(client, filled, operation, **{"Accept-Language": text})
            assert spoken.data == plain.data
            for name in operation.query - {"limit", "after"}:
                answer = ask(client, filled, operation, {name: text})
                assert answer.status_code in (200, 404, 422), (operation, name)
                assert not answer.json.get("items"), (operation, name)


PAGES = [
    {"limit": 10**9}, {"limit": 10**19}, {"limit": 0}, {"limit": -1}, {"limit": "1e3"},
    {"page_size": 10**9}, {"per_page": 10**9}, {"offset": 10**9}, {"page": 10**9},
    {"after": "x"}, {"after": "10"}, {"after": "*"}, {"after": "W10"},
    {"after": base64.urlsafe_b64encode(b"[10000000000000000000000000]").decode()},
    {"after": base64.urlsafe_b64encode(b'["1","1","1","1"]').decode()},
]  # fmt: skip


@pytest.mark.sqlite_only
def test_case_74_no_list_gives_a_page_of_any_size_or_from_anywhere(client, filled):
    for operation in lists(client):
        for query in PAGES:
            answer = ask(client, filled, operation, query)
            assert (answer.status_code, answer.json["code"]) == (422, "invalid"), operation


def test_case_74_no_list_counts_its_way_to_a_page(client, filled):
    for operation in lists(client):
        statements = []
        with db.watched(statements.append):
            assert ask(client, filled, operation, {"limit": 1}).status_code == 200
        assert statements
        assert not [sql for sql in statements if "OFFSET" in sql.upper()], operation


def test_case_65_a_search_takes_wildcards_as_letters_and_is_bounded(client, filled):
    asked = [found for found in lists(client) if "q" in found.query]
    assert len(asked) >= 3
    for operation in asked:
        assert ask(client, filled, operation, {"q": filled.mark}).json["items"], operation
        for text in ("%", "_", "%%", "o%d", "_nlyword", "\\", "[a-z]", "*"):
            assert ask(client, filled, operation, {"q": text}).json["items"] == [], operation
        began = time.thread_time()  # of the processor: other programs do not count
        assert ask(client, filled, operation, {"q": "%" * 10_000}).status_code == 422
        assert time.thread_time() - began < 1
