"""Answers a second over HTTP, against yardsticks on the same core, in interleaved rounds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench import data, served, workloads
from bench.data import Facts
from bench.load import Sample, load
from bench.report import Figures
from bench.workloads import HELLO, YARDSTICKS, Workload
from shop.config import edit as configedit

SERVERS, GENERATOR = 0, 1
"""cores"""
WSGI = YARDSTICKS[0]


@contextmanager
def pinned() -> Iterator[int | None]:
    """The core of the servers, the generator being on the other; None where there is but one."""
    before = os.sched_getaffinity(0)
    if (os.cpu_count() or 1) < 2:
        yield None
        return
    os.sched_setaffinity(0, {GENERATOR})
    try:
        yield SERVERS
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def servers(folder: Path, path: Path) -> Iterator[dict[str, int]]:
    """The shop, the same with nothing kept, and the yardsticks, all on one core; ports by name."""
    bare = path.with_name("uncached.toml")
    text, _ = configedit.set_key(path.read_text("utf-8"), "shop.limits.catalogue_cache_mib", 0)
    bare.write_text(text, "utf-8")
    with pinned() as core, ExitStack() as stack:
        ports = {}
        for name, file in (("shop", path), ("uncached", bare)):
            ports[name] = stack.enter_context(served.shop(file, folder / f"{name}.log", core))
        for name in ("hello", *(workload.server for workload in YARDSTICKS)):
            ports[name] = served.free_port()
            command = ["bench.yardsticks", name, str(path), str(ports[name])]
            log = folder / f"{name}.log"
            stack.enter_context(served.server(command, ports[name], log, core))
        yield ports


def figures(
    folder: Path, path: Path, facts: Facts, rounds: int, seconds: float, only: str,
    tell: Callable[[float], None],
) -> list[Figures]:  # fmt: skip
    """Of every workload whose name holds `only`; the program ends if one answers what it should not.
    `tell` hears the part that is done."""
    postgres = "postgres" in path.read_text("utf-8")
    with servers(folder, path) as ports:
        own = workloads.of_shop(facts, lambda: workloads.etag_of(ports["shop"]), postgres)
        all_ = [workload for workload in [*YARDSTICKS, *own] if only in workload.name]
        for workload in all_:
            if not workloads.is_good(ports[workload.server], workload):
                sys.exit(f"{workload.name}: not the answer that is to be measured")
        return _measure(ports, all_, rounds, seconds, tell)


def _measure(
    ports: dict[str, int], all_: list[Workload], rounds: int, seconds: float,
    tell: Callable[[float], None],
) -> list[Figures]:  # fmt: skip
    """Each round, each workload beside a hello of its own; every other round the other way round."""

    def sample(workload: Workload) -> Sample:
        return load(ports[workload.server], workload.requests(), workload.due, seconds)

    found = [Figures(workload) for workload in all_]
    steps, done = 1 + len(all_) * (rounds + 1), 0

    def step() -> None:
        nonlocal done
        done += 1
        tell(done / steps)

    for workload in [HELLO, *all_]:
        sample(workload)
        step()
    for number in range(rounds):
        for item in found:
            beside = [HELLO, WSGI] if item.workload.of_wsgi else [HELLO]
            order = [*beside, item.workload][:: 1 if number % 2 else -1]
            seen = {workload.name: sample(workload) for workload in order}
            item.add(seen[HELLO.name], seen[item.workload.name], seen.get(WSGI.name))
            step()
    return found


def of_plugins(folder: Path, rounds: int, seconds: float) -> dict[str, list[float]]:
    """What 20 plugins leave of the rate that a shop without any has, in turns: by workload, a ratio
    for each round."""
    with pinned() as core, ExitStack() as stack:
        ports, sets = {}, {}
        for name in ("none", "twenty"):
            path = data.make(folder / name, name)
            with served.opened(path, "orchard") as ctx:
                facts = data.fill(ctx, 1000, 100)
            ports[name] = stack.enter_context(served.shop(path, folder / f"{name}.log", core))
            sets[name] = {w.name: replace(w, server=name) for w in workloads.of_shop(facts)}
        ratios: dict[str, list[float]] = {}
        for what in ("list of 20", "checkout in one call, 3 lines"):
            for number in range(rounds + 1):
                names = ["none", "twenty"][:: 1 if number % 2 else -1]
                rates = {}
                for name in names:
                    workload = sets[name][what]
                    taken = load(ports[name], workload.requests(), workload.due, seconds)
                    if taken.errors:
                        sys.exit(f"{what} with {name} plugins: {dict(taken.errors)}")
                    rates[name] = taken.rate
                if number:  # the first is to warm up
                    ratios.setdefault(what, []).append(rates["none"] / rates["twenty"])
    return ratios
