"""A client that a program made of the description buys in a running shop."""

import importlib
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from shop.clock import to_us
from shop.pickup import points, timetable

pytestmark = pytest.mark.sqlite_only
PACKAGE = "made_of_openapi"
GENERATOR = Path(sys.executable).with_name("openapi-python-client")


@pytest.fixture
def window(shop):
    """A window of the point `gate`, tomorrow by the clock of the server; its id."""
    gate = points.create(shop.ctx, "gate", {"name": "东门"})
    starts = to_us(datetime.now(UTC) + timedelta(days=1))
    return timetable.create(shop.ctx, gate.id, starts, starts + 3_600_000_000, starts, 5)["id"]


@pytest.fixture
def description(window, live):
    """What the running shop says about itself."""
    return httpx.get(f"{live.url}/openapi.json").json()


@pytest.fixture
def made(live, description, tmp_path, monkeypatch):
    """`made("api.orders.create_order")` imports a module of the generated package."""
    document = f"{live.url}/openapi.json"
    command = [GENERATOR, "generate", "--url", document, "--meta", "none"]
    done = subprocess.run(
        [*command, "--output-path", tmp_path / PACKAGE], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.mark.slow
def test_every_operation_becomes_a_function_and_the_purchase_is_made_with_them(
    shop, live, description, made, window
):
    operations = [
        operation
        for item in description["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    for operation in operations:
        assert made(f"api.{operation['tags'][0]}.{operation['operationId']}").sync_detailed

    with made("client").Client(base_url=live.url) as guest:
        order = buy(made, guest, window)
        linked = made("api.orders.get_order").sync(order.number, client=guest, token=order.token)
        stranger = made("api.orders.get_order").sync_detailed(order.number, client=guest)
    with made("client").AuthenticatedClient(base_url=live.url, token=order.token) as holder:
        seen = made("api.orders.get_order").sync(order.number, client=holder)
    assert (seen.number, seen.state, seen.total) == (order.number, "pending", 2000)
    assert linked.to_dict() == seen.to_dict()
    assert (stranger.status_code, stranger.parsed.code) == (404, "not_found")


def buy(made, guest, window):
    """Two units of what is listed first, through a cart."""
    models = made("models")
    listed = made("api.products.list_products").sync(client=guest, limit=5)
    [variant] = listed.items[0].variants
    assert (variant.sku, variant.price, variant.available) == ("SCARCE", 1000, 20)
    [point] = made("api.pickup_points.list_pickup_points").sync(client=guest).items
    assert [found.id for found in point.windows] == [window]
    cart = made("api.carts.create_cart").sync(client=guest, body=models.NewCart())
    line = models.NewLine(sku=variant.sku, quantity=2)
    cart = made("api.carts.add_cart_line").sync(cart.id, client=guest, body=line)
    assert cart.total == 2000
    wanted = models.NewOrder(
        cart=cart.id,
        contact=models.Contact(name="王小明", phone="+8613000000001"),
        pickup=models.PickupChoice(point=point.code, window=window),
        expected_total=cart.total,
    )
    key = secrets.token_hex(16)
    placed = made("api.orders.create_order").sync(client=guest, body=wanted, idempotency_key=key)
    assert (placed.state, placed.lines[0].quantity) == ("pending", 2)
    return placed
