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
from shop.ops import schema
from tests.faults.cluster import Cluster
from tests.faults.conftest import UNITS
from tests.faults.crowd import Crowd
from tests.faults.preload import library
from tests.live import Live
from tests.tools.waiting import wait_for


class Small:
    """A small disk that a shop's tables and its whole folder lie on; `fill()` leaves nothing free."""

    def __init__(self, folder, kind):
        self.folder, self.kind, self.filler = folder, kind, folder / "filler"

    def fill(self):
        with self.filler.open("ab", buffering=0) as filler:
            for size in (1 << 16, 4096, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    pass

    def free(self):
        self.filler.unlink()


def made(kind, folder, image):
    """Whether a disk of this kind is mounted there."""
    if kind == "tmpfs":
        options = ["-t", "tmpfs", "-o", "size=48m,mode=0777", "tmpfs"]
    else:
        with image.open("wb") as file:
            file.truncate(48 << 20)
        format = ["mkfs.ext4", "-q", "-m", "0", str(image)]
        if subprocess.run(format, capture_output=True).returncode:
            return False
        options = ["-o", "loop", str(image)]
    return subprocess.run(["mount", *options, str(folder)], capture_output=True).returncode == 0


@pytest.fixture
def rounds(small):
    """Briefly on what is in memory, long on a file system of disks."""
    return {"tmpfs": 1, "ext4": 8}[small.kind]


@pytest.fixture(params=["tmpfs", pytest.param("ext4", marks=pytest.mark.slow)])
def small(request, tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="minishop-disk-"))
    try:
        mounted = made(request.param, folder, tmp_path / "image")
    except FileNotFoundError:
        mounted = False
    if not mounted:
        folder.rmdir()
        pytest.skip(f"a small {request.param} cannot be mounted here: that takes root")
    folder.chmod(0o777)
    yield Small(folder, request.param)
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def live(stocked, small, database_url):
    """Served from a folder on the small disk: configuration, log and all that a worker writes."""
    folder = small.folder / "instance"
    folder.mkdir()
    server = Live(folder, database_url).start()
    wait_for(lambda: len(server.workers()) == 2)
    yield server
    server.stop()


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


def counted(text):
    """How many requests the metrics of all workers have seen."""
    lines = [line for line in text.splitlines() if line.startswith("shop_request_seconds_count")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def test_case_81_while_the_disk_is_full_orders_are_503_reads_go_on_and_it_heals(
    shop, live, stocked, small, rounds
):
    workers = set(live.workers())
    with Crowd(live, stocked) as crowd:
        for _ in range(rounds):
            crowd.after(5)
            small.fill()
            refused = crowd.statuses[503] + 5
            wait_for(lambda refused=refused: crowd.odd or crowd.statuses[503] >= refused)
            for path in ("/products?limit=1", "/pickup-points", "/admin/orders?limit=1"):
                assert httpx.get(f"{live.url}{path}", headers=crowd.owner).status_code == 200
            before = counted(httpx.get(f"{live.address}/metrics").text)
            for method in ("PUT", "PATCH", "DELETE", "POST"):  # series that were not there before
                for path in ("/", "/products", "/pickup-points", "/categories"):
                    assert httpx.request(method, f"{live.url}{path}").status_code == 405
                assert httpx.get(f"{live.address}/healthz").status_code == 200
            assert counted(httpx.get(f"{live.address}/metrics").text) >= before + 20
            assert set(live.workers()) == workers
            small.free()
        crowd.after(5)
    assert set(crowd.reads) == {200}
    crowd.prove(shop.ctx, UNITS)
    assert set(live.workers()) == workers, "it healed without a new worker"
    live.stop()
    lines = live.output().splitlines()
    odd = [line for line in lines if not line.startswith(("{", "ready: "))]
    cut = rounds * (len(workers) + 1)
    assert len(odd) <= 2 * cut, f"the log is full too: each process may cut a line in two: {odd}"


@pytest.mark.sqlite_only
class TestBroken:
    """The library in disk.c refuses what SQLite asks of the disk, while the file it looks at is
    there."""

    @pytest.fixture
    def database_url(self, sqlite_template, tmp_path):
        shutil.copy(sqlite_template, tmp_path / "shop.db")
        return f"sqlite:///{tmp_path / 'shop.db'}"

    @pytest.mark.slow
    def test_case_82_a_disk_that_did_not_keep_it_ends_the_process_and_nothing_is_tried_again(
        self, shop, stocked, database_url, tmp_path
    ):
        broken = tmp_path / "broken"
        live = Live(tmp_path, database_url)
        live.environment = {"LD_PRELOAD": library("disk", tmp_path), "BROKEN_DISK": str(broken)}
        live.start()
        wait_for(lambda: len(live.workers()) == 2)
        try:
            workers = set(live.workers())
            with Crowd(live, stocked) as crowd:
                crowd.after(5)
                broken.touch()
                wait_for(lambda: not workers & set(live.workers()))
                asked = broken.read_text().split()
                broken.unlink()
                crowd.after(5)
            assert asked
            assert len(asked) == len(set(asked)), f"tried again by one process: {asked}"
            told = live.output().count("the disk did not keep")
            assert len(asked) <= told, f"{told} told of it, not {asked}:\n{live.output()}"
            assert crowd.statuses["away"]
            assert crowd.statuses[503] == 0
            crowd.prove(shop.ctx, UNITS)
        finally:
            live.stop()
