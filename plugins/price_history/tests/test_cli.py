"""`shop price-history …`, and the products of the demo."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from shop.catalog import catalog
from shop.cli import main
from shop.demo import load
from shop.testing.live import Live
from shop_plugins.price_history import demo, report, why

pytestmark = pytest.mark.sqlite_only
ON = "[stores.orchard.plugins.price_history]\n"


@pytest.fixture
def run(shop, tmp_path, database_url):
    """A command on the database of `shop`; what it printed."""

    def call(*words, code=0, tables=ON):
        path = str(Live(tmp_path, database_url, stores_toml=tables).path)
        done = CliRunner(env={"COLUMNS": "160"}).invoke(
            main, ["--config", path, "price-history", *words]
        )
        assert done.exit_code == code, done.output
        return done.output

    return call


@pytest.fixture
def enabled(rules):
    return {"price_history": rules}


@pytest.fixture
def clock(clock):
    """As the command's own."""
    clock.at = datetime.now(UTC)
    return clock


def test_why_tells_the_reason_and_the_row_that_decides(run, goods):
    goods(1000, compare_at=1000).costs(800, day=-2)
    said = run("why", "PEAR")
    assert "shown  CN¥10.00" in said
    assert "Struck through: in the 7 days before the price fell" in said
    assert said.count("decides") == 1
    assert "no variant PLUM" in run("why", "PLUM", code=1)


def test_the_list_chooses_and_the_report_counts(run, goods):
    goods(1000, compare_at=1000).costs(800, day=-2)
    goods(800, compare_at=1000, sku="PLUM")
    assert "PEAR" in run("list", "--shown")
    assert "PLUM" not in run("list", "--shown")
    assert "no_reduction" in run("list", "--hidden")
    assert "PLUM" in run("list", "--reason", "no_reduction")
    assert "PEAR" not in run("list", "plum")
    assert "there are more" in run("list", "--limit", "1")
    assert "2 wished, 1 shown (0 of them lowered), 1 hidden; CN, 7 days" in run("report")


def test_switched_off_it_says_what_it_would_do(run, goods):
    goods(800, compare_at=1000)
    assert "this is what it would do" in run("why", "PEAR", tables="")
    assert "no_reduction" in run("list", tables="")


def test_the_demo_shows_a_true_and_two_untrue_prices(shop, tmp_path):
    demo.fill(shop.ctx)  # nothing is on sale yet
    load.fill(shop.ctx, tmp_path / "media")
    before = catalog.list_products(shop.ctx, limit=100)["items"]
    demo.fill(shop.ctx)
    demo.fill(shop.ctx)
    found = [item["reason"] for item in sorted(why.each(shop.ctx), key=lambda item: item["id"])]
    assert found[:3] == ["shown", "no_reduction", "above_lowest"]
    assert set(found[3:]) <= {"no_reduction"}
    after = catalog.list_products(shop.ctx, limit=100)["items"]
    assert [costs(product) for product in after] == [costs(product) for product in before]
    assert report.report(shop.ctx)["shown"] == 1
    assert shop.fsck() == []


def costs(product):
    return [variant["price"] for variant in product["variants"]]
