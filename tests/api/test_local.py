"""Pages of plugins, and the API as they call it: in the same process, with the caller's rights."""

import pytest
from flask import Blueprint, request

from shop import Plugin, ctx, local_api
from shop.services import products
from tests.live import key

pages = Blueprint("shelf", __name__, url_prefix="/shelf")


@pages.get("/")
def shelf():
    found = local_api(ctx()).get("/products", limit=2)
    return ", ".join(item["title"] for item in found.data["items"])


@pages.post("/order")
def order():
    body = {"lines": [{"sku": "A", "quantity": 1}], "contact": request.get_json()}
    made = local_api(ctx()).post("/orders", body, key=request.headers["Idempotency-Key"])
    return {"number": made.data.get("number"), "code": made.data.get("code")}, made.status


@pages.post("/odd")
def odd():
    """What JSON cannot carry."""
    nested = []
    for _ in range(2000):
        nested = [nested]
    bodies = {"half of a letter": "\ud800", "a large number": 10**30, "nested": nested}
    api = local_api(ctx())
    return {name: api.post("/carts", {"note": it}).data["code"] for name, it in bodies.items()}


@pages.post("/torn")
def torn():
    """A key of a form, with the end of a line in it."""
    body = {"lines": [], "contact": request.get_json()}
    return {}, local_api(ctx()).post("/orders", body, key="torn\r\nIf-Match: x" + "k" * 20).status


@pages.get("/orders")
def orders():
    return local_api(ctx()).get("/admin/orders").data


class Shelf(Plugin):
    name, pages = "shelf", (pages,)


@pytest.fixture
def plugins():
    return (Shelf,)


@pytest.fixture
def stores_toml():
    return """
[stores.orchard.plugins.shelf]
[stores.bakery]
name = "面包房"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "en"
"""


@pytest.fixture
def apples(shop):
    variant = {"sku": "A", "price": 1000, "stock": 5}
    products.create(shop.ctx, {"title": "苹果", "status": "published", "variants": [variant]})


def test_a_page_reads_and_writes_through_the_api(client, apples):
    assert client.get("/orchard/shelf/").get_data(as_text=True) == "苹果"
    same, buyer = key(), {"name": "Wang", "phone": "+8613000000001"}
    first = client.post("/orchard/shelf/order", json=buyer, headers=same)
    again = client.post("/orchard/shelf/order", json=buyer, headers=same)
    assert first.status_code == 201
    assert again.json == first.json
    assert client.post("/orchard/shelf/order", json={}, headers=key()).json["code"] == "invalid"


def test_it_has_the_rights_and_the_language_of_the_one_who_looks(client, shop, apples):
    refused = client.get("/orchard/shelf/orders", headers={"Accept-Language": "en"}).json
    assert (refused["code"], refused["detail"]) == ("unauthorized", "Please sign in.")
    assert client.get("/orchard/shelf/orders", headers=shop.bearer()).json["items"] == []


def test_pages_are_there_only_where_the_plugin_is_on(client):
    assert client.get("/bakery/shelf/").status_code == 404
    assert client.get("/nowhere/shelf/").status_code == 404


def test_what_json_cannot_carry_is_refused_as_no_json(client):
    """A form may be turned into it: a page is told, and does not fail."""
    said = client.post("/orchard/shelf/odd").json
    assert set(said.values()) == {"invalid"}, said


def test_no_header_ends_before_it_should(client):
    buyer = {"name": "Wang", "phone": "+8613000000001"}
    assert client.post("/orchard/shelf/torn", json=buyer).status_code == 422
