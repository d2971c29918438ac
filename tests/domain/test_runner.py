import os
import signal
import subprocess
import sys
import threading
import time

import peewee
import pytest

from shop import db
from shop.jobs import jobs, leases
from shop.jobs.jobs import atomic, periodic
from shop.jobs.runner import Runner
from shop.plugin import Plugin
from shop.testing import CONFIG, SECRET
from tests.tools.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.both_databases


class Probe(Plugin):
    name = "probe"
    periodic = {"sweep": 600}
    ran: list[tuple[str, dict]] = []
    work: list[str] = []

    def jobs(self):
        def note(name):
            return lambda ctx, data: self.ran.append((name, data))

        return {"settle": note("settle"), "sweep": note("sweep"), "boom": self.boom,
                "once": self.once}  # fmt: skip

    def boom(self, ctx, data):
        raise ValueError("no luck")

    @atomic
    def once(self, ctx, data):
        jobs.schedule(ctx, "probe", "settle", "made", ctx.now_us)
        if data.get("fail"):
            raise ValueError("no luck")

    def open_work(self, ctx):
        return self.work


@pytest.fixture
def plugins():
    Probe.ran, Probe.work = [], []
    return (Probe,)


@pytest.fixture
def stores_toml(request):
    return "[stores.orchard.plugins.probe]" if getattr(request, "param", "on") == "on" else ""


off = pytest.mark.parametrize("stores_toml", ["off"], indirect=True)


def schedule(shop, name, key="one", **data):
    jobs.schedule(shop.ctx, "probe", name, key, shop.ctx.now_us, data)


def state_of(shop, name):
    return db.value("SELECT state FROM job WHERE plugin = 'probe' AND name = ?", name)


def test_a_due_job_runs_once(shop):
    schedule(shop, "settle", order=7)
    shop.run_jobs()
    shop.run_jobs()
    assert Probe.ran.count(("settle", {"order": 7})) == 1
    assert state_of(shop, "settle") == "done"


@off
def test_the_jobs_of_a_plugin_that_is_off_go_on(shop):
    schedule(shop, "settle")
    shop.run_jobs()
    assert Probe.ran == [("settle", {})]


def test_a_job_that_raises_waits_and_keeps_the_reason(shop):
    schedule(shop, "boom")
    shop.run_jobs()
    error, state = db.row("SELECT error, state FROM job WHERE name = 'boom'")
    assert (error, state) == ("ValueError: no luck", "waiting")


def test_a_job_that_nothing_runs_says_so(shop):
    jobs.schedule(shop.ctx, "gone", "settle", "one", shop.ctx.now_us)
    shop.run_jobs()
    error = db.value("SELECT error FROM job WHERE plugin = 'gone'")
    assert error == "ShopError: nothing runs jobs named gone/settle"


def test_an_atomic_job_leaves_nothing_when_it_raises(shop):
    schedule(shop, "once", fail=True)
    shop.run_jobs()
    assert (state_of(shop, "once"), state_of(shop, "settle")) == ("waiting", None)


def test_an_atomic_job_is_done_with_its_effect(shop):
    schedule(shop, "once")
    shop.run_jobs()
    assert (state_of(shop, "once"), state_of(shop, "settle")) == ("done", "done")


def test_a_periodic_job_runs_once_a_slot_and_once_after_a_long_pause(shop, clock):
    for _ in range(3):
        shop.run_jobs()
    assert len(Probe.ran) == 1
    clock.forward(minutes=10)
    shop.run_jobs()
    clock.forward(hours=9)
    shop.run_jobs()
    assert len(Probe.ran) == 3


def test_a_slot_that_could_not_be_written_is_written_at_the_next_look(shop):
    runner, failed = Runner(shop.instance), []

    def fail_once(sql):
        if "INSERT INTO job" in sql and not failed:
            failed.append(sql)
            raise peewee.OperationalError("database is locked")

    with db.watched(fail_once), pytest.raises(peewee.OperationalError):
        runner.tick()
    while runner.tick():
        pass
    name = db.value("SELECT name FROM job WHERE plugin = 'core' AND name = ?", next(iter(periodic)))
    assert name == next(iter(periodic))


@off
def test_a_plugin_that_is_off_does_its_periodic_work_while_it_has_obligations(shop, clock):
    shop.run_jobs()
    assert Probe.ran == []
    Probe.work = ["a group waits for two more"]
    clock.forward(minutes=10)
    shop.run_jobs()
    assert Probe.ran == [("sweep", {})]


