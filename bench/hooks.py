"""`python -m bench.hooks`: what ten plugins that return nothing cost a quote of 20 lines.

In one process, in turns: the same cart with no plugin and with ten, many times; the median of the
ratios. Once the quote alone, and once the cart as the application answers it. The design's bound
is 1.3.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench import report
from shop.app import mount
from shop.carts import carts
from shop.carts.quote import Basket, Item, quote
from shop.catalog import products
from shop.config import parse
from shop.context import Context
from shop.hooks import hookimpl
from shop.instance import Instance
from shop.ops import schema
from shop.plugin import Plugin

LINES, PLUGINS, BOUND = 20, 10, 1.3
CONFIG = """
[shop]
database = "sqlite:///{folder}/shop.db"
secret = "bench-only-0123456789-0123456789-abcdef"
mode = "test"
rate_limits = "off"
"""
STORE = """
[stores.{code}]
name = "x"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "en"
"""


def silent(number: int) -> type[Plugin]:
    """A plugin that is asked everything about a quote and has nothing to say."""

    class Silent(Plugin):
        name = f"silent_{number}"

        @hookimpl
        def price_lines(self, ctx: Context, lines: Any) -> dict[int, Any]:
            return {}

        @hookimpl
        def adjust_quote(self, ctx: Context, quote: Any, lane: str) -> list[Any]:
            return []

        @hookimpl
        def check_quote(self, ctx: Context, quote: Any) -> list[Any]:
            return []

    return Silent


Quotes = dict[str, Callable[[], object]]
"""by store what quotes the same cart in it: `bare` has no plugin, `full` has them all"""


def pair(folder: Path) -> tuple[Instance, Quotes]:
    """An instance with both stores, and the quote alone in each."""
    kinds = [silent(number) for number in range(PLUGINS)]
    tables = "".join(f"[stores.full.plugins.{kind.name}]\n" for kind in kinds)
    stores = "".join(STORE.format(code=code) for code in ("bare", "full"))
    instance = Instance(parse(CONFIG.format(folder=folder) + stores + tables, folder), kinds)
    schema.migrate({})
    for code in ("bare", "full"):
        variants = [{"sku": f"A{n}", "price": 100 + n, "stock": 99} for n in range(LINES)]
        products.create_many(
            instance.context(code),
            [{"title": v["sku"], "status": "published", "variants": [v]} for v in variants],
        )
    basket = Basket([Item(f"A{n}", 1) for n in range(LINES)])
    return instance, {
        code: lambda code=code: quote(instance.context(code), basket)  # type: ignore[misc]
        for code in ("bare", "full")
    }


def answers(instance: Instance) -> Quotes:
    """The same as a whole request: the cart, as the application answers it."""
    app = mount(instance)

    def of_store(code: str) -> Callable[[], object]:
        ctx = instance.context(code)
        cart = carts.create(ctx)
        for number in range(LINES):
            carts.add(ctx, cart, Item(f"A{number}", 1))
        environ = EnvironBuilder(f"/api/v1/{code}/carts/{cart}").get_environ()

        def ask() -> str:
            _, status, _ = run_wsgi_app(app, dict(environ), buffered=True)
            return status

        if ask() != "200 OK":
            raise RuntimeError(f"the cart of {code}: {ask()}")
        return ask

    return {code: of_store(code) for code in ("bare", "full")}


def ratios(quotes: Quotes, rounds: int, each: int = 20) -> list[float]:
    """How much longer `full` takes than `bare`, round by round, in turns; in the processor's time,
    since what else the machine does at the moment is nobody's cost."""

    def seconds(code: str) -> float:
        began = time.thread_time()
        for _ in range(each):
            quotes[code]()
        return time.thread_time() - began

    found = []
    for number in range(rounds):
        order = ["bare", "full"][:: 1 if number % 2 else -1]
        took = {code: seconds(code) for code in order}
        found.append(took["full"] / took["bare"])
    return sorted(found)


def line(what: str, found: list[float], bound: str, met: str) -> str:
    """A row of results.md: the median, and what the middle half of the rounds showed."""
    quarter = len(found) // 4
    middle = f"{found[quarter]:.2f} - {found[-quarter - 1]:.2f}"
    return f"| {what} | {median(found):.2f} | {middle} | {bound} | {met} |"


@click.command()
@click.option("--rounds", default=400, show_default=True)
@click.option("--write/--no-write", default=True, show_default=True)
def main(rounds: int, write: bool) -> None:
    """Print the ratios and keep them in results.md; exit 1 above the bound."""
    with tempfile.TemporaryDirectory() as name:
        instance, quotes = pair(Path(name))
        alone = ratios(quotes, rounds)
        whole = ratios(answers(instance), rounds)
        instance.close()
    good = median(alone) <= BOUND
    section = f"""# {PLUGINS} plugins that return nothing, a cart of {LINES} lines, SQLite, one process

| what | x the same with no plugin | middle half | bound | met |
|---|---|---|---|---|
{line("the quote alone", alone, f"<= {BOUND}", "yes" if good else "no")}
{line("the cart as the application answers it", whole, "", "")}

{rounds} rounds of 20 each way, in turns; the processor's time.
"""
    click.echo(section)
    if write:
        report.put(Path(__file__).parent, "hooks", section)
    raise SystemExit(not good)


if __name__ == "__main__":
    main()
