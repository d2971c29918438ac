"""Metrics of all workers of a server, in one piece of memory that the master makes before it forks.

prometheus-client's own multiprocess mode maps files of a folder: where that disk is full, the next
counter ends the process with SIGBUS. Here every page is allocated in advance and belongs to no disk.
What finds no room is not counted; nothing that is counted can end or fail a request.

    share(place, workers)      the master, before the first fork
    lease() / release(slot)    the master: each worker writes to a slot of its own
    attach(slot)               the worker, after its fork
    collect() / read(place)    the merged metrics: in a worker; in any process of the same user

Slot 0 holds the sums of workers that have ended, so that counters never fall. Counters, histograms
and summaries are shared; a gauge is one process's own.
"""

from __future__ import annotations

import fcntl
import json
import logging
import mmap
import os
import shutil
import stat
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, Metric, values
from prometheus_client.utils import floatToGoString

SLOT = 1 << 20
"""bytes of a worker's slot: some 600 histograms by method, route and status"""
HEAD = 4096
"""bytes before the first slot: `MAGIC`, then a number that is odd while the master rewrites slots"""
MAGIC = b"shopmet1"
FILE = "shop-metrics"
MOST_SLOTS = 200

_NUMBER, _ENTRY = struct.Struct("=q"), struct.Struct("=qd")
"""an entry: the length of its key, its value, and the key, padded to eight bytes"""

Totals = dict[str, float]
"""by key: the JSON of [metric, sample, labels]"""
Labels = tuple[tuple[str, str], ...]

log = logging.getLogger("shop.metrics")


class Slot:
    """A part of the memory that one process writes: eight bytes that say how much is used, then
    entries. Others may read meanwhile."""

    def __init__(self, memory: mmap.mmap, start: int, size: int) -> None:
        self._memory, self._start, self._end = memory, start, start + size
        self._places: dict[str, int] = {}

    def put(self, key: str, value: float) -> bool:
        """Set a value; False if there is no room for another key."""
        place = self._places.get(key)
        if place is None:
            place = self._append(key)
            if place is None:
                return False
            self._places[key] = place
        self._memory[place : place + 8] = struct.pack("=d", value)
        return True

    def _append(self, key: str) -> int | None:
        raw = key.encode()
        raw += b" " * (-len(raw) % 8)
        start = self._start + self._used()
        if start + _ENTRY.size + len(raw) > self._end:
            return None
        entry = _ENTRY.pack(len(raw), 0.0) + raw
        self._memory[start : start + len(entry)] = entry
        self._memory[self._start : self._start + 8] = _NUMBER.pack(start + len(entry) - self._start)
        return start + 8

    def _used(self) -> int:
        """A slot that was never written to is full of zeros."""
        [used] = _NUMBER.unpack_from(self._memory, self._start)
        return max(8, used)

    def read(self) -> Totals:
        found: Totals = {}
        place, end = self._start + 8, min(self._start + self._used(), self._end)
        while place + _ENTRY.size <= end:
            length, value = _ENTRY.unpack_from(self._memory, place)
            place += _ENTRY.size + length
            if length <= 0 or place > end:
                break
            found[self._memory[place - length : place].decode().rstrip(" ")] = value
        return found

    def clear(self) -> None:
        self._places.clear()
        self._memory[self._start : self._start + 8] = _NUMBER.pack(8)


class Memory:
    """All slots."""

    def __init__(self, memory: mmap.mmap) -> None:
        self.memory = memory
        self.slots = [Slot(memory, start, SLOT) for start in range(HEAD, len(memory), SLOT)]

    def totals(self) -> Totals:
        """The sums over all slots. Read again if the master moved some meanwhile."""
        for _ in range(50):
            before = self._turns()
            found: Totals = defaultdict(float)
            for slot in self.slots:
                for key, value in slot.read().items():
                    found[key] += value
            if before % 2 == 0 and before == self._turns():
                break
            time.sleep(0.001)
        return found

    def retire(self, number: int) -> None:
        """Add a slot to slot 0 and empty it."""
        gone = self.slots[number].read()
        kept = self.slots[0].read()
        self._turn()
        try:
            for key, value in gone.items():
                self.slots[0].put(key, kept.get(key, 0.0) + value)
            self.slots[number].clear()
        finally:
            self._turn()

    def _turns(self) -> int:
        return int(_NUMBER.unpack_from(self.memory, 8)[0])

    def _turn(self) -> None:
        self.memory[8:16] = _NUMBER.pack(self._turns() + 1)


class _Process:
    """What this process knows: the memory, the slot it writes to, the slots that are free."""

    def __init__(self) -> None:
        self.memory: Memory | None = None
        self.slot: Slot | None = None
        self.free: list[int] = []
        self.file = -1
        self.told = False
        self.lock = threading.Lock()


_process = _Process()


