"""A row's number is given out once: by the schema, after a purge and a restore."""

import sqlite3

import pytest

from shop import db
from shop.models import CORE
from shop.ops import backup, schema
from shop.plugins import purge
from shop.testing.contract.tables import counts_up
from tests.domain.test_schema import empty, on_both
from tests.tools import stamps

pytestmark = pytest.mark.both_databases

__all__ = ["empty"]


def card():
    return db.insert("stamps_card", "store, count", ("orchard", 1))[0]


def test_every_table_of_the_core_gives_each_number_once(shop):
    assert [model.__name__ for model in CORE if not counts_up(model)] == []


def test_the_number_of_a_deleted_row_is_not_given_again(shop):
    def made():
        columns = "store, phone, peer, seed, tries, created_at, expires_at"
        return db.insert("login_code", columns, ("orchard", "+8613000000001", "", "x", 0, 1, 1))[0]

    first = made()
    db.run("DELETE FROM login_code")
    assert made() > first


@on_both
def test_tables_that_no_migration_can_complete_are_refused_by_name(empty):
    db.connect(empty)
    schema.migrate({})
    db.run("ALTER TABLE category DROP COLUMN version")
    for refused in (schema.require_current, schema.migrate):
        with pytest.raises(schema.SchemaError, match=r"unreleased .* lacks category\.version"):
            refused({})


# -- copies, purges and rebuilt tables ---------------------------------------------------------


def test_a_copy_remembers_the_numbers_that_were_given(shop, tmp_path):
    url, installed = shop.config.database, shop.instance.registry.installed
    gone = shop.product()
    db.run("DELETE FROM stock_movement")
    for table in ("stock", "price", "search_term", "variant", "product"):
        db.run(f"DELETE FROM {table}")
    copy = backup.make(url, tmp_path / "copy")
    backup.put_back(url, copy, 0, force=True)
    assert schema.pending(installed) == []
    assert shop.product().product_id > gone.product_id


@pytest.fixture
def stamped(database_url, tmp_path, clock, plugins, migrated):
    """A database with the tables of the plugin `stamps`."""
    from shop import config
    from shop.instance import Instance
    from shop.testing import CONFIG, SECRET

    stamps.write(tmp_path / "mine", "stamps")
    text = CONFIG.format(database=database_url, secret=SECRET, stores="")
    text = text.replace("[stores.orchard]", 'plugins = ["mine"]\n[stores.orchard]', 1)
    instance = Instance(config.parse(text, tmp_path), (), clock)
    schema.migrate(instance.registry.installed)
    yield instance
    instance.close()


def test_a_plugin_that_was_purged_goes_on_with_its_numbers(stamped):
    last = [card() for _ in range(3)][-1]
    purge.run(stamped, "stamps", force=True)
    assert card() > last
    purge.run(stamped, "stamps", force=True)
    assert card() > last + 1


def test_a_migration_that_rebuilds_a_table_keeps_its_counter(stamped, tmp_path):
    last = [card() for _ in range(3)][-1]
    db.run("DELETE FROM stamps_card")
    (tmp_path / "mine/stamps/migrations/0002_again.py").write_text(
        "from shop.ops.schema import run_script\n\n"
        "def up(migrator, db):\n"
        "    run_script(db, '''DROP TABLE stamps_mark; DROP TABLE stamps_card;\n"
        "CREATE TABLE stamps_card (id BIGSERIAL NOT NULL PRIMARY KEY, store TEXT, count BIGINT)''')"
    )
    assert schema.migrate(stamped.registry.installed) == ["stamps 0002_again"]
    assert card() > last


@pytest.mark.sqlite_only
def test_without_autoincrement_sqlite_gives_the_number_again():
    """The control: what the tests above would find."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE card (id INTEGER NOT NULL PRIMARY KEY)")
    assert [_again(database), _again(database)] == [1, 1]


def _again(database):
    made = database.execute("INSERT INTO card DEFAULT VALUES").lastrowid
    database.execute("DELETE FROM card")
    return made
