"""Pages of plugins, and the API as they call it: in the same process, with the caller's rights."""

from dataclasses import replace

import pytest
from flask import Blueprint, request

from shop import Pages, Plugin, ctx, local_api
from shop.app import create_app
from shop.catalog import products
from shop.config import Limits
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


@pages.get("/busy")
def busy():
    """Three questions, as a page of the storefront has them; none is kept."""
    return [local_api(ctx(), "cu_nobody").get(path).status for path in ("/me", "/", "/products")]


@pages.post("/carts")
def carts():
    made = [local_api(ctx()).post("/carts", {}) for _ in range(2)]
    return [answer.data.get("code", "") for answer in made]


rack = Pages("shelf_rack", __name__, say=lambda problem: problem["code"])


@rack.kept("/rack")
def show_rack():
    """The same for everyone, so that it is drawn for nobody."""
    api = local_api(ctx())
    return str([api.get(path).status for path in ("/", "/pickup-points", "/products")])


class Shelf(Plugin):
    name, pages = "shelf", (pages, rack)


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


@pytest.fixture
def limited(shop):
    """Five requests and two writes a minute, and three open carts of a peer."""
    limits = Limits(requests_per_minute=5, writes_per_minute=2, open_carts=3)
    config = replace(shop.config, rate_limits="on", limits=limits)
    return create_app(config, (Shelf,), clock=shop.clock).test_client()


@pytest.mark.sqlite_only
def test_a_page_counts_once_and_its_own_questions_do_not(limited, caplog):
    found = [limited.get("/orchard/shelf/busy").status_code for _ in range(7)]
    assert found == [200] * 5 + [429] * 2
    other = {"REMOTE_ADDR": "10.1.2.3"}
    found = [
        limited.post("/orchard/shelf/carts", environ_overrides=other).status_code for _ in range(3)
    ]
    assert found == [200] * 2 + [429]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.sqlite_only
def test_a_page_that_is_kept_is_drawn_without_an_error_in_the_log(limited, caplog):
    found = [limited.get(f"/orchard/rack?q={number}") for number in range(3)]
    assert [answer.text for answer in found] == ["[200, 200, 200]"] * 3
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.sqlite_only
def test_a_question_of_a_page_has_the_peer_of_the_one_who_looks(limited):
    """Open carts are counted by peer: the fourth of one is too many, another has none yet."""
    said = []
    for peer in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        said += limited.post("/orchard/shelf/carts", environ_overrides={"REMOTE_ADDR": peer}).json
    assert said == ["", "", "", "too_many_carts", "", ""]
