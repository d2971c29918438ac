import contextlib
import threading

import pytest

from shop import db
from shop.errors import Conflict, NotFound
from shop.jobs import jobs, leases

pytestmark = pytest.mark.both_databases

SECOND = 1_000_000


def schedule(shop, key, plugin="core", **options):
    ctx = shop.ctx
    return jobs.schedule(ctx, plugin, "settle", key, options.pop("run_at", ctx.now_us), **options)


def claim(shop, worker="w1", limit=10, store="orchard"):
    return leases.claim([store], shop.ctx.now_us, limit, worker)


def test_a_job_is_written_once_per_key(shop):
    assert schedule(shop, "order:1")
    assert not schedule(shop, "order:1")
    assert schedule(shop, "order:1", plugin="points")


def test_a_job_vanishes_with_the_transaction_that_wrote_it(shop):
    with pytest.raises(ZeroDivisionError), db.transaction():
        1 / (schedule(shop, "order:1") - 1)
    assert claim(shop) == []


def test_a_job_is_claimed_when_it_is_due_and_by_one_worker(shop, clock):
    schedule(shop, "later", run_at=shop.ctx.now_us + 60 * SECOND, data={"order": 7})
    assert claim(shop) == []
    clock.forward(seconds=60)
    [job] = claim(shop)
    assert (job.name, job.data, job.tries, job.store) == ("settle", {"order": 7}, 1, "orchard")
    assert claim(shop, "w2") == []
    leases.finish(job, shop.ctx.now_us)
    clock.forward(days=1)
    assert claim(shop) == []


def test_the_jobs_of_another_store_are_not_claimed(shop):
    schedule(shop, "one")
    assert claim(shop, store="grove") == []


def test_a_cancelled_job_does_not_run_and_frees_its_key(shop):
    schedule(shop, "one")
    assert jobs.cancel(shop.ctx, "core", "settle", "one")
    assert not jobs.cancel(shop.ctx, "core", "settle", "one")
    assert claim(shop) == []
    assert schedule(shop, "one")


def test_jobs_of_one_subject_run_in_the_order_they_were_written(shop):
    for key in ("first", "second"):
        schedule(shop, key, subject="order:1", data={"key": key})
    schedule(shop, "other", subject="order:2", data={"key": "other"})
    first, other = claim(shop)
    assert (first.data["key"], other.data["key"]) == ("first", "other")
    assert claim(shop) == []
    leases.finish(first, shop.ctx.now_us)
    assert [job.data["key"] for job in claim(shop)] == ["second"]


def test_a_failing_job_backs_off_and_is_dead_after_eight_tries(shop, clock):
    schedule(shop, "one", subject="order:1")
    schedule(shop, "behind", subject="order:1")
    waits = []
    for _ in range(7):
        [job] = claim(shop)
        assert leases.fail(job, shop.ctx.now_us, "boom") == "waiting"
        before = clock.now()
        while not db.value(
            "SELECT 1 FROM job WHERE run_at <= ? AND id = ?", shop.ctx.now_us, job.id
        ):
            clock.forward(seconds=10)
        waits.append((clock.now() - before).seconds)
    assert waits == [10, 30, 90, 270, 810, 2430, 7290]
    [job] = claim(shop)
    assert leases.fail(job, shop.ctx.now_us, "boom") == "dead"
    clock.forward(days=9)
    assert claim(shop) == []


def dead(shop, key="one"):
    schedule(shop, key, subject="order:1")
    [job] = claim(shop)
    db.run("UPDATE job SET tries = 8 WHERE id = ?", job.id)
    leases.fail(leases.Leased(job.id, job.store, "core", "settle", {}, 8, "w1"), 0, "boom")
    return job.id


def test_the_owner_retries_a_dead_job(shop):
    number = dead(shop)
    assert jobs.retry(shop.ctx, number)["state"] == "waiting"
    [job] = claim(shop)
    assert (job.id, job.tries) == (number, 1)
    with pytest.raises(Conflict, match="job_not_waiting"):
        jobs.retry(shop.ctx, number)


def test_the_owner_skips_a_dead_job_and_those_behind_it_go_on(shop):
    number = dead(shop)
    schedule(shop, "behind", subject="order:1")
    assert claim(shop) == []
    assert jobs.skip(shop.ctx, number)["state"] == "skipped"
    assert len(claim(shop)) == 1
    actions = db.rows("SELECT action, subject FROM audit")
    assert actions == [("job.skip", f"job:{number}")]


def test_a_job_of_another_store_is_not_found(shop):
    with pytest.raises(NotFound):
        jobs.skip(shop.ctx, 99)


