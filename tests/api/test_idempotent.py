"""The header, the body and the answer of a POST that creates money or an order."""

import pytest

from shop import db
from shop.api.base import PUBLIC, Blueprint, ctx
from shop.api.fields import Schema, Text
from shop.api.idempotent import idempotent
from shop.people import audit
from shop.plugin import Plugin

blp = Blueprint("tips", __name__)


class Tip(Schema):
    text = Text(20, required=True)


def with_token(document):
    return document | {"token": f"or_{document['number']}"}


@blp.post("/tips/<string:box>", needs=PUBLIC)
@blp.arguments(Tip)
@blp.response(201, Tip)
@idempotent(complete=with_token)
def give_tip(tip, box):
    """Give a tip"""
    return {"number": audit.record(ctx(), "tip", text=tip["text"])}


class Tips(Plugin):
    name = "tips"
    blueprints = (blp,)


@pytest.fixture
def plugins():
    return (Tips,)


@pytest.fixture
def stores_toml():
    return "[stores.orchard.plugins.tips]"


URL = "/api/v1/orchard/tips/a"
KEY = {"Idempotency-Key": "0123456789abcdef"}


def test_case_92_without_a_key_it_is_400_and_nothing_happens(client):
    response = client.post(URL, json={"text": "x"})
    assert (response.status_code, response.json["code"]) == (400, "idempotency_key_required")
    response = client.post(URL, json={"text": "x"}, headers={"Idempotency-Key": "short"})
    assert (response.status_code, response.json["code"]) == (400, "idempotency_key_invalid")
    assert db.value("SELECT COUNT(*) FROM audit") == 0


def test_case_92_another_body_or_path_under_the_same_key_is_422(client):
    assert client.post(URL, json={"text": "x"}, headers=KEY).status_code == 201
    for url, text in ((URL, "y"), (URL.replace("/a", "/b").replace("/bpi", "/api"), "x")):
        response = client.post(url, json={"text": text}, headers=KEY)
        assert (response.status_code, response.json["code"]) == (422, "idempotency_key_reused")


def test_case_93_the_answer_to_a_repeated_request_is_byte_for_byte_the_first(client):
    first = client.post(URL, json={"text": "x"}, headers=KEY)
    again = client.post(
        URL, json={"text": "x"}, headers={"Idempotency-Key": f'"{KEY["Idempotency-Key"]}"'}
    )
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert again.json["token"].startswith("or_")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert "token" not in db.value("SELECT answer FROM idempotency")


def test_the_header_is_in_the_description_beside_the_body(client):
    operation = client.get("/api/v1/openapi.json").json["paths"]["/api/v1/{store}/tips/{box}"][
        "post"
    ]
    [header] = operation["parameters"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", True)
    assert "application/json" in operation["requestBody"]["content"]
