"""Copies: whole while the shop sells, refused when damaged, and put back exactly."""

import secrets
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shop import db
from shop.catalog import products
from shop.jobs import leases
from shop.models import CORE
from shop.ops import backup, fsck, schema
from shop.testing import in_days
from tests.live import key, wanted


@pytest.fixture
def stocked(shop):
    variant = {"sku": "SCARCE", "price": 1000, "stock": 100_000}
    products.create(shop.ctx, {"title": "Scarce", "status": "published", "variants": [variant]})
    return shop


def counts():
    names = [model._meta.table_name for model in CORE]
    return {name: db.value(f'SELECT COUNT(*) FROM "{name}"') for name in names}


def order(shop):
    """By somebody new, so that no limit per person or peer ends the test."""
    number = secrets.randbelow(10**8)
    made = shop.client.post(
        "/api/v1/orchard/orders",
        json=wanted("SCARCE", phone=f"+86130{number:08}"),
        headers=key(),
        environ_overrides={"REMOTE_ADDR": f"10.0.{number % 200}.{number % 251}"},
    )
    assert made.status_code == 201, made.text


def wipe(installed):
    """An empty database, as a new machine has it."""
    first = {step.owner: step.name for step in reversed(schema.status(installed))}
    for owner in first:  # the core comes last
        schema.rollback(installed, owner, first[owner])
    schema.migrate(installed)


def test_case_87_a_copy_taken_while_the_shop_sells_is_whole_when_put_back(stocked, tmp_path):
    url = stocked.config.database
    stop = threading.Event()

    def sell():
        try:
            while not stop.is_set():
                order(stocked)
        finally:
            db.database.close()

    order(stocked)
    with ThreadPoolExecutor(3) as pool:
        sellers = [pool.submit(sell) for _ in range(3)]
        before = counts()["orders"]
        copy = backup.make(url, tmp_path / "copies" / "one.copy")
        after = counts()["orders"]
        stop.set()
        for seller in sellers:
            seller.result()
    wipe(stocked.instance.registry.installed)
    backup.put_back(url, copy, stocked.ctx.now_us)
    restored = counts()
    assert before <= restored["orders"] <= after
    assert restored["orders"] == restored["order_line"]
    assert fsck.run(stocked.ctx) == []
    assert fsck.whole() == []
    backup.put_back(url, copy, stocked.ctx.now_us, force=True)
    assert counts() == restored
    order(stocked)
    assert fsck.run(stocked.ctx) == []


def test_a_copy_that_is_damaged_or_unproved_is_refused(stocked, tmp_path):
    url = stocked.config.database
    copy = backup.make(url, tmp_path / "one.copy")
    assert copy.stat().st_mode & 0o777 == 0o600
    with pytest.raises(backup.BackupError, match="is there already"):
        backup.make(url, copy)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(backup.BackupError, match="damaged"):
        backup.put_back(url, copy, stocked.ctx.now_us)
    copy.write_bytes(whole)
    copy.with_name("one.copy.sha256").unlink()
    with pytest.raises(backup.BackupError, match=r"one\.copy\.sha256 is missing"):
        backup.put_back(url, copy, stocked.ctx.now_us)
    with pytest.raises(backup.BackupError, match="there is no file"):
        backup.put_back(url, tmp_path / "nothing", stocked.ctx.now_us)
    assert counts()["product"] == 1


def test_a_file_of_another_kind_is_refused_and_nothing_changes(stocked, tmp_path):
    copy = tmp_path / "letter.db"
    copy.write_bytes(b"Dear shop, " * 1000)
    backup._sum_of(copy).write_text(f"{backup._sha256(copy)}  letter.db\n")
    with pytest.raises(backup.BackupError):
        backup.put_back(stocked.config.database, copy, stocked.ctx.now_us)
    assert counts()["product"] == 1


def test_orders_are_not_overwritten_unless_forced(stocked, tmp_path):
    url = stocked.config.database
    copy = backup.make(url, tmp_path / "one.copy")
    order(stocked)
    with pytest.raises(backup.BackupError, match="holds orders"):
        backup.put_back(url, copy, stocked.ctx.now_us)
    assert counts()["orders"] == 1
    backup.put_back(url, copy, stocked.ctx.now_us, force=True)
    assert counts()["orders"] == 0


def test_a_shop_that_is_running_is_not_overwritten_unless_forced(stocked, tmp_path):
    url, now = stocked.config.database, stocked.ctx.now_us
    copy = backup.make(url, tmp_path / "one.copy")
    assert leases.lead("runner", "here:1", now, 15)
    with pytest.raises(backup.BackupError, match="the shop is running"):
        backup.put_back(url, copy, now)
    backup.put_back(url, copy, now + 16_000_000)
    assert leases.lead("runner", "here:2", now, 15)
    backup.put_back(url, copy, now, force=True)


@pytest.mark.sqlite_only
def test_the_database_is_readable_by_its_owner_alone(tmp_path):
    database = db.connect(f"sqlite:///{tmp_path / 'new.db'}")
    db.run("CREATE TABLE x (y INTEGER)")
    for name in ("new.db", "new.db-wal"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    database.close()


def test_the_newest_copy_is_known_by_its_time(stocked, tmp_path):
    assert backup.newest(tmp_path) is None
    for day in (1, 2):
        backup.make(stocked.config.database, backup.default_file(tmp_path, in_days(day)))
    assert backup.newest(tmp_path).name.startswith("shop-20260503-040000.")


@pytest.mark.sqlite_only
def test_the_commands_copy_check_and_put_back(stocked, tmp_path):
    config = tmp_path / "shop.toml"
    secret = "0123456789abcdef0123456789abcdef"
    config.write_text(
        f'[shop]\ndatabase = "{stocked.config.database}"\nsecret = "{secret}"\n'
        '[stores.orchard]\nname = "x"\ncurrency = "CNY"\ntimezone = "UTC"\nlocale = "en"\n'
    )

    def run(*words):
        command = [sys.executable, "-m", "shop.cli", "--config", str(config), *words]
        return subprocess.run(command, capture_output=True, text=True)

    assert run("db", "backup").returncode == 0
    [copy] = (tmp_path / "backups").glob("*.db")
    order(stocked)
    refused = run("db", "restore", str(copy))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    done = run("db", "restore", str(copy), "--force")
    assert done.returncode == 0, done.stderr
    assert "clean:" in done.stdout
    assert counts()["orders"] == 0
