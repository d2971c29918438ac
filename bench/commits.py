"""`python -m bench.commits`: whether sharing a commit pays, over HTTP at default settings.

The same checkouts against two servers on two databases, in turns: as it is, and with a commit for each.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from bench import data, rates, report, served, workloads
from bench.load import load
from bench.report import Fact

KINDS = ("shared", "each")
CLIENTS = (1, 8, 32)


def commit_each() -> None:
    """In this process: a transaction for each work, as if nobody else waited."""
    from shop import db, groupcommit

    def run(deed):  # type: ignore[no-untyped-def]
        with db.transaction():
            return deed()

    groupcommit.run = run


def measure(folder: Path, rounds: int, seconds: float) -> list[Fact]:
    with rates.pinned() as core, ExitStack() as stack:
        ports, requests = {}, {}
        for kind in KINDS:
            path = data.make(folder / kind, "all")
            with served.opened(path, "orchard") as ctx:
                facts = data.fill(ctx, 1000, 50)
            ports[kind] = served.free_port()
            command = [
                "bench.commits",
                kind,
                "--config",
                str(path),
                "serve",
                "--port",
                str(ports[kind]),
            ]
            stack.enter_context(served.server(command, ports[kind], folder / f"{kind}.log", core))
            known = {workload.name: workload for workload in workloads.of_shop(facts)}
            requests[kind] = known["checkout in one call, 3 lines"]
        found = []
        for clients in CLIENTS:
            faster, p99 = [], []
            for number in range(rounds + 1):
                seen = {}
                for kind in KINDS[:: 1 if number % 2 else -1]:
                    workload = requests[kind]
                    seen[kind] = load(ports[kind], workload.requests(), 201, seconds, clients)
                    if seen[kind].errors:
                        sys.exit(f"{kind}: {dict(seen[kind].errors)}")
                if number:
                    faster.append(seen["shared"].rate / seen["each"].rate)
                    p99.append(seen["shared"].quantile(0.99) / seen["each"].quantile(0.99))
            found.append(Fact(f"{clients} clients: rate, x that of a commit each", faster))
            found.append(Fact(f"{clients} clients: p99, x that of a commit each", p99))
    return found


@click.command()
@click.option("--rounds", default=6, show_default=True, type=click.IntRange(1, 50))
@click.option("--seconds", default=2.0, show_default=True)
@click.option("--out", default=Path(__file__).parent, type=click.Path(path_type=Path))
@click.option("--write/--no-write", default=True, show_default=True, help="into results.md")
def main(rounds: int, seconds: float, out: Path, write: bool) -> None:
    """Whether sharing a commit pays."""
    served.SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=served.SCRATCH) as name:
        facts = measure(Path(name), rounds, seconds)
    title = "Checkouts that share a commit, SQLite, synchronous=FULL, one worker"
    section = report.facts_markdown(facts, title, "In turns with the same shop and a commit each.")
    Console().print(section, markup=False, soft_wrap=True)
    if write:
        report.put(out, "commits", section)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in KINDS:
        if sys.argv[1] == "each":
            commit_each()
        del sys.argv[1]
        from shop.cli import main as shop_main

        shop_main()
    else:
        main()
