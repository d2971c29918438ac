"""One store with both plugins, where nobody waits long for who does not come."""

import pytest

from tests.model.plugins import Deal, Perks


@pytest.fixture
def plugins():
    return Deal, Perks


@pytest.fixture
def stores_toml():
    return """
[stores.orchard.orders]
no_show = "cancel"
[stores.orchard.plugins.deal]
[stores.orchard.plugins.perks]
[shop.limits]
unpaid_orders = 3
"""


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Reactions fail on purpose here."""
    caplog.set_level("CRITICAL", "shop")
