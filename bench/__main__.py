"""`python -m bench`: the shop through HTTP against a bare Flask view, in interleaved rounds."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from bench import data, report, served, workloads
from bench.data import Facts
from bench.load import Sample, load
from bench.report import Figures
from bench.workloads import HELLO, YARDSTICKS, Workload

SERVERS, GENERATOR = 0, 1
"""cores"""
SCRATCH = served.ROOT / "var"
"""on a disk, for synchronous=FULL to mean something"""


@contextmanager
def servers(folder: Path, path: Path) -> Iterator[dict[str, int]]:
    """The shop and the yardsticks, all on one core; their ports by name."""
    pinned = (os.cpu_count() or 1) > 1
    core = SERVERS if pinned else None
    if pinned:
        os.sched_setaffinity(0, {GENERATOR})
    with ExitStack() as stack:
        ports = {"shop": stack.enter_context(served.shop(path, folder / "shop.log", core))}
        for name in ("hello", *(workload.server for workload in YARDSTICKS)):
            ports[name] = served.free_port()
            command = ["bench.yardsticks", name, str(path), str(ports[name])]
            log = folder / f"{name}.log"
            stack.enter_context(served.server(command, ports[name], log, core))
        yield ports


def measure(
    ports: dict[str, int], all_: list[Workload], rounds: int, seconds: float,
    tell: Callable[[int], None],
) -> list[Figures]:  # fmt: skip
    """Each round, each workload beside a hello of its own; every other round the other way round."""

    def sample(workload: Workload) -> Sample:
        return load(ports[workload.server], workload.requests(), workload.due, seconds)

    figures = [Figures(workload) for workload in all_]
    for workload in [HELLO, *all_]:
        sample(workload)
        tell(1)
    for number in range(rounds):
        for item in figures:
            pair = [HELLO, item.workload][:: 1 if number % 2 else -1]
            found = {workload.name: sample(workload) for workload in pair}
            item.add(found[HELLO.name], found[item.workload.name])
            tell(1)
    return figures


def build(path: Path, products: int, orders: int, tell: Callable[[int], None]) -> Facts:
    with served.opened(path, "orchard") as ctx:
        return data.fill(ctx, products, orders, tell)


@click.command()
@click.option("--products", default=10_000, show_default=True, type=click.IntRange(300, 1_000_000))
@click.option("--orders", default=500, show_default=True, help="placed before", type=int)
@click.option("--rounds", default=9, show_default=True, type=click.IntRange(1, 99))
@click.option("--seconds", default=3.0, show_default=True, help="of load, each time")
@click.option("--database", default="", help="an empty database, postgresql://…; else SQLite")
@click.option("--only", default="", help="the workloads whose name holds this")
@click.option("--out", default=Path(__file__).parent, type=click.Path(path_type=Path))
@click.option("--write/--no-write", default=True, show_default=True, help="results.md and .jsonl")
def main(
    products: int, orders: int, rounds: int, seconds: float, database: str, only: str,
    out: Path, write: bool,
) -> None:  # fmt: skip
    """Measure the shop in ratios to a bare Flask view on the same server settings."""
    console = Console()
    SCRATCH.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=SCRATCH) as name,
        Progress(console=console) as bars,
    ):
        folder = Path(name)
        keys = data.KEYS | ({"shop.database": database} if database else {})
        path = served.make(folder / "shop", "orchard", data.STORE, keys)
        bar = bars.add_task("filling the shop", total=products + orders)
        facts = build(path, products, orders, lambda done: bars.advance(bar, done))
        with servers(folder, path) as ports:
            all_ = [*YARDSTICKS, *workloads.of_shop(facts, workloads.etag_of(ports["shop"]))]
            all_ = [workload for workload in all_ if only in workload.name]
            for workload in all_:
                if not workloads.is_good(ports[workload.server], workload):
                    sys.exit(f"{workload.name}: not the answer that is to be measured")
            bar = bars.add_task("measuring", total=1 + len(all_) * (rounds + 1))
            figures = measure(ports, all_, rounds, seconds, lambda done: bars.advance(bar, done))
        clean, words = served.fsck(path)
    wrong = {item.workload.name: item.errors for item in figures if item.errors}
    if wrong or not clean:
        sys.exit(f"no figures, since the run had errors: {wrong or words}")
    kind = "PostgreSQL" if database else "SQLite, synchronous=FULL"
    title = f"{products:,} products, {kind}, 8 clients, one worker"
    console.print(report.table(figures, title))
    if write:
        base = {"commit": report.commit(served.ROOT), "products": products, "rounds": rounds}
        report.write(out, figures, title, base | {"database": kind})


if __name__ == "__main__":
    main()
