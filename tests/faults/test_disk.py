"""Cases 81 and 82: the disk is full; the disk does not keep what it took."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import httpx
import psycopg
import pytest

from shop import db
from shop.services import schema
from tests.faults.cluster import Cluster
from tests.faults.conftest import UNITS
from tests.faults.crowd import Crowd, until
from tests.faults.preload import library
from tests.live import Live


class Small:
    """A small disk that a shop's tables lie on; `fill()` leaves nothing free."""

    def __init__(self, folder):
        self.folder, self.filler = folder, folder / "filler"

    def fill(self):
        with self.filler.open("ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                return

    def free(self):
        self.filler.unlink()


@pytest.fixture
def small():
    folder = Path(tempfile.mkdtemp(prefix="minishop-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m,mode=0777", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("a small disk cannot be mounted here: that takes root")
    yield Small(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def database_url(request, small, sqlite_template, migrated):
    """On SQLite the file lies on the small disk; on PostgreSQL the tables do, the log elsewhere."""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, small.folder / "shop.db")
        yield f"sqlite:///{small.folder / 'shop.db'}"
        return
    cluster = Cluster()
    tables = small.folder / "tables"
    tables.mkdir()
    if os.getuid() == 0:
        shutil.chown(tables, "postgres")
    with psycopg.connect(cluster.url, autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{tables}'")
        admin.execute("CREATE DATABASE shop TABLESPACE small")
    url = cluster.url.replace("/postgres", "/shop")
    database = db.connect(url)
    schema.migrate(migrated)
    database.close()
    yield url
    cluster.end()


def test_case_81_while_the_disk_is_full_orders_are_503_reads_go_on_and_it_heals(
    shop, live, stocked, small, rounds
):
    workers = set(live.workers())
    with Crowd(live, stocked) as crowd:
        for _ in range(rounds):
            crowd.after(5)
            small.fill()
            refused = crowd.statuses[503] + 5
            until(lambda refused=refused: crowd.odd or crowd.statuses[503] >= refused)
            for path in ("/products?limit=1", "/pickup-points", "/admin/orders?limit=1"):
                assert httpx.get(f"{live.url}{path}", headers=crowd.owner).status_code == 200
            small.free()
        crowd.after(5)
    assert set(crowd.reads) == {200}
    crowd.prove(shop.ctx, UNITS)
    assert set(live.workers()) == workers, "it healed without a new worker"


@pytest.mark.sqlite_only
class TestBroken:
    """The library in disk.c refuses what SQLite asks of the disk, while the file it looks at is
    there."""

    @pytest.fixture
    def database_url(self, sqlite_template, tmp_path):
        shutil.copy(sqlite_template, tmp_path / "shop.db")
        return f"sqlite:///{tmp_path / 'shop.db'}"

    def test_case_82_a_disk_that_did_not_keep_it_ends_the_process_and_nothing_is_tried_again(
        self, shop, stocked, database_url, tmp_path
    ):
        broken = tmp_path / "broken"
        live = Live(tmp_path, database_url)
        live.environment = {"LD_PRELOAD": library("disk", tmp_path), "BROKEN_DISK": str(broken)}
        live.start()
        until(lambda: len(live.workers()) == 2)
        try:
            workers = set(live.workers())
            with Crowd(live, stocked) as crowd:
                crowd.after(5)
                broken.touch()
                until(lambda: not workers & set(live.workers()))
                asked = len(broken.read_text())
                broken.unlink()
                crowd.after(5)
            assert 0 < asked <= live.output().count("the disk did not keep"), "once a process"
            assert crowd.statuses["away"]
            assert crowd.statuses[503] == 0
            crowd.prove(shop.ctx, UNITS)
        finally:
            live.stop()
