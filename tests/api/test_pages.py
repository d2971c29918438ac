"""Pages of plugins: who tells that an address is nobody's."""

import pytest

from shop import Pages, Plugin, whole_number

front = Pages("front_pages", __name__, say=lambda problem: f"front: {problem['status']}")
desk = Pages("desk_pages", __name__, say=lambda problem: f"desk: {problem['status']}", url_prefix="/desk")  # fmt: skip


@front.get("/cart")
def cart():
    return "a cart"


@front.post("/cart/add")
def add():
    return "added"


class Desk(Plugin):
    """Pages behind a word."""

    name, pages = "desk", (desk,)


class Front(Plugin):
    """Pages at the store's own address."""

    name, pages = "front", (front,)


@pytest.fixture
def plugins():
    return (Desk, Front)


BOTH = {"desk": {}, "front": {}}


@pytest.mark.parametrize(
    "enabled, path, told",
    [
        (BOTH, "/orchard/crat", "front: 404"),
        (BOTH, "/orchard/a/b/c", "front: 404"),
        (BOTH, "/orchard/cart/add", "front: 405"),
        (BOTH, "/orchard/desk/crat", "desk: 404"),
        (BOTH, "/orchard/desktop", "front: 404"),
        ({"desk": {}}, "/orchard/desk/crat", "desk: 404"),
    ],
)
def test_an_address_that_nothing_has_is_told_by_the_pages_around_it(client, path, told):
    answer = client.get(path)
    assert (answer.text, answer.status_code) == (told, int(told[-3:]))
    assert answer.mimetype == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert ("POST" in answer.headers.get("Allow", "")) == ("405" in told)


@pytest.mark.parametrize(
    "enabled, path",
    [
        (BOTH, "/api/v1/orchard/crat"),
        (BOTH, "/api/v2/orchard/cart"),
        (BOTH, "/nowhere/cart"),
        (BOTH, "/orchards"),
        ({}, "/orchard/crat"),
        ({"desk": {}}, "/orchard/crat"),
        ({"desk": {}}, "/orchard/cart"),
    ],
)
def test_where_no_pages_are_the_api_tells_it(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "text, value",
    [("12", 12), ("-3", -3), ("+3", 3), ("１２", 12), ("9" * 18, 10**18 - 1), ("9" * 19, "9" * 19),
     *((odd, odd) for odd in ("", "+-5", "2.5", "1_000", " 1", "x", "²"))],
)  # fmt: skip
def test_a_whole_number_is_one_and_all_else_stays_a_text(text, value):
    assert whole_number(text) == value
