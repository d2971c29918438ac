"""What the description says of answers, of operations and of what an owner must know."""

import jsonschema_rs
import pytest

from tests.tools.furnished import furnish
from tests.tools.operations import operations

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def enabled(migrated):
    return {name: {} for name in migrated}


@pytest.fixture
def spec(shop, client):
    return client.get(shop.url("/openapi.json")).json


def test_every_operation_says_what_it_does_and_what_it_needs(spec):
    for path, item in spec["paths"].items():
        for method, one in item.items():
            if method == "parameters":
                continue
            assert len(one["summary"]) > 3, (method, path)
            assert len(one["description"]) > len(one["summary"]), (method, path)
            assert (one.get("x-scope") or "no scope") in one["description"], (method, path)


def test_what_a_customer_is_answered_is_what_the_schema_says(shop, client, spec):
    """The export too, with what plugins hold: staff's own reads are tried by test_contract.py."""
    filled = furnish(shop, "orchard", "exportword")
    checked = 0
    for one in operations(client):
        if one.method != "get" or one.path.startswith("/admin"):
            continue
        places = dict.fromkeys(one.params, "1") | {"provider": "manual"} | filled.ids
        answer = client.get(shop.url(one.path.format(**places)), headers=filled.bearer("customer"))
        if answer.status_code != 200 or answer.mimetype != "application/json":
            continue
        schema = spec["paths"][one.path]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        rule = jsonschema_rs.Draft202012Validator({**schema, "components": spec["components"]})
        wrong = [
            f"{error.instance_path}: {error.message}" for error in rule.iter_errors(answer.json)
        ]
        assert not wrong, (one.id, wrong)
        checked += 1
    assert checked > 10
    export = client.get(shop.url("/me/export"), headers=filled.bearer("customer")).json
    assert isinstance(export["plugins"], dict)
    assert "plugins" in spec["components"]["schemas"]["PersonalData"]["required"]


@pytest.mark.parametrize("schema", ["OrderLine", "RefundLine", "RefundAmount", "HandOutLine"])
def test_the_id_of_a_line_that_refunds_and_hand_outs_take_is_described(spec, schema):
    fields = spec["components"]["schemas"][schema]["properties"]
    assert "line" in fields.get("line", fields.get("id"))["description"]


@pytest.mark.parametrize(
    "schema, body, good",
    [
        ("RefundAmount", {"line": 1, "amount": 1}, True),
        ("RefundAmount", {"amount": 1}, False),
        ("RefundAmount", {"line": 1, "charge": 1, "amount": 1}, False),
        ("NewOrder", {"cart": "x"}, True),
        ("NewOrder", {}, False),
        ("NewOrder", {"cart": "x", "lines": [{"sku": "A", "quantity": 1}]}, False),
        ("NewRefund", {"lines": [{"line": 1, "quantity": 1}], "amounts": [{"line": 1, "amount": 1}]}, False),
    ],
)  # fmt: skip
def test_fields_that_exclude_each_other_say_so(spec, schema, body, good):
    rule = {"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}
    assert jsonschema_rs.Draft202012Validator(rule).is_valid(body) is good
