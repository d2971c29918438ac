"""`python -m bench.hooks`: what ten plugins that return nothing cost a quote of 20 lines.

In one process, in turns: the same cart with no plugin and with ten, many times; the median of the
ratios. The design's bound is 1.3.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click

from shop.config import parse
from shop.context import Context
from shop.hooks import hookimpl
from shop.instance import Instance
from shop.plugin import Plugin
from shop.services import products, schema
from shop.services.quote import Basket, Item, quote

LINES, PLUGINS, BOUND = 20, 10, 1.3
CONFIG = """
[shop]
database = "sqlite:///{folder}/shop.db"
secret = "bench-only-0123456789-0123456789-abcdef"
mode = "test"
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


def pair(folder: Path) -> tuple[Instance, dict[str, Callable[[], object]]]:
    """An instance, and by store a function that quotes the same cart in it: `bare` has no plugin,
    `full` has them all."""
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


def ratio(quotes: dict[str, Callable[[], object]], rounds: int, each: int = 20) -> float:
    """How much longer `full` takes than `bare`: the median of rounds, in turns."""

    def seconds(code: str) -> float:
        began = time.perf_counter()
        for _ in range(each):
            quotes[code]()
        return time.perf_counter() - began

    found = []
    for number in range(rounds):
        order = ["bare", "full"][:: 1 if number % 2 else -1]
        took = {code: seconds(code) for code in order}
        found.append(took["full"] / took["bare"])
    return median(found)


@click.command()
@click.option("--rounds", default=200, show_default=True)
def main(rounds: int) -> None:
    """Print the ratio; exit 1 above the bound."""
    with tempfile.TemporaryDirectory() as name:
        instance, quotes = pair(Path(name))
        found = ratio(quotes, rounds)
        instance.close()
    click.echo(f"{found:.2f} of the same without plugins (bound {BOUND})")
    raise SystemExit(found > BOUND)


if __name__ == "__main__":
    main()
