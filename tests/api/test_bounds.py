"""Input of a great many fields costs little more than a plain request, and is refused with a reason."""

import time

import orjson
import pytest

pytestmark = pytest.mark.sqlite_only
CARTS, LOGIN, PRODUCTS = (
    f"/api/v1/orchard/{place}" for place in ("carts", "login/code", "products")
)
MIB = 1 << 20
PLAIN, PARSED = 10, 3
"""A large request may cost as much as ten plain ones, and reading its JSON three times if it is read
at all. Translating 130,000 unknown fields once cost several hundred plain requests."""


def fields(count):
    return b"{" + b",".join(b'"k%d":1' % number for number in range(count)) + b"}"


def many(times):
    return b'{"lines":[' + b",".join([fields(100)] * times) + b"]}"


BODIES = {
    "fields": (fields(95_000), "too_many_fields"),
    "objects": (many(1000), "too_many_values"),
    "list": (b'{"lines":[' + b",".join([b"1"] * 500_000) + b"]}", "too_many_values"),
    "lists": (b'{"lines":[' + b",".join([b"[]"] * 300_000) + b"]}", "too_many_values"),
    "no object": (b"[" + b",".join([b"{}"] * 40_000) + b"]", "too_many_values"),
    "depth": (b'{"options":' + b"[" * 900 + b"]" * 900 + b"}", "nested_too_deeply"),
    "options": (b'{"options":{"points":' + fields(95_000) + b"}}", "too_many_fields"),
    "within the bounds": (b'{"lines":[' + b",".join([fields(90)] * 100) + b"]}", "invalid"),
}


def cost(ask):
    """Seconds of the processor, the least of three."""
    spent = []
    for _ in range(3):
        began = time.thread_time()
        ask()
        spent.append(time.thread_time() - began)
    return min(spent)


@pytest.mark.parametrize("name", BODIES)
def test_a_megabyte_of_fields_costs_little_more_than_a_plain_request(client, name):
    body, code = BODIES[name]
    assert len(body) < MIB
    answers = []

    def ask(data):
        answers.append(client.post(CARTS, data=data, content_type="application/json"))

    plain = cost(lambda: ask(b'{"unknown": 1}'))
    spent = cost(lambda: ask(body))
    assert answers[-1].json["code"] == code
    assert answers[-1].status_code == (400 if body.count(b"[") > 50_000 else 422)
    assert len(answers[-1].data) < 10_000
    is_read = answers[-1].status_code == 422
    assert spent < PLAIN * plain + is_read * PARSED * cost(lambda: orjson.loads(body))


def test_of_many_mistakes_the_first_are_named_and_all_are_counted(client):
    said = client.post(LOGIN, json={f"k{number}": 1 for number in range(300)}).json
    assert (len(said["errors"]), said["count"]) == (50, 301)
    said = client.post(LOGIN, json={"k": 1}).json
    assert (len(said["errors"]), said.get("count")) == (2, None)


def test_what_an_order_of_the_largest_size_needs_is_within_the_bounds(client):
    """2,000 lines is the most that an owner can set."""
    lines = [{"sku": "A", "quantity": 1, "options": {}}] * 2000
    assert client.post(CARTS, json={"lines": lines}).json["code"] != "too_many_values"


@pytest.mark.parametrize("path", [PRODUCTS, "/api/v1/orchard/me/orders", "/nowhere"])
def test_an_address_of_many_parameters_is_refused(client, path):
    answer = client.get(f"{path}?" + "&".join(f"k{number}=1" for number in range(900)))
    assert (answer.status_code, answer.json["code"]) == (422, "too_many_fields")
    assert client.get(f"{path}?" + "&".join(["k=1"] * 200)).json["code"] != "too_many_fields"


@pytest.mark.parametrize("path", [LOGIN, "/nowhere"])
def test_a_form_of_many_fields_is_refused(client, path):
    body = b"&".join(b"k%d=" % number for number in range(50_000))
    answer = client.post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json["code"]) == (422, "too_many_fields")


def test_an_upload_of_many_parts_is_refused(shop):
    part = b'--x\r\nContent-Disposition: form-data; name="k"\r\n\r\n1\r\n'
    for path in ("/admin/pictures", "/admin/products/import"):
        answer = shop.client.post(
            shop.url(path), data=part * 15_000 + b"--x--\r\n", headers=shop.bearer(),
            content_type="multipart/form-data; boundary=x",
        )  # fmt: skip
        assert (answer.status_code, answer.json["code"]) == (413, "too_large")
