"""The examples of the description work, one after the other, in a fresh demo store."""

import pytest

from shop.api.examples import REQUESTS
from shop.demo import load
from tests.live import key

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def demo(shop, tmp_path):
    load.fill(shop.ctx, tmp_path / "media" / "orchard")
    load.top_up(shop.ctx)
    return shop


def operations(client):
    spec = client.get("/api/v1/orchard/openapi.json").json
    return {
        item[method]["operationId"]: (method, path, item[method])
        for path, item in spec["paths"].items()
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}
    }


def test_the_description_shows_the_examples(client):
    known = operations(client)
    for name, body in REQUESTS.items():
        content = known[name][2]["requestBody"]["content"]["application/json"]
        assert content["example"] == body, name


MADE = {  # what an answer tells for the paths of later examples
    "create_cart": {"cart_id": "id"},
    "create_order": {"number": "number"},
    "admin_create_category": {"category_id": "id"},
    "admin_create_product": {"product_id": "id"},
    "admin_create_pickup_point": {"point_id": "id"},
    "admin_create_window": {"window_id": "id"},
    "admin_create_staff": {"staff_id": "id"},
}


def test_every_example_runs(demo, client):
    known, owner = operations(client), demo.bearer()
    ids = {"line": 1, "customer_id": 1}

    def send(name, body):
        method, path, operation = known[name]
        url = "/api/v1/orchard" + path.format(**ids)
        headers = {**key(), **(owner if "x-scope" in operation else {})}
        if method == "patch" and "x-scope" in operation:
            headers["If-Match"] = client.get(url, headers=owner).headers.get("ETag", "")
        answer = client.open(url, method=method.upper(), json=body, headers=headers)
        assert answer.status_code < 300, (name, answer.text)
        ids.update({param: answer.json[field] for param, field in MADE.get(name, {}).items()})
        return answer

    for name, body in REQUESTS.items():
        if name == "admin_cancel_order":  # the first order is handed out by now
            send("create_order", REQUESTS["create_order"])
        answer = send(name, body)
        if name == "create_order":
            ids["code"] = answer.json["pickup"]["code"]
