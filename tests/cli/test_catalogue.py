"""`shop import products` and `shop export products`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from shop.catalog import products
from shop.cli import main
from shop.testing import CONFIG, SECRET

pytestmark = pytest.mark.sqlite_only
FILE = Path(__file__).parents[1] / "data" / "shopify.csv"


@pytest.fixture
def run(shop, database_url, tmp_path):
    path = tmp_path / "shop.toml"
    path.write_text(CONFIG.format(database=database_url, secret=SECRET, stores=""), "utf-8")

    def run(*arguments, **options):
        return CliRunner().invoke(
            main, ["--config", str(path), *map(str, arguments), "--store", "orchard"], **options
        )

    return run


def test_a_file_comes_in_and_goes_out_and_comes_in_again(shop, run, tmp_path):
    result = run("import", "products", FILE)
    assert result.exit_code == 0, result.output
    assert "2 products, 3 variants; 2 new, 0 changed, 0 as they were" in _flat(result.output)
    assert "Left out" in result.output
    out = tmp_path / "out.csv"
    assert run("export", "products", out).exit_code == 0
    assert run("export", "products", "-").stdout_bytes == out.read_bytes()
    again = run("import", "products", "-", input=out.read_bytes())
    assert "0 new, 0 changed, 2 as they were" in _flat(again.output)


def test_errors_are_shown_in_a_table_and_end_the_command(shop, run, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("Handle,Title,Variant SKU,Variant Price\na,A,A,1\nb,[b],B,[b]x\n")
    result = run("import", "products", bad)
    assert result.exit_code == 1
    assert "Variant Price" in result.output
    assert "“[b]x”" in result.output
    assert "nothing was imported" in result.output
    assert not products.by_handle(shop.ctx, ["a"])
    result = run("import", "products", bad, "--skip-errors")
    assert result.exit_code == 0
    assert products.by_handle(shop.ctx, ["a", "b"]).keys() == {"a"}


def test_a_dry_run_keeps_nothing(shop, run):
    result = run("import", "products", FILE, "--dry-run")
    assert result.exit_code == 0
    assert "nothing was kept" in result.output
    assert not products.by_handle(shop.ctx, ["red-apple"])


def test_a_file_or_store_that_is_not_there_is_told(run):
    assert run("import", "products", "nowhere.csv").exit_code == 2


def _flat(text):
    return " ".join(text.split())
