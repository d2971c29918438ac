"""How an instance is doing, and what to do about it: `examine(instance) -> [Sign]`.

It looks, and repairs nothing. `shop fsck` proves the books; this looks at everything around them.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import peewee

from shop import db
from shop.clock import SECOND, to_us
from shop.instance import Instance
from shop.services import backup, schema

GOOD, WARN, BAD = "good", "warn", "bad"
LATE = 300
"""seconds after which a job that waits for nothing is late"""
OLD_BACKUP = 2 * 86_400
LOW_DISK = 1_000_000_000
SLOW_HOOK = 0.05
"""seconds of hooks of one plugin per request"""

LEASE = "SELECT holder, until FROM lease WHERE name = 'runner'"
LATE_JOBS = "SELECT COUNT(*) FROM job WHERE state = 'waiting' AND run_at < ?"
DEAD_JOBS = "SELECT store, plugin, name, COUNT(*) FROM job WHERE state = 'dead' GROUP BY 1, 2, 3"
HOLDS = "SELECT store, source, COUNT(*) FROM hold WHERE released_at IS NULL GROUP BY 1, 2"
SIZE = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True, slots=True)
class Sign:
    """`state` is good, warn or bad; `todo` is empty where nothing is to be done."""

    state: str
    what: str
    found: str
    todo: str = ""


def examine(instance: Instance) -> list[Sign]:
    signs = [*_database(instance)]
    if all(sign.state == GOOD for sign in signs):
        signs += [*_jobs(instance), *_plugins(instance)]
    return [*signs, *_disk(instance), *_backups(instance), *_file(instance), *_hooks(instance)]


def _database(instance: Instance) -> Iterator[Sign]:
    kind = "PostgreSQL" if db.is_postgres() else "SQLite"
    try:
        began = time.perf_counter()
        db.value("SELECT 1")
        ms = (time.perf_counter() - began) * 1000
        size = db.value(SIZE) if db.is_postgres() else _bytes(Path(db.database.obj.database))
        yield Sign(GOOD, "database", f"{kind}, {size / 1e6:.1f} MB, answers in {ms:.1f} ms")
        missing = schema.pending(instance.registry.installed)
    except peewee.PeeweeException as error:
        yield Sign(BAD, "database", f"{kind}: {error}", "see that it runs and can be reached")
        return
    if missing:
        yield Sign(BAD, "migrations", f"pending: {', '.join(missing)}", "shop db migrate")
    else:
        yield Sign(GOOD, "migrations", "all have run")


def _jobs(instance: Instance) -> Iterator[Sign]:
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


def _plugins(instance: Instance) -> Iterator[Sign]:
    """Holds of plugins whose folder is gone, and what a plugin that is off still owes."""
    known = {*instance.registry.installed, "core"}
    for store, source, count in db.rows(HOLDS):
        if source not in known:
            found = f"{count} holds of {source} in {store}, which is not installed"
            yield Sign(BAD, "plugins", found, "install it again, or cancel the orders")
    for code, plugins in instance.registry.stores.items():
        for name, kind in instance.registry.installed.items():
            if name not in plugins.by_name:
                for line in kind().open_work(instance.context(code)):
                    yield Sign(WARN, "plugins", f"{name} is off in {code}, and owes: {line}")


def _disk(instance: Instance) -> Iterator[Sign]:
    usage = shutil.disk_usage(instance.config.folder)
    found = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.0f}"
    if usage.free < max(LOW_DISK, usage.total // 50):
        yield Sign(BAD, "disk", found, "make room: a full disk stops sales")
    else:
        yield Sign(GOOD, "disk", found)


def _backups(instance: Instance) -> Iterator[Sign]:
    if instance.config.mode != "live":
        return
    newest = backup.newest(instance.config.folder)
    age = time.time() - newest.stat().st_mtime if newest else None
    if newest is None or age is None:
        yield Sign(WARN, "backup", "none in backups/", "shop db backup, every night")
    elif age > OLD_BACKUP:
        days = f"{newest.name} is {age / 86_400:.0f} days old"
        yield Sign(WARN, "backup", days, "shop db backup, every night")
    else:
        yield Sign(GOOD, "backup", newest.name)


def _file(instance: Instance) -> Iterator[Sign]:
    """What shop.toml allows and a live shop should not have."""
    config, env = instance.config, instance.config.folder / ".env"
    if env.is_file() and env.stat().st_mode & 0o077:
        yield Sign(WARN, "secret", ".env can be read by others", f"chmod 600 {env}")
    if config.mode == "live" and config.rate_limits == "off":
        yield Sign(WARN, "shop.toml", "rate_limits is off", "set it to on")
    if config.workers < 2:
        found = "one worker: a plugin that hangs stops the shop until it is replaced"
        yield Sign(WARN, "shop.toml", found, "workers = 2 or more")
    cores = os.cpu_count() or 1
    if config.workers > 4 * cores:
        found = f"{config.workers} workers on {cores} cores"
        yield Sign(WARN, "shop.toml", found, "fewer workers, more threads")


def _hooks(instance: Instance) -> Iterator[Sign]:
    """Time of hooks since the server started, as its workers counted it."""
    folder = instance.config.folder / "metrics"
    if not folder.is_dir():
        return
    seconds: dict[str, float] = defaultdict(float)
    failed: dict[tuple[str, str], float] = defaultdict(float)
    hung: dict[tuple[str, str], float] = defaultdict(float)
    requests = 0.0
    for name, labels, value in _samples(folder):
        if name == "shop_hook_seconds_total":
            seconds[labels["plugin"]] += value
        elif name == "shop_hook_failures_total":
            failed[labels["plugin"], labels["hook"]] += value
        elif name == "shop_hook_hangs_total":
            hung[labels["plugin"], labels["hook"]] += value
        elif name == "shop_request_seconds_count":
            requests += value
    for (plugin, hook), times in sorted(hung.items()):
        found = f"{plugin}: {hook} hung {times:.0f} times, each time a worker was replaced"
        yield Sign(
            BAD, "hooks", found, "the log has the stack; shop plugins disable, if it goes on"
        )
    for (plugin, hook), times in sorted(failed.items()):
        yield Sign(WARN, "hooks", f"{plugin}: {hook} failed {times:.0f} times", "see the log")
    for plugin, spent in sorted(seconds.items(), key=lambda pair: -pair[1]):
        each = spent / max(requests, 1)
        found = f"{plugin}: {spent:.1f} s in hooks, {each * 1000:.2f} ms a request"
        yield Sign(WARN if each > SLOW_HOOK else GOOD, "hooks", found)


def _samples(folder: Path) -> Iterator[tuple[str, dict[str, str], float]]:
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    for metric in MultiProcessCollector(CollectorRegistry(), str(folder)).collect():
        for sample in metric.samples:
            yield sample.name, sample.labels, sample.value


def _bytes(path: Path) -> int:
    """With the write-ahead log beside it."""
    wal = path.with_name(path.name + "-wal")
    return path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)
