"""`shop plugins …`, as an owner types them and reads them at 80 columns."""

import shutil
import sqlite3
import zipfile

import pytest
from click.testing import CliRunner

from shop import config, db
from shop.cli import main
from tests.tools import stamps


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A new instance with the plugins `stamps` and `wreck` in its folder."""
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / "shop"
    words = ["init", str(folder), "--store", "orchard", "--name", "果园"]
    assert CliRunner().invoke(main, words).exit_code == 0
    path = folder / "shop.toml"
    path.write_text(
        path.read_text("utf-8").replace("[shop]", '[shop]\nplugins = ["mine"]'), "utf-8"
    )
    stamps.write(folder / "mine", "stamps")
    (folder / "mine" / "wreck").mkdir()
    (folder / "mine" / "wreck" / "plugin.py").write_text("import math\nimport nothing_there\n")
    return path


@pytest.fixture
def shop(made):
    """Call a command; `code` is what it ends with."""

    def call(*words, code=0, **options):
        words = ["--config", str(made), *map(str, words)]
        result = CliRunner().invoke(main, words, **options)
        assert not (result.exception and not isinstance(result.exception, SystemExit)), result
        assert result.exit_code == code, result.output
        return result.output

    call("db", "migrate")
    yield call
    db.database.close()


def row(text, name):
    """The cells of a plugin's line in the list."""
    [line] = [line for line in text.splitlines() if line.startswith(f"│ {name} ")]
    return [cell.strip() for cell in line.strip("│").split("│")]


def plugins_of(made):
    return config.load(made).stores["orchard"].plugins


def begin_a_card(made):
    """In the database of the shop, beside its commands."""
    with sqlite3.connect(made.parent / "shop.db") as connection:
        connection.execute("INSERT INTO stamps_card (store, count) VALUES ('orchard', 3)")
    connection.close()


def test_the_list_says_where_each_is_on_and_what_is_wrong(shop, made):
    shop("plugins", "enable", "stamps")
    shown = shop("plugins", "list")
    assert row(shown, "stamps") == ["stamps", "1.2", "folder", "orchard 1", "good"]
    assert row(shown, "wreck")[2:] == ["folder", "", "broken"]
    reason = "ModuleNotFoundError: No module named 'nothing_there' (mine/wreck/plugin.py:2)"
    assert f"wreck is broken: {reason}" in shown
    assert all(len(line) <= 80 for line in shown.splitlines() if line.startswith(("│", "┃")))
    only = shop("plugins", "list", "--store", "orchard")
    assert "stamps" in only
    assert "wreck" not in only


def test_the_list_shows_a_shop_that_cannot_start(shop, made):
    text = made.read_text("utf-8") + "\n[stores.orchard.plugins.wreck]\n"
    made.write_text(text + "[stores.orchard.plugins.nobody]\n", "utf-8")
    shop("fsck", code=2)
    shown = shop("plugins", "list")
    assert row(shown, "wreck")[3:] == ["orchard 1", "broken"]
    assert row(shown, "nobody")[2:] == ["missing", "orchard 2", "on, and not found"]
    assert "wreck is broken" in shop("doctor", code=1).replace("\n", " ")
    shop("plugins", "disable", "nobody")
    shop("plugins", "disable", "wreck")
    shop("fsck")


def test_info_tells_settings_tables_routes_and_migrations(shop, made):
    shop("plugins", "enable", "stamps", "steps=7")
    shown = shop("plugins", "info", "stamps")
    for words in (
        "stamps 1.2\nA card that fills with every order.\n",
        "folder mine/stamps",
        "orchard (place 1)",
        "check_quote",
        "stamps_card: 0 rows",
        "0001_cards: ran 20",
        "GET /stamps/card",
        "orchard: 7",
        "Stamps: how many fill a card",
    ):
        assert words in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "(mine/wreck/plugin.py:2)" in shop("plugins", "info", "wreck")
    assert "no plugin is called stamp; there are" in shop("plugins", "info", "stamp", code=1)


def test_enable_adds_a_line_and_says_what_comes_of_it(shop, made):
    before = made.read_text("utf-8")
    shown = shop("plugins", "enable", "stamps")
    assert shown.splitlines()[0] == "+ [stores.orchard.plugins.stamps]"
    assert "stamps 1.2: A card that fills with every order." in shown
    assert "It takes part in check_quote." in shown
    assert "shop reload" in shown
    assert made.read_text("utf-8") == before + "\n[stores.orchard.plugins.stamps]\n"
    assert "on in orchard already" in shop("plugins", "enable", "stamps")
    shown = shop("plugins", "enable", "stamps", "steps=7")
    assert shown.splitlines()[0] == "+ steps = 7"
    assert plugins_of(made) == {"stamps": {"steps": 7}}