class Value:
    """A number of a metric, as prometheus-client wants it: kept here, and written to the slot."""

    _multiprocess = True

    def __init__(
        self, typ: str, metric_name: str, name: str, labelnames: Iterable[str],
        labelvalues: Iterable[str], help_text: str, **options: Any,
    ) -> None:  # fmt: skip
        labels = dict(zip(labelnames, labelvalues, strict=True))
        self._shared = not typ.startswith("gauge")
        self._key = json.dumps([metric_name, name, labels], sort_keys=True)
        self._value = 0.0
        if labels and self._shared:
            with _process.lock:
                self._write()  # a bucket that nothing fell into is a sample too

    def inc(self, amount: float) -> None:
        with _process.lock:
            self._value += amount
            self._write()

    def set(self, value: float, timestamp: float | None = None) -> None:
        with _process.lock:
            self._value = value
            self._write()

    def get(self) -> float:
        return self._value

    def set_exemplar(self, exemplar: Any) -> None:
        return None

    def get_exemplar(self) -> None:
        return None

    def _write(self) -> None:
        slot = _process.slot
        if not self._shared or slot is None or slot.put(self._key, self._value) or _process.told:
            return
        _process.told = True
        log.warning("there is no room for more metrics in this worker")


def share(place: Path, workers: int) -> bool:
    """Make the memory and let every metric made from now on use it; `place` becomes a link by which
    other processes find it. False if there is none to be had: each process then counts for itself.
    """
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)  # the files of earlier versions
    with suppress(OSError):
        place.unlink(missing_ok=True)
    count = min(3 * workers + 2, MOST_SLOTS)
    size = HEAD + count * SLOT
    try:
        file = os.memfd_create(FILE, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except (AttributeError, OSError):
        return False
    try:
        os.posix_fallocate(file, 0, size)
        with suppress(OSError):
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        memory = mmap.mmap(file, size)
    except OSError as error:
        os.close(file)
        log.warning("there is no memory for metrics of all workers: %s", error)
        return False
    memory[:8] = MAGIC
    _process.__init__()  # type: ignore[misc]
    _process.memory, _process.file = Memory(memory), file
    _process.free = list(range(1, count))
    values.ValueClass = Value
    with suppress(OSError):
        place.symlink_to(f"/proc/{os.getpid()}/fd/{file}")
    return True


def unshare() -> None:
    """Back to metrics of one process; for tests."""
    if _process.file >= 0:
        os.close(_process.file)
    _process.__init__()  # type: ignore[misc]
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


def lease() -> int:
    """In the master: a slot for the next worker; 0 if all are taken, then it counts for itself."""
    return _process.free.pop() if _process.free else 0


def attach(number: int) -> None:
    """In the worker: write to this slot from now on."""
    if _process.memory is not None and number:
        _process.slot = _process.memory.slots[number]


def release(number: int) -> None:
    """In the master: the worker of this slot has ended; what it counted stays."""
    if _process.memory is not None and number:
        _process.memory.retire(number)
        _process.free.append(number)


def shared() -> bool:
    return _process.memory is not None


def collect() -> Iterator[Metric]:
    """The metrics of all workers."""
    if _process.memory is None:
        return
    found = samples(_process.memory.totals())
    for metric in REGISTRY.collect():
        if metric.name in found:
            merged = Metric(metric.name, metric.documentation, metric.type)
            for name, labels, value in found[metric.name]:
                merged.add_sample(name, dict(labels), value)
            yield merged


def read(place: Path) -> Totals | None:
    """What the server counted whose `share` made `place`; None if none runs here, or it is not ours
    to look at."""
    try:
        file = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        size = os.fstat(file).st_size
        if not stat.S_ISREG(os.fstat(file).st_mode) or size <= HEAD:
            return None
        with mmap.mmap(file, size, access=mmap.ACCESS_READ) as memory:
            return Memory(memory).totals() if memory[:8] == MAGIC else None
    except (OSError, ValueError):
        return None
    finally:
        os.close(file)


def samples(totals: Mapping[str, float]) -> dict[str, list[tuple[str, Labels, float]]]:
    """By metric: (name, labels, value) of its samples. Buckets are added up to what Prometheus
    wants: each counts those below it too, and the last is the count."""
    found: dict[str, list[tuple[str, Labels, float]]] = defaultdict(list)
    buckets: dict[tuple[str, str, Labels], list[tuple[float, float]]] = defaultdict(list)
    for key, value in totals.items():
        metric, name, labels = json.loads(key)
        bound = labels.pop("le", None)
        rest: Labels = tuple(sorted(labels.items()))
        if bound is None:
            found[metric].append((name, rest, value))
        else:
            buckets[metric, name, rest].append((float(bound), value))
    for (metric, name, labels), each in buckets.items():
        total = 0.0
        for limit, value in sorted(each):
            total += value
            found[metric].append((name, (*labels, ("le", floatToGoString(limit))), total))
        found[metric].append((f"{name.removesuffix('_bucket')}_count", labels, total))
    return found
