"""Jobs, and what plugins are still to be told."""

from __future__ import annotations

from collections.abc import Iterator

from shop import db
from shop.clock import SECOND, rfc3339, to_us
from shop.instance import Instance
from shop.ops.doctor.sign import BAD, GOOD, WARN, Sign

LATE = 300
"""seconds after which a job that waits for nothing is late"""

LEASE = "SELECT holder, until FROM lease WHERE name = 'runner'"
DELIVERY = "(plugin <> 'core' AND name IN ('react', 'notify'))"
LATE_JOBS = f"SELECT COUNT(*) FROM job WHERE state = 'waiting' AND run_at < ? AND NOT {DELIVERY}"
DEAD_JOBS = f"""
SELECT store, plugin, name, COUNT(*) FROM job WHERE state = 'dead' AND NOT {DELIVERY}
GROUP BY 1, 2, 3"""
OVERDUE = f"""
SELECT store, plugin, name, COUNT(*), MIN(created_at), SUM(CASE state WHEN 'dead' THEN 1 ELSE 0 END)
FROM job WHERE {DELIVERY}
  AND (state = 'dead' OR (state IN ('waiting', 'running') AND created_at < ?))
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
WORDS = {"react": "reactions", "notify": "notices"}


def look(instance: Instance) -> Iterator[Sign]:
    now = to_us(instance.clock.now())
    holder, until = db.row(LEASE) or ("", 0)
    if until > now:
        yield Sign(GOOD, "job runner", f"{holder} leads")
    else:
        yield Sign(WARN, "job runner", "nobody runs jobs", "shop serve, or shop worker")
    late = db.value(LATE_JOBS, now - LATE * SECOND)
    if late:
        yield Sign(WARN, "jobs", f"{late} are late by {LATE // 60} min or more", "shop worker")
    dead = db.rows(DEAD_JOBS)
    for store, plugin, name, count in dead:
        found = f"{count} dead of {plugin} {name} in {store}"
        yield Sign(BAD, "jobs", found, f"shop jobs list --store {store} --state dead, then retry")
    if not late and not dead:
        yield Sign(GOOD, "jobs", "none late, none dead")
    yield from _deliveries(now)


def _deliveries(now: int) -> Iterator[Sign]:
    """What a plugin was to be told of long ago; one that fails is tried again later and later, so
    its age counts and not its next try."""
    for store, plugin, name, count, oldest, dead in db.rows(OVERDUE, now - LATE * SECOND):
        since = rfc3339(oldest // SECOND * SECOND)
        found = f"{count} {WORDS[name]} of {plugin} in {store} overdue since {since}"
        if dead:
            todo = f"shop jobs list --store {store} --state dead, then retry or skip"
            yield Sign(BAD, "deliveries", f"{found}, {dead} given up", todo)
        else:
            todo = f"shop jobs list --store {store} --state waiting says why"
            yield Sign(WARN, "deliveries", found, todo)
