"""Forms and addresses that nobody means well, sent to every page that there is."""

import itertools
import re
from pathlib import Path

import pytest

from shop import Pages
from tests.tools.furnished import furnish
from tests.tools.operations import operations

ROOT = Path(__file__).parent.parent.parent
ODD = (
    "", "x", "-1", "9" * 19, "9" * 5000, "0001-01-01", "[" * 3000, '"\\ud800"', "'--", "../..",
    "%2e%2e%2f", "<b>", "\x00", "٣", "a:b:c", "main\n", "%0A", "{}", "💥" * 300,
)  # fmt: skip
OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
NAME = re.compile(r'name="([a-z_.#\d]+)"')

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def enabled(migrated):
    return {name: {} for name in migrated}


@pytest.fixture
def filled(shop):
    return furnish(shop, "orchard", "oddword")


@pytest.fixture
def visitor(client, filled):
    """A browser of somebody who is signed in everywhere."""
    for name, role in (("customer", "customer"), ("console", "owner")):
        client.set_cookie(f"orchard-{name}", filled.tokens[role])
    return client


@pytest.fixture
def pages(shop, filled, enabled, things):
    """{(method, address)} of every page, its places filled with what is there."""
    blueprints = {
        page.name
        for plugin in shop.ctx.plugins.by_name.values()
        for page in plugin.pages
        if isinstance(page, Pages)
    }
    rules = [r for r in shop.app.url_map.iter_rules() if r.endpoint.split(".")[0] in blueprints]
    known = {"store": "orchard", "number": filled.ids["number"], "handle": "apple",
             "plugin": next(iter(enabled), ""), "locale": "en", "kind": "svg"}  # fmt: skip
    found = set()
    for rule in rules:
        for thing in things if "owner" in rule.arguments else [{}]:
            facts = known | thing
            address = PLACE.sub(lambda place, facts=facts: str(facts.get(place[1], "1")), rule.rule)
            found |= {(method, address) for method in rule.methods & {"GET", "POST"}}
    for page in ROOT.glob(
        "plugins/*/templates/pages/*.html"
    ):  # what plugins show in the pages of others
        found.add(("GET", f"/orchard/p/{page.parts[-4]}/{page.stem}"))
    return sorted(one for one in found if "sign-out" not in one[1])


@pytest.fixture
def things(client, enabled):
    """{owner, name} of what the console has generated pages for, some of each kind."""
    found = {("shop", "customers"), ("shop", "windows"), ("shop", "nothing")}
    for operation in operations(client):
        _, admin, owner, name, *_ = [*operation.path.split("/"), "", "", ""]
        if admin == "admin" and owner.replace("-", "_") in enabled:
            found.add((owner, name))
    return [{"owner": owner, "name": name} for owner, name in sorted(found)]


@pytest.fixture
def names():
    """Of every field that some page has."""
    found = {"q", "after", "first", "last", "state", "part", "next", "token", "format", "code",
             "items.0.sku", "items.999.n", "variant.0.sku", "variant.0.price", "image.0.src",
             "image.0.place", "units.1", "options.points.spend", "options.x.y",
             "campaign", "id"}  # fmt: skip
    for path in ROOT.glob("plugins/*/templates/**/*.html"):
        found |= set(NAME.findall(path.read_text("utf-8")))
    return sorted(found - {"sure"})


@pytest.mark.parametrize(
    "shift", [0, *(pytest.param(shift, marks=pytest.mark.slow) for shift in (1, 2))]
)
def test_no_page_fails_whatever_is_sent(visitor, pages, names, shift):
    """Each field gets another oddity each time."""
    sent = {name: ODD[(n + 7 * shift) % len(ODD)] for n, name in enumerate(names)}
    for method, address in pages:
        facts = {"query_string": sent} if method == "GET" else {"data": sent}
        answer = visitor.open(address, method=method, headers=OWN, **facts)
        assert answer.status_code < 500, (method, address, answer.text[-400:])


def test_no_address_fails_whatever_stands_in_it(visitor):
    pages = ("products", "orders", "p", "console/orders", "console/data", "console/data/shop",
             "console/pickup", "console/goods", "sku", "theme")  # fmt: skip
    for page, odd in itertools.product(pages, ODD):
        answer = visitor.get(f"/orchard/{page}/{odd}")
        assert answer.status_code < 500, (page, answer.text[-400:])
