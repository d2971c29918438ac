"""Addresses and cookies with letters that nobody keeps, on every route of the core and of every plugin."""

import re

import pytest

from tests.live import key
from tests.tools.furnished import furnish
from tests.tools.operations import operations

pytestmark = pytest.mark.both_databases

PLACE = re.compile(r"\{\w+\}")


@pytest.fixture
def enabled(migrated):
    return {name: {} for name in migrated}


def test_nothing_is_called_by_a_letter_that_postgresql_does_not_keep(shop, client):
    filled = furnish(shop, "orchard", "tornword")
    asked = [operation for operation in operations(client) if operation.params]
    assert len(asked) > 30
    for operation in asked:
        answer = client.open(
            filled.url + PLACE.sub("a%00b", operation.path), method=operation.method.upper(),
            json=operation.body, headers={**key(), "If-Match": "*", **filled.bearer("owner")},
        )  # fmt: skip
        assert answer.status_code == 404, (operation.id, answer.text)


@pytest.mark.parametrize(
    "path", ["products/a%00b", "orders/a%00b", "sku/a%00b", "p/a%00b/c", "%00"]
)
def test_no_page_is(shop, client, path):
    assert client.get(f"/orchard/{path}").status_code == 404


@pytest.mark.parametrize("torn", [r"a\000b", r"a\012b", r"a\015\012X: y"])
@pytest.mark.parametrize("name", ["customer", "cart", "invitation", "console"])
def test_a_torn_cookie_is_none(shop, name, torn):
    """A quoted cookie may write any letter by its number."""
    client = shop.app.test_client(use_cookies=False)  # which would take the header out
    headers = {"Cookie": f'orchard-{name}="{torn}"'}
    for path in ("/orchard/cart", "/orchard/me", "/orchard/checkout", "/orchard/console/"):
        assert client.get(path, headers=headers).status_code in (200, 303), path
