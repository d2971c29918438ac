"""Who may run what: a job is leased to one worker at a time, leadership to one process.

A lease ends by itself, so what a dead worker held goes on elsewhere. Every change by a worker
names its lease; one that was lost changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shop import db
from shop.clock import SECOND
from shop.errors import ShopError

TRIES = 8
LEASE = 60
"""seconds after which the job of a worker that is gone goes to another"""
LONGEST = 3600
"""seconds that no lease is longer than: one that ends later is from a clock that was set back since"""
BACK_OFF = 10
"""seconds before the second try; three times as long before each next one, 3 hours in all"""
DUE = """
SELECT j.id FROM job j
WHERE j.state = 'waiting' AND j.run_at <= ? AND j.store IN (??)
  {which} AND (j.subject = '' OR NOT EXISTS (
    SELECT 1 FROM job e
    WHERE e.plugin = j.plugin AND e.subject = j.subject AND e.store = j.store AND e.id < j.id
      AND e.state IN ('waiting', 'running', 'dead')))
ORDER BY j.run_at, j.id LIMIT ?"""
ONLY = "AND j.plugin || '/' || j.name IN (??)"
NONE_OF = "AND NOT (j.plugin || '/' || j.name IN (??))"
CLAIM = """
WITH due AS MATERIALIZED ({due})
UPDATE job SET state = 'running', tries = tries + 1, leased_by = ?, lease_until = ?
FROM due WHERE job.id = due.id
RETURNING job.id, job.store, job.plugin, job.name, job.data, job.tries, job.run_at"""
ORPHANED = """
SELECT 1 FROM job WHERE state = 'running' AND (lease_until <= ? OR lease_until > ?) LIMIT 1"""
TAKE_BACK = f"""
UPDATE job SET state = CASE WHEN tries >= {TRIES} THEN 'dead' ELSE 'waiting' END,
  error = 'the worker that ran it is gone: ' || leased_by, leased_by = '', lease_until = NULL
WHERE state = 'running' AND (lease_until <= ? OR lease_until > ?)"""
MINE = "WHERE id = ? AND state = 'running' AND leased_by = ? AND tries = ?"
FINISH = f"UPDATE job SET state = 'done', done_at = ?, error = '', lease_until = NULL {MINE}"
FAIL = f"UPDATE job SET state = ?, run_at = ?, error = ?, lease_until = NULL {MINE}"
RENEW = f"UPDATE job SET lease_until = ? {MINE}"
RELEASE = f"""
UPDATE job SET state = 'waiting', tries = tries - 1, leased_by = '', lease_until = NULL {MINE}"""
LEADER = "SELECT holder, until FROM lease WHERE name = ?"
LEAD = """
INSERT INTO lease (name, holder, until) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE lease.holder = excluded.holder OR lease.until <= ? OR lease.until > ?"""
STEP_DOWN = "DELETE FROM lease WHERE name = ? AND holder = ?"


class LeaseLost(ShopError):
    """Another worker has this job by now: what this one did in the transaction must not stand."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A job that a worker may run until its lease ends."""

    id: int
    store: str
    plugin: str
    name: str
    data: dict[str, Any]
    tries: int
    worker: str


def claim(
    stores: Iterable[str],
    now_us: int,
    limit: int,
    worker: str,
    lease: int = LEASE,
    *,
    only: Iterable[str] = (),
    none_of: Iterable[str] = (),
) -> list[Leased]:
    """Lease up to `limit` due jobs of any of `stores` to `worker`; no two get the same one. `only`
    and `none_of` name kinds of jobs as `<plugin>/<name>`."""
    stores, names = db.many(stores), [*only, *none_of]
    due = DUE.format(which=ONLY if only else NONE_OF if none_of else "")
    asked = [now_us, stores, *([db.many(names)] if names else [])]
    never = now_us + LONGEST * SECOND
    if db.value(ORPHANED, now_us, never):
        with db.transaction():
            db.change(TAKE_BACK, now_us, never)
    if not db.value(due, *asked, 1):
        return []
    lock = " FOR UPDATE OF j SKIP LOCKED" if db.is_postgres() else ""
    until = now_us + lease * SECOND
    with db.transaction():
        found = db.rows(CLAIM.format(due=due + lock), *asked, limit, worker, until)
    found.sort(key=lambda line: (line[6], line[0]))
    return [
        Leased(line[0], line[1], line[2], line[3], db.load(line[4]), line[5], worker)
        for line in found
    ]


def finish(job: Leased, now_us: int) -> None:
    """Mark it done; LeaseLost if it is no longer this worker's."""
    if not db.change(FINISH, now_us, job.id, job.worker, job.tries):
        raise LeaseLost(f"job {job.id}")


def fail(job: Leased, now_us: int, error: str) -> str:
    """Put it off, or give it up after the last try; the state it is in now."""
    state = "dead" if job.tries >= TRIES else "waiting"
    again = now_us + BACK_OFF * 3 ** (job.tries - 1) * SECOND
    with db.transaction():
        db.change(FAIL, state, again, error[:2000], job.id, job.worker, job.tries)
    return state


def renew(job: Leased, now_us: int, lease: int = LEASE) -> bool:
    """Lease it anew from now; False if another worker has it."""
    return bool(db.change(RENEW, now_us + lease * SECOND, job.id, job.worker, job.tries))


def release(job: Leased) -> None:
    """Give back a job that was not begun."""
    db.change(RELEASE, job.id, job.worker, job.tries)


def lead(name: str, holder: str, now_us: int, seconds: int) -> bool:
    """Whether `holder` holds the lease `name` now, taken or renewed if it can be.

    It is written only when a third of its time has passed.
    """
    found, never = db.row(LEADER, name), now_us + LONGEST * SECOND
    if found and now_us < found[1] <= never and found[0] != holder:
        return False
    if found and found[0] == holder and seconds * 666_667 < found[1] - now_us <= seconds * SECOND:
        return True
    with db.transaction():
        return bool(db.change(LEAD, name, holder, now_us + seconds * SECOND, now_us, never))


def step_down(name: str, holder: str) -> None:
    with db.transaction():
        db.change(STEP_DOWN, name, holder)
