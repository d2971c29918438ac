"""`shop flash-sale …`, and the sale of the demo."""

import pytest
from click.testing import CliRunner

from shop.cli import main
from shop.demo import load
from shop.testing.live import Live
from shop_plugins.flash_sale import demo, sales
from shop_plugins.flash_sale.models import Sale
from shop_plugins.flash_sale.tests.seen import on_hand

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def run(shop, tmp_path, database_url):
    """A command on the database of `shop`; what it printed."""
    tables = "[stores.orchard.plugins.flash_sale]\n"
    path = str(Live(tmp_path, database_url, stores_toml=tables).path)

    def call(*words, code=0):
        done = CliRunner(env={"COLUMNS": "160"}).invoke(
            main, ["--config", path, "flash-sale", *words]
        )
        assert done.exit_code == code, done.output
        return done.output

    return call


def test_a_sale_is_made_shown_and_ended(run, shop, apple):
    made = run("create", "Tonight", "--sku", "APPLE=7.00x20", "--minutes", "60")
    assert "sale 1 is running" in made
    assert "CN¥7.00" in made
    assert on_hand(apple) == 80
    assert "20 of 20" in run("list", "--state", "running")
    assert "CN¥10.00" in run("show", "1")
    assert "共 20 件" in run("show", "1", "--announcement")
    assert "20 units went back to stock" in run("end", "1")
    assert on_hand(apple) == 100
    assert "0 customers" in run("report", "1")


def test_times_are_those_of_the_stores_clock(run, shop, apple):
    run("create", "Later", "--sku", "APPLE=7.00x20", "--starts", "2037-05-01 20:00",
        "--ends", "2037-05-01 22:00")  # fmt: skip
    assert Sale.get().starts.isoformat() == "2037-05-01T12:00:00+00:00"
    assert "taken back" in run("end", "1")
    assert "cancelled" in run("list")


def test_mistakes_are_told_in_words(run, apple):
    assert "SKU=PRICExUNITS" in run("create", "T", "--sku", "APPLE", "--minutes", "5", code=2)
    assert "Either --ends or --minutes" in run("create", "T", "--sku", "APPLE=7x1", code=2)
    again = run("create", "T", "--sku", "APPLE=7.00x101", "--minutes", "5", code=1)
    assert "out_of_stock" in again or "APPLE" in again


def test_the_demo_has_a_sale_that_runs_and_another_when_it_is_over(shop, tmp_path):
    demo.fill(shop.ctx)
    assert Sale.select().count() == 0  # nothing to sell yet
    load.fill(shop.ctx, tmp_path / "media")
    demo.fill(shop.ctx)
    demo.fill(shop.ctx)
    [sale] = Sale.select()
    assert sales.state(shop.ctx, sale) == "running"
    shop.forward(hours=7)
    demo.fill(shop.ctx)
    assert [sales.state(shop.ctx, sale) for sale in Sale.select()] == ["ended", "running"]
    assert shop.fsck() == []