def test_a_mistake_is_told_and_the_file_stays(shop, made):
    before = made.read_text("utf-8")
    told = shop("plugins", "enable", "stamps", "stepz=7", "steps=99", code=2)
    assert "not changed:" in told
    assert "stores.orchard.plugins.stamps.stepz: unknown, did you mean steps?" in told
    assert "stores.orchard.plugins.stamps.steps: must be" in told
    assert "(mine/wreck/plugin.py:2)" in shop("plugins", "enable", "wreck", code=2)
    assert "no such plugin; installed:" in shop("plugins", "enable", "stamp", code=2)
    assert "KEY=VALUE" in shop("plugins", "enable", "stamps", "steps", code=2)
    assert "is not switched on" in shop("plugins", "enable", "stamps", "--before", "x", code=2)
    assert "not both" in shop("plugins", "enable", "stamps", "--first", "--before", "x", code=2)
    assert "is not switched on" in shop("plugins", "disable", "stamps", code=2)
    assert made.read_text("utf-8") == before


def test_the_owner_says_the_precedence(shop, made):
    stamps.write(made.parent / "mine", "gold")
    stamps.write(made.parent / "mine", "silver")
    shop("plugins", "enable", "stamps", "--migrate")
    shop("plugins", "enable", "gold", "--migrate")
    assert "Precedence in orchard: silver, stamps, gold." in shop(
        "plugins", "enable", "silver", "--first", "--migrate"
    )
    shop("plugins", "enable", "gold", "--before", "stamps")
    assert list(plugins_of(made)) == ["silver", "gold", "stamps"]
    shop("plugins", "enable", "stamps", "--first")
    assert list(plugins_of(made)) == ["stamps", "silver", "gold"]
    assert "already" in shop("plugins", "enable", "stamps", "--first")


def test_enable_names_the_migrations_that_wait_or_runs_them(shop, made):
    stamps.write(made.parent / "mine", "gold")
    assert row(shop("plugins", "list"), "gold")[4] == "1 migration(s) to run"
    assert "1 migration(s) of gold have not run: shop db migrate" in shop(
        "plugins", "enable", "gold"
    )
    shop("plugins", "disable", "gold")
    assert "ran gold 0001_cards" in shop("plugins", "enable", "gold", "--migrate")


def test_disable_shows_what_it_takes_out_and_what_is_still_owed(shop, made):
    before = made.read_text("utf-8")
    shop("plugins", "enable", "stamps", "steps=7")
    assert "It owes nothing." in shop("plugins", "disable", "stamps")
    shop("plugins", "enable", "stamps", "steps=7")
    begin_a_card(made)
    shown = shop("plugins", "disable", "stamps")
    assert "[stores.orchard.plugins.stamps]\nsteps = 7\n" in shown
    assert "  1 cards are not full" in shown
    assert made.read_text("utf-8") == before
    shown = shop("plugins", "list")
    assert row(shown, "stamps")[4] == "off, owes 1"
    assert "stamps is off in orchard, and owes: 1 cards are not full" in shown


def test_purge_exports_and_asks_for_the_name(shop, made):
    begin_a_card(made)
    shop("plugins", "enable", "stamps")
    assert "shop plugins disable stamps --store orchard" in shop(
        "plugins", "purge", "stamps", code=1
    )
    shop("plugins", "disable", "stamps")
    assert "it still owes in orchard" in shop("plugins", "purge", "stamps", code=1)
    words = ("plugins", "purge", "stamps", "--force")
    assert "nothing is deleted" in shop(*words, input="no\n", code=1)
    assert row(shop("plugins", "list"), "stamps")[4] == "off, owes 1"
    done = shop(*words, input="stamps\n")
    assert "table stamps_card" in done
    assert "stamps is purged" in done
    assert "made anew, empty" in done
    files = sorted((made.parent / "exports").iterdir())
    assert all(zipfile.is_zipfile(file) for file in files)
    assert "nothing is left of stamps" in shop("plugins", "purge", "stamps")
    assert sorted((made.parent / "exports").iterdir()) == files
    shop("fsck")


def test_purge_and_release_work_for_one_that_is_gone(shop, made):
    shutil.rmtree(made.parent / "mine" / "stamps")
    assert row(shop("plugins", "list"), "stamps")[2:] == ["gone", "", "left: 2 table(s)"]
    assert "stamps is not installed" in shop("doctor")
    assert "stamps holds no order in orchard" in shop("plugins", "release", "stamps")
    assert "holds no order K7Q2M4" in shop(
        "plugins", "release", "stamps", "--order", "K7Q2M4", code=1
    )
    shop("plugins", "purge", "stamps", "--yes")
    assert "stamps" not in shop("plugins", "list")
    assert "nothing is left" in shop("plugins", "purge", "stamps")
    assert "no plugin is called" in shop("plugins", "purge", "stampz", "--yes", code=1)


def test_safe_mode_is_told(shop, made, monkeypatch):
    shop("plugins", "enable", "stamps")
    monkeypatch.setenv("SHOP_SAFE_MODE", "1")
    shown = shop("plugins", "list")
    assert row(shown, "stamps")[2:4] == ["not loaded", "orchard 1"]
    assert "SHOP_SAFE_MODE is set: no plugin is loaded." in shown
