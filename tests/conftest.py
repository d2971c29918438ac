import pytest

pytest_plugins = ["shop.testing"]


@pytest.fixture
def live(shop, tmp_path, database_url):
    """A real server on the database of `shop`, with one product: 50 units of SCARCE."""
    from shop.catalog import products
    from tests.live import Live

    variant = {"sku": "SCARCE", "price": 1000, "stock": 50}
    products.create(shop.ctx, {"title": "Scarce", "status": "published", "variants": [variant]})
    server = Live(tmp_path, database_url).start()
    yield server
    server.stop()
