"""Cases 88 and 90: the machine's clock is wrong, and then another."""

import os
import signal

import httpx
import pytest

from shop import db
from shop.clock import SECOND
from shop.jobs import jobs
from shop.pickup import points, timetable
from tests.faults.conftest import UNITS
from tests.faults.crowd import Crowd
from tests.faults.preload import library
from tests.live import Live, key, wanted
from tests.tools.waiting import wait_for

LEASES = "SELECT lease_until FROM job WHERE state = 'running'"


class Clocked(Live):
    """A server whose machine's clock is some seconds ahead of ours, or behind it."""

    def on(self, ahead=0):
        self.told = self.folder / "clock"
        self.ahead(ahead)
        self.environment = {
            "LD_PRELOAD": library("clock", self.folder),
            "SET_CLOCK": str(self.told),
        }
        return self.start()

    def ahead(self, seconds):
        fresh = self.told.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.rename(self.told)


@pytest.fixture
def clocked(stocked, tmp_path, database_url):
    server = Clocked(tmp_path, database_url).on()
    wait_for(lambda: len(server.workers()) == 2)
    yield server
    server.stop()


def now():
    return db.server_time()


@pytest.mark.slow
def test_case_88_a_clock_that_leaps_ahead_and_back_stops_nothing(shop, clocked, stocked, rounds):
    """What was begun at one time is ended at another; and who led the jobs is killed after the
    clock was set back, so that his lease ends in what is now the far future."""
    with Crowd(clocked, stocked) as crowd:
        for _ in range(rounds):
            for ahead in (15 * 86_400, -3 * 3600, 0):
                crowd.after(4)
                clocked.ahead(ahead)
                crowd.after(4)
                shown = 0 if db.is_postgres() else ahead * SECOND
                begin_a_job(shop.ctx, now() + shown)
                for worker in clocked.workers():
                    os.kill(worker, signal.SIGKILL)
                wait_for(lambda shown=shown: led(now() + shown))
        wait_for(lambda: all(abs(end - now()) < 3600 * SECOND for [end] in db.rows(LEASES)))
    crowd.prove(shop.ctx, UNITS)
    assert "-" not in "".join(ages(clocked))


def led(at):
    """Whether someone leads the jobs, with a lease that fits that time."""
    until_then = db.value("SELECT until FROM lease WHERE name = 'runner'")
    return until_then is not None and at - SECOND < until_then < at + 30 * SECOND


def begin_a_job(ctx, at):
    """What a worker that is killed leaves behind: a job it had begun at that time."""
    jobs.schedule(ctx, "core", "purge_jobs", key()["Idempotency-Key"], at)
    db.change(
        "UPDATE job SET state = 'running', leased_by = 'gone', lease_until = ?"
        " WHERE id = (SELECT MAX(id) FROM job)",
        at + 5 * SECOND,
    )


def ages(live):
    """What the metrics say of how old anything is."""
    text = httpx.get(f"{live.address}/metrics").text
    return [
        line.rpartition(" ")[2]
        for line in text.splitlines()
        if "seconds" in line and line[0] != "#"
    ]


def closing_in_a_minute(ctx):
    """The window that nothing can be ordered into a minute from now."""
    point = points.create(ctx, "door", {"name": "Door"})
    minute = 60 * SECOND
    times = {"cut_off": now() + minute, "starts": now() + 5 * minute, "ends": now() + 9 * minute}
    return timetable.create(ctx, point.id, capacity=None, **times)["id"]


@pytest.mark.postgres_only
@pytest.mark.slow
def test_case_90_of_two_servers_two_minutes_apart_the_database_decides(
    shop, clocked, stocked, tmp_path, database_url
):
    other = tmp_path / "other"
    other.mkdir()
    ahead = Clocked(other, database_url).on(120)
    try:
        window = closing_in_a_minute(shop.ctx)
        for server in (ahead, clocked):
            body = wanted("SCARCE") | {"pickup": {"point": "door", "window": window}}
            answer = httpx.post(f"{server.url}/orders", json=body, headers=key())
            assert answer.status_code == 201, answer.text
            placed = db.value("SELECT placed_at FROM orders ORDER BY id DESC LIMIT 1")
            assert abs(placed - now()) < 20 * SECOND
    finally:
        ahead.stop()
