"""Case 83: a byte of the database is not what was written."""

import random
import sqlite3
import subprocess
from contextlib import closing

import peewee
import psycopg
import pytest

from shop import db
from shop.ledger import ledger, seal
from shop.ops import fsck, schema
from shop.pickup import pickup
from tests import factory
from tests.faults.cluster import Cluster
from tests.live import Live

SUMS = {
    "orders": "id, state, total, paid, refunded",
    "order_line": "id, order_id, quantity, unit_price, amount, handed_out",
    "payment": "id, order_id, amount, state",
    "stock": "variant_id, pool, on_hand",
    "stock_movement": "id, variant_id, pool, delta",
    "account": "id, balance",
    "lot": "id, amount, remaining",
    "entry": "id, movement_id, account_id, amount",
    "movement": "id, key, kind",
    "audit": "id, action, subject",
}
"""what everyone relies on: money, goods, the ledger, who did what"""


@pytest.fixture
def filled(shop):
    """A shop where something of each kind has happened."""
    ctx = shop.ctx
    apple = factory.product(ctx, units=500)
    for number in range(30):
        order = factory.order(ctx, [(apple, 1 + number % 3)], paid=number % 4 > 0)
        if number % 4 == 3:
            pickup.hand_out(ctx, order.id)
    customer = factory.customer(ctx)
    for number in range(20):
        ledger.grant(ctx, "points", customer, 10 + number, f"earned {number}", "tests")
    ledger.spend(ctx, "points", customer, 25, "spent", "tests")
    seal.seal(ctx)
    return shop


def numbers(path):
    """What everyone relies on, as the file says; None if it cannot be read."""
    try:
        with closing(sqlite3.connect(path)) as database:
            return {
                table: sorted(map(str, database.execute(f"SELECT {columns} FROM {table}")))
                for table, columns in SUMS.items()
            }
    except (sqlite3.Error, ValueError):
        return None


@pytest.mark.sqlite_only
def test_case_83_no_flipped_byte_changes_what_everyone_relies_on_unnoticed(
    filled, tmp_path, rounds
):
    chance = random.Random(83)
    path = tmp_path / "shop.db"
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    filled.instance.close()
    whole = path.read_bytes()
    before, seen = numbers(path), {"changed": 0, "found": 0}
    assert before
    for _ in range(100 * rounds):
        flipped = bytearray(whole)
        flipped[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        filled.instance.close()
        for other in ("-wal", "-shm"):
            path.with_name(path.name + other).unlink(missing_ok=True)
        path.write_bytes(flipped)
        try:
            found = fsck.whole() or fsck.run(filled.ctx)
        except peewee.DatabaseError as error:  # it cannot even be opened
            found = [error]
        changed = numbers(path) != before
        seen["changed"] += changed
        seen["found"] += bool(found)
        assert found or not changed
    filled.instance.close()
    path.write_bytes(whole)
    assert seen["found"] > 3, seen


def flip(path, at):
    with path.open("r+b") as file:
        file.seek(at)
        [byte] = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 0x10]))


def page_of(table):
    """Where a page of this table begins in the file."""
    size = db.value("PRAGMA page_size")
    return (db.value("SELECT rootpage FROM sqlite_master WHERE name = ?", table) - 1) * size


def said(live, *words):
    done = subprocess.run(live.command(*words), capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.sqlite_only
@pytest.mark.parametrize("where", ["orders", "header"])
@pytest.mark.slow
def test_case_83_a_damaged_file_is_not_served_and_fsck_says_why(
    filled, tmp_path, database_url, where
):
    live, path = Live(tmp_path, database_url), tmp_path / "shop.db"
    at = page_of("orders") + 4 if where == "orders" else 3  # the number of cells; the file's name
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    filled.instance.close()
    flip(path, at)
    for words in (("serve", "--port", str(live.port)), ("fsck",)):
        code, text = said(live, *words)
        assert code == 1, text
        assert "Traceback" not in text
    flip(path, at)
    assert said(live, "fsck")[0] == 0


@pytest.mark.postgres_only
class TestPostgres:
    """With checksums of pages, which docs/operations.md asks for, the server refuses the page."""

    @pytest.fixture
    def cluster(self):
        cluster = Cluster()
        yield cluster
        cluster.end()

    @pytest.fixture
    def database_url(self, cluster, migrated):
        database = db.connect(cluster.url)
        schema.migrate(migrated)
        database.close()
        return cluster.url

    @pytest.mark.slow
    def test_case_83_a_page_that_was_changed_is_named_by_fsck(self, filled, cluster, tmp_path):
        place = db.value("SELECT pg_relation_filepath('orders')")
        filled.instance.close()
        cluster.stop("fast")
        flip(cluster.data / place, 8000)
        cluster.start()
        live = Live(tmp_path, cluster.url)
        code, text = said(live, "fsck")
        assert code == 1
        assert "cannot be read" in text
        assert "Traceback" not in text
        with (
            psycopg.connect(cluster.url) as one,
            pytest.raises(psycopg.Error, match="invalid page"),
        ):
            one.execute("SELECT SUM(total) FROM orders")
