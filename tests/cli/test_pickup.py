"""`shop windows` and `shop sheet`."""

import pytest
from click.testing import CliRunner

from shop import db
from shop.carts.quote import Basket, Item
from shop.cli import main
from shop.clock import HOUR, to_us
from shop.orders import orders
from shop.orders.orders import Draft
from shop.pickup import points, timetable
from shop.testing import CONFIG, SECRET
from tests import factory


@pytest.fixture
def run(shop, database_url, tmp_path, monkeypatch):
    path = tmp_path / "shop.toml"
    path.write_text(CONFIG.format(database=database_url, secret=SECRET, stores=""))
    monkeypatch.setenv("COLUMNS", "200")
    points.create(shop.ctx, "gate", {"name": "东门"})

    def call(*words):
        found = CliRunner().invoke(main, ["--config", str(path), *words, "--store", "orchard"])
        db.database.initialize(shop.instance.database)
        assert not (found.exception and not isinstance(found.exception, SystemExit)), found
        return found

    return call


def test_windows_are_added_by_a_pattern_and_listed(run):
    words = ("windows", "add", "10:00-12:00", "17:00-19:00", "--point", "gate")
    words += ("--start", "2099-05-01", "--days", "2", "--cut-off", "20:00", "--days-before", "1")
    added = run(*words, "--capacity", "30")
    assert "5月1日周五 10:00–12:00" in added.output
    assert "4 windows made at gate" in added.output
    assert "0 windows made at gate" in run(*words).output
    listed = run("windows", "list").output
    assert listed.count("0 of 30") == 4
    assert "4月30日周四 20:00" in listed


def test_windows_that_were_removed_stay_removed_until_they_are_restored(run, shop):
    words = ("windows", "add", "10:00-12:00", "--point", "gate", "--start", "2099-05-01")
    run(*words, "--days", "2")
    assert "removed 5月1日周五" in run("windows", "remove", "1").output
    again = run(*words, "--days", "3").output
    assert "1 windows made at gate" in again
    assert "not made, deleted before: 5月1日周五 10:00–12:00 (window 1)" in again
    window = timetable.get(shop.ctx, 2)
    timetable.change(shop.ctx, 2, 1, {"ends": to_us(window.ends) + HOUR})
    listed = run("windows", "list", "--exceptions").output
    assert "deleted" in listed
    assert "moved from" in listed
    for number in ("1", "2"):
        assert "offered again: 5月" in run("windows", "restore", number).output
    assert "not made" not in run(*words, "--days", "3").output


@pytest.mark.parametrize("words", [("ten",), ("10:00-25:00",), ("10:00-12:00", "--start", "soon")])
def test_windows_that_cannot_be_are_refused_in_a_line(run, words):
    refused = run("windows", "add", *words, "--point", "gate")
    assert refused.exit_code == 2
    assert "a time or day is not one" in refused.output


@pytest.mark.parametrize(
    ("name", "start"), [("s.html", b"<!"), ("s.csv", b"\xef"), ("s.xlsx", b"PK")]
)
def test_a_sheet_is_written_in_the_format_of_its_file(run, shop, tmp_path, name, start):
    factory.product(shop.ctx, sku="APPLE")
    basket = Basket([Item("APPLE", 2)])
    orders.place(shop.ctx, Draft(basket, "王小明", "+8613000000001", "gate"))
    done = run("sheet", str(tmp_path / name), "--point", "gate")
    assert "1 orders, 2 units" in done.output
    assert (tmp_path / name).read_bytes().startswith(start)


def test_a_sheet_goes_to_the_terminal_too(run):
    assert "没有待取的订单" in run("sheet", "-", "--format", "html", "--point", "gate").output


def test_an_unknown_point_or_format_is_said_in_a_line(run, tmp_path):
    assert run("sheet", str(tmp_path / "s.csv"), "--point", "nowhere").exit_code == 1
    assert not (tmp_path / "s.csv").exists()
    assert run("sheet", str(tmp_path / "s.pdf"), "--point", "gate").exit_code == 2
