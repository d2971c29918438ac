"""The description: complete, one per store, and readable without the network."""

import re

import marshmallow as ma
import pytest

from shop.api.base import PUBLIC, Blueprint
from shop.plugin import Plugin

pytestmark = pytest.mark.sqlite_only
METHODS = {"get", "post", "put", "patch", "delete"}
blp = Blueprint("stamps", __name__, description="Stamp cards")


class Rule(ma.Schema):
    """A plugin's schema, with a name that another plugin may use too."""

    units = ma.fields.Integer(required=True)


@blp.get("/stamps/rule", needs=PUBLIC)
@blp.response(200, Rule)
def get_stamps_rule():
    """How many units fill a card"""
    return {"units": 8}


class Stamps(Plugin):
    name = "stamps"
    blueprints = (blp,)


@pytest.fixture
def plugins():
    return (Stamps,)


@pytest.fixture
def stores_toml():
    other = """
[stores.bakery]
name = "面包房"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
"""
    return "[stores.orchard.plugins.stamps]\n" + other


def operations(spec):
    return [
        (path, method, item[method])
        for path, item in spec["paths"].items()
        for method in METHODS & item.keys()
    ]


def test_every_operation_has_an_id_a_summary_and_says_how_it_fails(client):
    spec = client.get("/api/v1/openapi.json").json
    assert spec["openapi"] == "3.1.0"
    found = operations(spec)
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(ids) == len(set(ids)) >= 1
    for path, method, operation in found:
        where = f"{method} {path}"
        assert operation.get("summary"), where
        assert re.fullmatch(r"[a-z][a-z0-9_]*", operation["operationId"]), where
        assert {"default", "404"} <= operation["responses"].keys(), where
        if "x-scope" in operation:
            assert operation["security"] == [{"bearer": []}], where
            assert {"401", "403"} <= operation["responses"].keys(), where
        assert operation["operationId"].startswith("admin_") == ("/admin" in path), where


def test_what_a_customer_calls_comes_before_what_staff_call(client):
    names = [tag["name"] for tag in client.get("/api/v1/orchard/openapi.json").json["tags"]]
    first = next(place for place, name in enumerate(names) if name.startswith("admin"))
    assert {"carts", "orders", "products", "stamps"} <= set(names[:first])
    assert all(name.startswith("admin") for name in names[first:])


def described(value, path=""):
    """Every (path, schema) of a description."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str | list):
            yield path, value
        for name, inner in value.items():
            yield from described(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from described(inner, f"{path}/{place}")


def test_a_default_is_a_value_that_its_schema_takes(client):
    for path, schema in described(client.get("/api/v1/openapi.json").json):
        if isinstance(default := schema.get("default"), str):
            assert default in schema.get("enum", [default]), path
            assert len(default) >= schema.get("minLength", 0), path
            assert re.search(schema.get("pattern", ""), default), path


def test_patterns_are_those_of_every_language(client):
    patterns = [
        schema["pattern"]
        for _, schema in described(client.get("/api/v1/openapi.json").json)
        if "pattern" in schema
    ]
    assert patterns
    assert not [pattern for pattern in patterns if r"\Z" in pattern or r"\A" in pattern]


def test_errors_are_described_as_problem_documents(client):
    components = client.get("/api/v1/openapi.json").json["components"]
    default = components["responses"]["DEFAULT_ERROR"]["content"]
    assert default == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    assert components["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_a_store_describes_what_it_has_on_and_nothing_else(client):
    orchard = client.get("/api/v1/orchard/openapi.json").json
    bakery = client.get("/api/v1/bakery/openapi.json").json
    assert orchard["servers"] == [{"url": "/api/v1/orchard"}]
    assert orchard["info"]["title"] == "果园小店"
    assert "/stamps/rule" in orchard["paths"]
    assert "StampsRule" in orchard["components"]["schemas"]
    assert "/stamps/rule" not in bakery["paths"]
    assert "StampsRule" not in bakery["components"]["schemas"]
    assert "/" in bakery["paths"]
    for _, _, operation in operations(bakery):
        assert all(p.get("name") != "store" for p in operation.get("parameters", []))


def test_the_routes_of_a_plugin_are_there_only_where_it_is_on(client):
    assert client.get("/api/v1/orchard/stamps/rule").json == {"units": 8}
    assert client.get("/api/v1/bakery/stamps/rule").status_code == 404


def test_no_reference_leads_nowhere(client):
    for path in ("/api/v1/openapi.json", "/api/v1/orchard/openapi.json"):
        answer = client.get(path)
        components = answer.json["components"]
        for kind, name in set(re.findall(r'"#/components/(\w+)/([^"]+)"', answer.text)):
            assert name in components[kind]
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_the_reader_comes_from_local_files_and_runs_no_inline_script(client):
    page = client.get("/docs")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 6
    assert "width=device-width" in page.text
    assert all(link.startswith("/docs/") for link in links)
    for link in links:
        with client.get(link) as file:
            assert file.status_code == 200, link
    assert "<script>" not in page.text
    assert "/api/v1/orchard/openapi.json" in client.get("/docs/start.js").text
