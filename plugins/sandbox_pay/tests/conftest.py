import pytest

from shop.clock import Clock, SetClock
from shop.testing.live import Live
from shop_plugins.sandbox_pay.tests.emulated import Emulator
from shop_plugins.sandbox_pay.tests.served import Served


@pytest.fixture
def enabled():
    return {"sandbox_pay": {"timeout_seconds": 2}}


@pytest.fixture
def clock():
    """The emulator is another process: it and the shop agree on the time, which is now."""
    return SetClock(Clock().now())


@pytest.fixture
def emulator(shop, tmp_path, database_url):
    """The emulator beside `shop`; nobody serves the shop, so its notices wait."""
    live = Live(tmp_path, database_url, stores_toml="[stores.orchard.plugins.sandbox_pay]")
    with Emulator(live) as emulator:
        yield emulator


@pytest.fixture
def served(shop, tmp_path, database_url):
    """The shop on a port and its emulator on another, both as processes of their own."""
    on = "[stores.orchard.plugins.sandbox_pay]\ntimeout_seconds = 2"
    live = Live(tmp_path, database_url, stores_toml=on)
    live.begin()
    try:
        with Emulator(live) as emulator:
            live.wait()
            yield Served(shop, live, emulator)
    finally:
        live.stop()
    assert shop.fsck() == []
