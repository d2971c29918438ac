"""`python -m bench`: the shop against yardsticks of the same run, in the parts of `PARTS`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from bench import data, growth, once, rates, report, served
from bench.report import Fact, Figures

PARTS = ("rates", "growth", "once")
SHEET_ORDERS, IMPORTED = 5000, 100_000
Tell = Callable[[float], None]


def measure_rates(
    folder: Path, products: int, orders: int, plugins: str, database: str, rounds: int,
    seconds: float, only: str, tell: Tell,
) -> list[Figures]:  # fmt: skip
    """Over HTTP; the program ends if an answer is wrong, or the books are afterwards."""
    path = data.make(folder, plugins, database)
    done = 0

    def filled(more: int) -> None:
        nonlocal done
        done += more
        tell(done / (products + orders) / 4)

    with served.opened(path, "orchard") as ctx:
        facts = data.fill(ctx, products, orders, filled)
    figures = rates.figures(
        folder, path, facts, rounds, seconds, only, lambda part: tell((1 + 3 * part) / 4)
    )
    clean, words = served.fsck(path)
    wrong = {item.workload.name: item.errors for item in figures if item.errors}
    if wrong or not clean:
        sys.exit(f"no figures, since the run had errors: {wrong or words}")
    return figures


def measure_growth(folder: Path, rounds: int, tell: Tell) -> list[Fact]:
    found = growth.ratios(growth.SIZES, rounds, lambda part: tell(part * 0.8))
    facts = [Fact(f"{what}: 100,000 products against 1,000", [ratio], 1.5)
             for what, ratio in found.items()]  # fmt: skip
    bounds = {"list of 20": 1.05, "checkout in one call, 3 lines": 1.3}
    for what, ratios in rates.of_plugins(folder, rounds, 1.5).items():
        facts.append(Fact(f"{what}: 20 plugins against none", ratios, bounds[what]))
    return facts


def measure_once(folder: Path, rounds: int, tell: Tell) -> list[Fact]:
    facts = [
        Fact("start with 20 plugins, x importing Flask", once.start(folder / "start", rounds), 4)
    ]
    tell(0.2)
    facts.append(Fact("a second worker, MiB of PSS", [once.memory(folder / "memory")], 30))
    tell(0.3)
    first = once.sheet(folder / "sheet", SHEET_ORDERS, rounds)
    facts.append(Fact(f"first byte of a sheet of {SHEET_ORDERS:,} orders, x hello", first, 20))
    tell(0.6)
    last, whole = once.imported(folder / "import", IMPORTED)
    name = f"import of {IMPORTED:,}: rate of the last tenth, x the first"
    return [*facts, Fact(name, [last], 0.8, least=True), Fact("products a second", [whole])]


@click.command()
@click.option("--products", default=10_000, show_default=True, type=click.IntRange(300, 1_000_000))
@click.option("--orders", default=500, show_default=True, help="placed before", type=int)
@click.option("--plugins", default="all", type=click.Choice(list(data.PLUGINS)), show_default=True)
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1, 99))
@click.option("--seconds", default=1.5, show_default=True, help="of load, each time")
@click.option("--database", default="", help="an empty database, postgresql://…; else SQLite")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="these parts only")
@click.option("--only", default="", help="the workloads whose name holds this")
@click.option("--out", default=Path(__file__).parent, type=click.Path(path_type=Path))
@click.option("--write/--no-write", default=True, show_default=True, help="results.md and .jsonl")
def main(
    products: int, orders: int, plugins: str, rounds: int, seconds: float, database: str,
    parts: tuple[str, ...], only: str, out: Path, write: bool,
) -> None:  # fmt: skip
    """Measure the shop in ratios to a bare Flask view on the same server settings."""
    console = Console()
    served.SCRATCH.mkdir(exist_ok=True)
    figures: list[Figures] = []
    facts: dict[str, list[Fact]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=served.SCRATCH) as name,
        Progress(console=console, transient=True) as bars,
    ):
        folder = Path(name)
        for part in parts or PARTS:
            bar = bars.add_task(part, total=1)

            def tell(done: float, bar: int = bar) -> None:
                bars.update(bar, completed=done)  # type: ignore[arg-type]

            if part == "rates":
                figures = measure_rates(
                    folder / part, products, orders, plugins, database, rounds, seconds, only, tell
                )
            elif part == "growth":
                facts[part] = measure_growth(folder / part, rounds, tell)
            else:
                facts[part] = measure_once(folder / part, rounds, tell)
            tell(1)
    kind = "PostgreSQL" if database else "SQLite, synchronous=FULL"
    title = f"{products:,} products, plugins: {plugins}, {kind}, 8 clients, one worker"
    sections = {f"rates {kind.split(',')[0]}": report.markdown(figures, title)} if figures else {}
    for part, found in facts.items():
        sections[part] = report.facts_markdown(found, *TITLES[part])
    for section in sections.values():
        console.print(section, markup=False, soft_wrap=True)
    if write:
        for name, section in sections.items():
            report.put(out, name, section)
        base = {"commit": report.commit(served.ROOT), "products": products, "plugins": plugins,
                "rounds": rounds, "database": kind}  # fmt: skip
        report.line(out, figures, [fact for found in facts.values() for fact in found], base)


TITLES = {
    "growth": (
        "What more rows and more plugins cost",
        "Rows: the processor's time of a call in one process, each in turns with a bare Flask view. "
        "Plugins: answers a second over HTTP, the two shops in turns.",
    ),
    "once": ("Once, or seldom", "A second worker in MiB and products a second are no ratios."),
}

if __name__ == "__main__":
    main()
