"""A shop that may send to this machine, and a receiver that is really asked."""

import pytest

from shop import db
from shop.jobs import events
from shop.testing.receiver import says, serving, url
from shop_plugins.webhooks import deliveries, endpoints


@pytest.fixture
def enabled():
    return {"webhooks": {"seconds": 1}}


@pytest.fixture
def shop(shop):
    """Of the same database, with this machine's network allowed."""
    text = shop._text.replace("[shop]", '[shop]\nprivate_networks = ["127.0.0.0/8"]')
    return shop.reloaded(text)


@pytest.fixture
def receiver():
    with serving(says(200)) as server:
        yield server


class Told:
    """Receivers and events in a line."""

    def __init__(self, shop):
        self.shop = shop

    @property
    def ctx(self):
        return self.shop.ctx

    def add(self, server, path="/hook", **facts):
        return endpoints.create(self.ctx, {"url": url(server, path), **facts})

    def happens(self, kind="tests.happened", **data):
        """An event, and what it sets in motion by now; its id."""
        with db.transaction():
            event = events.record(self.ctx, kind, **data)
        self.shop.run_jobs()
        return event

    def sent(self, **which):
        return deliveries.page(self.ctx, 100, **which)["items"]

    def states(self):
        return [(one.state, one.tries, one.status) for one in reversed(self.sent())]


@pytest.fixture
def told(shop):
    return Told(shop)
