"""Disk, backups, and what a live shop should not have in its file."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator

from shop.instance import Instance
from shop.ops import backup
from shop.ops.doctor.sign import BAD, GOOD, WARN, Sign

OLD_BACKUP = 2 * 86_400
LOW_DISK = 1_000_000_000


def look(instance: Instance) -> Iterator[Sign]:
    yield from _disk(instance)
    yield from _backups(instance)
    yield from _file(instance)


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
