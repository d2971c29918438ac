"""/: where somebody lands who types the address of the shop."""

import pytest

from shop import Pages, Plugin

front = Pages("front_pages", __name__, say=lambda problem: problem["detail"])
desk = Pages("desk_pages", __name__, say=lambda problem: problem["detail"], url_prefix="/desk")


class Desk(Plugin):
    """Pages behind a word."""

    name, pages = "desk", (desk,)


class Front(Plugin):
    """Pages at the store's own address."""

    name, pages = "front", (front,)


@pytest.fixture
def plugins():
    return (Desk, Front)


@pytest.mark.parametrize(
    "enabled, place",
    [({}, "/docs"), ({"desk": {}}, "/orchard/desk/"), ({"desk": {}, "front": {}}, "/orchard/")],
)
def test_the_only_stores_pages_are_the_home(client, place):
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, place)


@pytest.mark.parametrize("enabled", [{"front": {}}])
@pytest.mark.parametrize(
    "stores_toml",
    [
        '[stores.second]\nname = "<b>B</b>"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\nlocale = "en"'
    ],
)
def test_several_stores_are_a_list(client):
    page = client.get("/").text
    assert '<a href="/orchard/">' in page
    assert '<a href="/docs">&lt;b&gt;B&lt;/b&gt;</a>' in page
