"""shop.testing keeps what it says: orders in every state, time, another file, a fresh schema."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from shop import Plugin, db, hookimpl
from shop.carts import quote
from shop.errors import Invalid
from shop.ops import schema
from shop.plugin import NoSettings
from shop.testing.under_test import STATES


class Gift(Plugin):
    """Costs 50 more where it is on."""

    name = "gift"
    OrderOptions = NoSettings

    @hookimpl
    def adjust_quote(self, lane):
        return [quote.Adjustment("fee", 50, "gift")] if lane == "fee" else []


@pytest.fixture
def plugins():
    return (Gift,)


@pytest.fixture
def enabled():
    return {"gift": {}}


@pytest.mark.parametrize(
    "state, is_in, paid, refunded, out",
    [
        ("placed", "pending", 0, 0, 0),
        ("paid", "paid", 2050, 0, 0),
        ("handed_out", "paid", 2050, 0, 1),
        ("completed", "completed", 2050, 0, 2),
        ("cancelled", "cancelled", 0, 0, 0),
        ("refunded", "completed", 2050, 2050, 2),
    ],
)
def test_an_order_is_brought_to_a_state(up_to, shop, state, is_in, paid, refunded, out):
    order = up_to(state, lines={1000: 2})
    assert (order.state, order.paid, order.refunded) == (is_in, paid, refunded)
    assert order.lines[0].handed_out == out
    assert shop.fsck() == []


def test_every_state_is_known_and_no_other(up_to):
    assert up_to("quoted").total == 1050
    assert STATES[0] == "quoted"
    with pytest.raises(ValueError, match="quoted, placed"):
        up_to("delivered")


def test_lines_are_goods_skus_prices_or_items(shop):
    apple = shop.product(500, sku="APPLE")
    assert shop.order({apple: 1, "APPLE": 1, 300: 2}).total == 500 + 500 + 600 + 50
    assert shop.order([quote.Item("APPLE", 3)]).total == 1550


def test_a_customer_is_signed_in(shop):
    customer = shop.customer(name="Li")
    shop.up_to("placed", customer=customer, payment={"method": "transfer"}, note="soon")
    [order] = shop.client_of(customer).get(shop.url("/me/orders")).json["items"]
    assert order["total"] == 1050
    again = shop.client.get(shop.url("/me/orders"), headers=shop.headers_of(customer)).json
    assert again["items"] == [order]
    assert shop.client_of(shop.customer()).get(shop.url("/me/orders")).json["items"] == []


def test_time_passes_and_what_is_due_is_done(shop):
    order = shop.up_to("placed", payment={"method": "transfer"})
    shop.forward(hours=23)
    assert shop.seen(order).state == "pending"
    shop.forward(hours=2)
    assert shop.seen(order).state == "cancelled"


def test_a_plugin_is_switched_off_and_on_on_the_same_database(shop):
    goods, order = shop.product(), shop.up_to("paid", options={"gift": {}})
    off = shop.without("gift")
    assert off.quote(off.basket({goods: 1})).total == 1000
    assert off.seen(order).total == 1050
    with pytest.raises(Invalid):
        off.quote(off.basket({goods: 1}, options={"gift": {}}))
    assert shop.reloaded().quote(shop.basket({goods: 1})).total == 1050
    assert off.up_to("completed").total == 1000
    assert shop.fsck() == []


def test_the_money_of_a_part_goes_back_once(shop):
    order = shop.up_to("completed", lines={1000: 3})
    assert shop.refund(order, {order.lines[0].id: 1}).refunded == 1000
    assert shop.refund(order).refunded == order.total
    assert shop.refund(order).refunded == order.total


HEAD = "from shop.ops.schema import run_script\ndef up(migrator, db):\n    run_script(db, "


@pytest.mark.parametrize("columns", ["id BIGINT", "id BIGINT, other BIGINT"])
def test_tables_of_a_plugin_that_a_test_brings_are_gone_for_the_next(shop, tmp_path, columns):
    """Twice the same name with other columns: neither finds what the other made."""
    folder = tmp_path / "stamps" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_first.py").write_text(f"{HEAD}'CREATE TABLE stamps_card ({columns})')\n")

    class Stamps(Plugin):
        name = "stamps"

    Stamps.folder = folder.parent
    assert schema.migrate({"stamps": Stamps}) == ["stamps 0001_first"]
    assert len(db.database.get_columns("stamps_card")) == columns.count("BIGINT")


def test_bundled_plugins_are_there_without_asking(shop, migrated):
    """Whatever lies in the folder of plugins, by any name."""
    assert shop.instance.registry.installed.keys() - {"gift"} == migrated.keys()
    assert schema.pending(shop.instance.registry.installed) == []


def test_no_example_of_hypothesis_has_a_deadline():
    assert settings.default.deadline is None
    assert HealthCheck.too_slow in settings.default.suppress_health_check


BARE = re.compile(
    r"(?:monotonic|perf_counter)\(\) (?:\+|- \w+ <) ([\d.]+)|(?:\.wait|\.join|\.result)\(([\d.]+)\)"
)


def test_no_test_fails_because_a_machine_was_busy_for_some_seconds():
    """Wait for a condition, with PATIENCE; compare durations with one measured in the same run."""
    root = Path(__file__).parent.parent
    files = [*root.glob("tests/**/*.py"), *root.glob("plugins/*/tests/*.py")]
    found = [
        (path.relative_to(root).as_posix(), line.strip())
        for path in files
        for line in path.read_text("utf-8").splitlines()
        if (bare := BARE.search(line)) and 0.1 < float(bare[1] or bare[2]) < 60
    ]
    assert found == []
