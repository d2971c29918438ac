"""A shop that is served for real, and how long it is tormented: briefly in `make test`, long in
`make drill`."""

import pytest

from shop.catalog import products
from tests.faults.crowd import owner_token
from tests.live import Live
from tests.tools.waiting import wait_for

UNITS = 100_000


@pytest.fixture(params=["short", pytest.param("long", marks=pytest.mark.slow)])
def rounds(request):
    return {"short": 1, "long": 8}[request.param]


@pytest.fixture
def stocked(shop):
    """(the token of its owner) A shop with plenty of SCARCE."""
    variant = {"sku": "SCARCE", "price": 1000, "stock": UNITS}
    products.create(shop.ctx, {"title": "Scarce", "status": "published", "variants": [variant]})
    return owner_token(shop.ctx)


@pytest.fixture
def live(stocked, tmp_path, database_url):
    server = Live(tmp_path, database_url).start()
    wait_for(lambda: len(server.workers()) == 2)
    yield server
    server.stop()
