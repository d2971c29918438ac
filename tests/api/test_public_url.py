"""Whose host the links of a page name, and who is given a page that is kept."""

from dataclasses import replace

import pytest

from shop import Pages, Plugin, ctx, public_url
from shop.app import create_app

front = Pages("linked_pages", __name__, say=lambda problem: f"refused {problem['status']}")


@front.kept("/")
def home():
    return f"link: {public_url(ctx())}/orchard/"


@front.post("/order")
def order():
    return f"placed at {public_url(ctx())}"


class Linked(Plugin):
    """Pages with absolute links."""

    name, pages = "linked", (front,)


pytestmark = pytest.mark.sqlite_only
MINE, EVIL = "https://shop.example.org", "evil.example"
FORGED = {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"}


@pytest.fixture
def plugins():
    return (Linked,)


@pytest.fixture
def enabled():
    return {"linked": {}}


@pytest.fixture
def behind(shop):
    """`behind(public_url)` is a client of the shop behind a proxy that hands on every header."""

    def made(address=""):
        stores = {"orchard": replace(shop.config.stores["orchard"], public_url=address)}
        config = replace(shop.config, trusted_proxies=1, stores=stores)
        return create_app(config, (Linked,), shop.clock).test_client()

    return made


def link(client, **headers):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.get("/orchard/", headers=named).text


@pytest.mark.parametrize("raw", ["10.0.0.7:8000", "shop.example.org"])
def test_a_forged_host_reaches_nobody_elses_page(behind, raw):
    """Not even one that is the raw host of everybody behind a proxy that sets none."""
    client = behind()
    forged = {"Host": "elsewhere", "X-Forwarded-Host": raw, "X-Forwarded-Proto": "http"}
    for _ in range(2):
        assert client.get("/orchard/", headers=forged).text == f"link: http://{raw}/orchard/"
    honest = {"Host": raw, "X-Forwarded-Host": "shop.example.org", "X-Forwarded-Proto": "https"}
    for _ in range(2):
        assert client.get("/orchard/", headers=honest).text == f"link: {MINE}/orchard/"


def test_a_shared_cache_is_not_told_that_a_page_of_another_host_is_as_it_was(behind):
    client = behind()
    tag = client.get("/orchard/", headers=FORGED).headers["ETag"]
    for _ in range(2):
        again = client.get("/orchard/", headers={"If-None-Match": tag})
        assert (again.status_code, again.text) == (200, "link: http://localhost/orchard/")
    mine = {"If-None-Match": again.headers["ETag"]}
    assert client.get("/orchard/", headers=mine).status_code == 304


@pytest.mark.parametrize("cached", [32, 0])
def test_links_begin_with_the_configured_address_whatever_a_request_says(shop, behind, cached):
    object.__setattr__(shop.config.limits, "catalogue_cache_mib", cached)
    client = behind(MINE)
    for headers in ({}, FORGED, {"Host": EVIL}, {"X-Forwarded-Proto": "javascript"}):
        assert client.get("/orchard/", headers=headers).text == f"link: {MINE}/orchard/"


def test_a_form_of_the_configured_address_is_our_own(behind):
    """A proxy that does not hand on the host leaves the shop with its own name only."""
    headers = {"Host": "10.0.0.7:8000", "Origin": MINE}
    assert behind(MINE).post("/orchard/order", headers=headers).text == f"placed at {MINE}"
    assert behind().post("/orchard/order", headers=headers).status_code == 403
    foreign = headers | {"Origin": f"https://{EVIL}"}
    assert behind(MINE).post("/orchard/order", headers=foreign).status_code == 403


@pytest.mark.parametrize("host", ["a b", "x/y", "<b>", "a:99999999", '"', "evil.example/@"])
def test_a_host_that_is_none_is_in_no_link_and_in_no_kept_page(behind, host):
    for headers in ({"Host": host}, {"X-Forwarded-Host": f'"{host}"'}):
        answer = behind().get("/orchard/", headers=headers)
        assert answer.status_code < 500
        assert host not in answer.text


def test_an_address_with_anything_behind_the_host_is_refused():
    from shop.config.schema import StoreSchema

    fields = {"name": "A", "currency": "CNY", "timezone": "UTC", "locale": "en"}
    for good in ("", MINE, "http://localhost:8000", "https://[::1]:8443"):
        assert not StoreSchema().validate(fields | {"public_url": good}), good
    for bad in ("shop.example.org", f"{MINE}/", f"{MINE}/a", f"{MINE}?q", f"{MINE}#a", "ftp://a.b",
                "https://", "https://a:b@c.d", "https://a b", "https://a:x", "https://a:0",
                "https://a:65536", "https://店.example", "https://[::1", "//a.b", "https://.a"):  # fmt: skip
        assert "public_url" in StoreSchema().validate(fields | {"public_url": bad}), bad