def test_a_thread_runs_a_job_as_soon_as_it_is_committed(shop):
    runner = Runner(shop.instance, leading=True, poll=10 * PATIENCE).start()
    wait_for(lambda: db.value("SELECT 1 FROM lease"))
    time.sleep(0.1)
    schedule(shop, "settle", key="now")
    wait_for(lambda: ("settle", {}) in Probe.ran)
    runner.stop(PATIENCE)
    assert db.value("SELECT 1 FROM lease") is None


def test_of_two_leading_runners_one_works(shop):
    first, second = Runner(shop.instance, leading=True), Runner(shop.instance, leading=True)
    first.tick()
    schedule(shop, "settle")
    assert second.tick() == 0
    assert first.tick() == 1


def test_case_88_what_a_dead_worker_held_when_the_clock_was_set_back_goes_to_another(shop, clock):
    schedule(shop, "settle")
    clock.forward(hours=5)
    assert leases.lead("runner", "dead", shop.ctx.now_us, 15)
    [job] = leases.claim(["orchard"], shop.ctx.now_us, 10, "dead", 60)
    assert job.name == "settle"
    clock.forward(hours=-3)
    Runner(shop.instance, leading=True).tick()
    assert state_of(shop, "settle") == "done"


def test_a_server_that_is_slow_keeps_only_jobs_of_its_kind_waiting(shop, monkeypatch):
    asked, answered, done = threading.Event(), threading.Event(), []

    @jobs.network
    def wait(ctx, data):
        asked.set()
        assert answered.wait(PATIENCE)

    monkeypatch.setitem(jobs.handlers, "wait", wait)
    monkeypatch.setitem(jobs.handlers, "go", lambda ctx, data: done.append(data["n"]))
    runner = Runner(shop.instance, poll=0.05).start()
    try:
        schedule_core(shop, "wait", 0)
        assert asked.wait(PATIENCE)
        for n in range(5):
            schedule_core(shop, "go", n)
        wait_for(lambda: len(done) == 5)
        assert db.value("SELECT state FROM job WHERE name = 'wait'") == "running"
    finally:
        answered.set()
        runner.stop(PATIENCE)
    assert db.value("SELECT state FROM job WHERE name = 'wait'") == "done"


def schedule_core(shop, name, n):
    with db.transaction():
        jobs.schedule(shop.ctx, jobs.CORE, name, f"{name}:{n}", shop.ctx.now_us, {"n": n})


# -- several processes -----------------------------------------------------------------------

PLUGIN = """
import time
from shop.plugin import Plugin
from shop.people import audit
from shop.jobs.jobs import atomic, periodic


class Marker(Plugin):
    name = "marker"

    def jobs(self):
        return {"mark": self.mark}

    @atomic
    def mark(self, ctx, data):
        audit.record(ctx, "mark", str(data["n"]))
        time.sleep(0.01)
"""
PROCESS = """
import sys
from pathlib import Path
from shop import config
from shop.instance import Instance
from shop.jobs.runner import Runner

instance = Instance(config.load(Path(sys.argv[1])))
Runner(instance, leading=True, poll=0.05, lease=1, leader_lease=1).run()
"""
COUNT = "SELECT COUNT(*) FROM audit WHERE action = 'mark'"


def test_case_95_two_schedulers_the_leader_dies_and_each_job_has_its_effect_once(
    shop, database_url, tmp_path
):
    folder = tmp_path / "plugins" / "marker"
    folder.mkdir(parents=True)
    (folder / "plugin.py").write_text(PLUGIN)
    on = "[stores.orchard.plugins.marker]"
    text = CONFIG.format(database=database_url, secret=SECRET, stores=on)
    path = tmp_path / "shop.toml"
    path.write_text(text.replace('mode = "test"', 'mode = "test"\nplugins = ["plugins"]'))
    with db.transaction():
        for number in range(200):
            jobs.schedule(shop.ctx, "marker", "mark", f"{number}", shop.ctx.now_us, {"n": number})
    processes = {}
    try:
        for _ in range(2):
            process = subprocess.Popen([sys.executable, "-c", PROCESS, str(path)])
            processes[process.pid] = process
        for least in (10, 60):
            wait_for(lambda: db.value(COUNT) >= least)  # noqa: B023
            wait_for(lambda: db.value("SELECT COUNT(*) FROM lease"))
            leader = int(db.value("SELECT holder FROM lease").split(":")[1])
            os.kill(leader, signal.SIGKILL)
            processes[leader].wait()
            process = subprocess.Popen([sys.executable, "-c", PROCESS, str(path)])
            processes[process.pid] = process
        wait_for(lambda: db.value("SELECT COUNT(*) FROM job WHERE state = 'done'") >= 200)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    marks = [row[0] for row in db.rows("SELECT subject FROM audit WHERE action = 'mark'")]
    assert sorted(marks, key=int) == [str(number) for number in range(200)]
