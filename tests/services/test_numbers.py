"""A row's number is given out once: by the schema, after an upgrade, a purge and a restore."""

import shutil
import sqlite3

import pytest

from shop import db
from shop.models import CORE
from shop.services import backup, fsck, purge, schema
from shop.testing.contract.tables import counts_up
from tests.services.test_schema import described, empty, on_both
from tests.tools import stamps

__all__ = ["empty"]
PENDING = ["core 0002_numbers"]


def card():
    return db.insert("stamps_card", "store, count", ("orchard", 1))[0]


def test_every_table_of_the_core_gives_each_number_once(shop):
    assert [model.__name__ for model in CORE if not counts_up(model)] == []


def test_the_number_of_a_deleted_row_is_not_given_again(shop):
    def made():
        columns = "store, phone, seed, tries, created_at, expires_at"
        return db.insert("login_code", columns, ("orchard", "+8613000000001", "x", 0, 1, 1))[0]

    first = made()
    db.run("DELETE FROM login_code")
    assert made() > first


# -- databases of before -----------------------------------------------------------------------


@pytest.fixture
def old(tmp_path, monkeypatch, migrated):
    """An SQLite database as the code before 0002_numbers made it, with the tables of every plugin,
    two products of which the second was deleted, and a long history of events."""
    (tmp_path / "before").mkdir()
    shutil.copy(schema.FOLDER / "0001_initial.py", tmp_path / "before")
    with monkeypatch.context() as before:
        before.setattr(schema, "FOLDER", tmp_path / "before")
        before.setattr(schema, "numbered", lambda sql: sql)
        db.connect(f"sqlite:///{tmp_path / 'old.db'}")
        schema.migrate(migrated)
    db.run("DROP TABLE numbering")
    assert not counts_up(CORE[1])
    for handle in ("one", "two"):
        product(handle)
    db.run("DELETE FROM product WHERE handle = 'two'")
    db.run("INSERT INTO event (id, store, kind, data, at) VALUES (700, 'orchard', 'x.y', '{}', 1)")
    yield tmp_path / "old.db"
    db.database.close()


def product(handle):
    texts = ("handle", "title", "description", "status", "images", "tags", "options",
             "translations")  # fmt: skip
    names = {column.name: column for column in db.database.get_columns("product")}
    values = {
        name: handle if name in texts else 0 if "INT" in column.data_type else "[]"
        for name, column in names.items()
        if name != "id" and not column.null
    } | {"store": "orchard", "handle": handle}
    return db.insert("product", ", ".join(values), tuple(values.values()))[0]


@pytest.mark.sqlite_only
def test_an_older_database_is_upgraded_whole_and_goes_on_above_every_number(
    old, migrated, tmp_path
):
    assert schema.pending(migrated) == PENDING
    with pytest.raises(schema.SchemaError, match="shop db migrate"):
        schema.require_current(migrated)
    assert schema.migrate(migrated) == PENDING
    schema.require_current(migrated)
    models = [*CORE, *(model for plugin in migrated.values() for model in plugin.models)]
    assert [model.__name__ for model in models if not counts_up(model)] == []
    upgraded = described()
    assert db.rows("SELECT id, handle FROM product") == [(1, "one")]
    assert product("three") > 700
    assert fsck.file() == []
    db.database.close()
    db.connect(f"sqlite:///{tmp_path / 'fresh.db'}")
    schema.migrate(migrated)
    assert upgraded == described()


@pytest.mark.sqlite_only
def test_an_upgrade_that_is_killed_leaves_the_older_database_as_it_was(old, migrated):
    class Killed(BaseException):
        pass

    def die(sql):
        if "quick_check" in sql:
            raise Killed

    with db.watched(die), pytest.raises(Killed):
        schema.migrate(migrated)
    assert schema.pending(migrated) == PENDING
    assert not counts_up(CORE[1])
    assert product("three") == 2
    assert schema.migrate(migrated) == PENDING


@pytest.mark.sqlite_only
def test_an_older_copy_that_is_put_back_asks_to_be_migrated(old, migrated, tmp_path):
    copy = backup.make(f"sqlite:///{old}", tmp_path / "copy.db")
    db.database.close()
    url = f"sqlite:///{tmp_path / 'new.db'}"
    db.connect(url)
    schema.migrate(migrated)
    backup.put_back(url, copy, 0, force=True)
    assert schema.pending(migrated) == PENDING
    assert schema.migrate(migrated) == PENDING
    assert product("three") > 700


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
        "from shop.services.schema import run_script\n\n"
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