def test_the_job_of_a_worker_that_is_gone_goes_to_another(shop, clock):
    schedule(shop, "one")
    [lost] = claim(shop, "w1")
    clock.forward(seconds=59)
    assert claim(shop, "w2") == []
    clock.forward(seconds=1)
    [job] = claim(shop, "w2")
    assert (job.id, job.tries) == (lost.id, 2)
    with pytest.raises(leases.LeaseLost):
        leases.finish(lost, shop.ctx.now_us)
    assert not leases.renew(lost, shop.ctx.now_us)
    leases.fail(lost, shop.ctx.now_us, "too late to say so")
    leases.finish(job, shop.ctx.now_us)


def test_a_job_that_kills_its_worker_each_time_is_dead_after_eight(shop, clock):
    schedule(shop, "one")
    for _ in range(8):
        assert len(claim(shop)) == 1
        clock.forward(seconds=60)
    assert claim(shop) == []
    [job] = jobs.show(shop.ctx, "dead")["items"]
    assert "gone" in job["error"]


def test_a_released_job_has_its_try_back(shop):
    schedule(shop, "one")
    leases.release(claim(shop)[0])
    assert claim(shop)[0].tries == 1


def test_jobs_are_listed_newest_first_by_pages(shop):
    for number in range(5):
        schedule(shop, f"key {number}")
    page = jobs.show(shop.ctx, limit=3)
    assert [job["key"] for job in page["items"]] == ["key 4", "key 3", "key 2"]
    page = jobs.show(shop.ctx, "waiting", limit=3, after=page["next"])
    assert [job["key"] for job in page["items"]] == ["key 1", "key 0"]
    assert page["next"] is None


def test_a_slot_is_scheduled_once_and_only_the_latest_missed_one_stays(shop, clock):
    assert jobs.schedule_slot(shop.ctx, "core", "sweep", 600)
    assert not jobs.schedule_slot(shop.ctx, "core", "sweep", 600)
    clock.forward(hours=5)
    assert jobs.schedule_slot(shop.ctx, "core", "sweep", 600)
    assert len(claim(shop)) == 1
    assert sorted(job["state"] for job in jobs.show(shop.ctx)["items"]) == ["running", "skipped"]


def test_finished_jobs_are_forgotten_in_time(shop, clock):
    schedule(shop, "one")
    jobs.schedule_slot(shop.ctx, "core", "sweep", 600)
    for job in claim(shop):
        leases.finish(job, shop.ctx.now_us)
    clock.forward(days=2)
    jobs.purge(shop.ctx, {})
    assert [job["key"] for job in jobs.show(shop.ctx)["items"]] == ["one"]
    clock.forward(days=90)
    jobs.purge(shop.ctx, {})
    assert jobs.show(shop.ctx)["items"] == []


def test_one_process_leads_until_its_lease_ends(shop):
    now = shop.ctx.now_us
    assert leases.lead("runner", "a", now, 15)
    assert not leases.lead("runner", "b", now + 14 * SECOND, 15)
    assert leases.lead("runner", "a", now + 14 * SECOND, 15)
    assert not leases.lead("runner", "b", now + 28 * SECOND, 15)
    assert leases.lead("runner", "b", now + 29 * SECOND, 15)
    assert not leases.lead("runner", "a", now + 30 * SECOND, 15)
    leases.step_down("runner", "a")
    assert not leases.lead("runner", "a", now + 30 * SECOND, 15)
    leases.step_down("runner", "b")
    assert leases.lead("runner", "a", now + 30 * SECOND, 15)


def claimed_by_four_threads(shop, take):
    found, gate = [], threading.Barrier(4)

    def work(worker):
        gate.wait()
        while True:
            mine = take(worker)
            if not mine:
                break
            found.extend(mine)
        db.database.close()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_four_workers_never_claim_the_same_job(shop):
    with db.transaction():
        for number in range(60):
            schedule(shop, f"{number}")
    found = claimed_by_four_threads(
        shop, lambda worker: [job.id for job in claim(shop, worker, limit=3)]
    )
    assert sorted(found) == sorted(set(found))
    assert len(found) == 60


def test_control_reading_then_writing_claims_twice(shop):
    """Without the conditional claim two workers do take the same job: the race is real."""
    with db.transaction():
        for number in range(60):
            schedule(shop, f"{number}")
    gate = threading.Barrier(4)
    TOGETHER = 10  # seconds that the fastest of the four waits for the slowest

    def take(worker):
        due = [row[0] for row in db.rows("SELECT id FROM job WHERE state = 'waiting' LIMIT 3")]
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(TOGETHER)
        for number in due:
            db.run("UPDATE job SET state = 'running', leased_by = ? WHERE id = ?", worker, number)
        return due

    found = claimed_by_four_threads(shop, take)
    assert len(found) > 60
