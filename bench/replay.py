"""Replays days of real invoices through HTTP, and proves the books to the penny.

    python bench/replay.py DAY.csv …                    starts a shop of its own and checks it whole
    python bench/replay.py DAY.csv … --url http://127.0.0.1:8000/api/v1/orchard --token st_…

A shop that is given by --url needs limits as wide as `LIMITS`. Exit code 1 if anything differs.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import httpx
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench import books, invoices, served
from bench.books import SPARE, Document, Outcome, Shop
from bench.invoices import Plan, Refund, Row, Sale

STORE = {"name": "Replay", "currency": "GBP", "timezone": "Europe/London", "locale": "en"}
LIMITS = {
    "shop.limits.lines": 2000,
    "shop.limits.quantity": 1_000_000,
    "shop.limits.unpaid_orders": 1000,
    "shop.limits.unpaid_orders_per_peer": 1_000_000,
}
PER_PRODUCT = 100
"""variants"""

Track = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""(work, its name, how many) -> the work, with its progress shown"""


def run(
    shop: Shop, paths: list[Path], pool: Executor, seed: int = 1, track: Track | None = None
) -> Outcome:
    """Set up the goods, replay day by day, and compare what the shop says of it afterwards."""
    follow: Track = track or (lambda work, *_: work)
    outcome = Outcome(invoices.plan(invoices.read(paths), seed))
    plan, goods = outcome.plan, list(products(outcome.plan))

    def each(call: Callable[[Any], Document], work: list[Any], name: str) -> list[Document]:
        return list(follow(pool.map(call, work), name, len(work)))

    each(lambda product: shop.post("/admin/products", product), goods, "goods")
    for day, sales in by_day(plan.sales).items():
        placed = each(lambda sale: sell(shop, sale), sales, f"sales of {day}")
        outcome.orders |= {s.invoice: order for s, order in zip(sales, placed, strict=True)}
    each(lambda due: refund(shop, outcome.orders, due), plan.refunds, "refunds")
    books.check(shop, outcome, paths, pool)
    return outcome


def by_day(sales: list[Sale]) -> dict[str, list[Sale]]:
    days = defaultdict(list)
    for sale in sales:
        days[sale.rows[0].at.partition(" ")[0]].append(sale)
    return days


def products(plan: Plan) -> Iterable[Document]:
    """A product per code, a variant per price it was sold at, with the units that will be sold."""
    sold: Counter[str] = Counter()
    first: dict[str, Row] = {}
    for sale in plan.sales:
        for row in sale.rows:
            first.setdefault(row.sku, row)
            sold[row.sku] += row.quantity
    codes = defaultdict(list)
    for row in first.values():
        codes[row.code].append(row)
    for code, rows in codes.items():
        for start in range(0, len(rows), PER_PRODUCT):
            some = rows[start : start + PER_PRODUCT]
            yield {
                "title": next((row.title for row in some if row.title), code),
                "status": "published",
                "options": [{"name": "Price"}] if len(some) > 1 else [],
                "variants": [_variant(row, sold[row.sku], len(some) > 1) for row in some],
            }


def _variant(row: Row, units: int, has_option: bool) -> Document:
    stock = {"stock": units + SPARE} if row.is_goods else {"tracked": False}
    options = [f"{row.price:.2f}"] if has_option else []
    return {"sku": row.sku, "price": books.pence(row.price), "options": options} | stock


def sell(shop: Shop, sale: Sale) -> Document:
    """The order of a guest, paid at pickup; the answer to the guest."""
    body = {
        "lines": [{"sku": row.sku, "quantity": row.quantity} for row in sale.rows],
        "contact": {"name": sale.name, "phone": sale.phone},
        "expected_total": books.pence(sale.total),
        "note": f"Invoice {sale.invoice}",
    }
    order = shop.post("/orders", body, as_owner=False)
    if order["total"]:
        payment = {"method": "at_pickup", "amount": order["total"], "reference": sale.invoice}
        shop.post(f"/admin/orders/{order['number']}/payments", payment)
    return order


def refund(shop: Shop, orders: dict[str, Document], due: Refund) -> Document:
    order = orders[due.invoice]
    line = {"line": order["lines"][due.place]["id"], "quantity": due.units}
    body = {"lines": [line], "reason": due.reason, "restock": due.restock}
    return shop.post(f"/admin/orders/{order['number']}/refunds", body)


# -- the command -----------------------------------------------------------------------------


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--url", help="a store's API that is served already; else a shop is started")
@click.option("--token", envvar="SHOP_TOKEN", help="of the owner of that store")
@click.option("--config", type=click.Path(path_type=Path), help="its shop.toml, for fsck")
@click.option("--seed", default=1, show_default=True, help="chooses the tenth that is refunded")
@click.option("--threads", default=4, show_default=True)
def main(
    files: tuple[Path, ...],
    url: str | None,
    token: str | None,
    config: Path | None,
    seed: int,
    threads: int,
) -> None:
    """Replay invoice days and compare every total."""
    if url and token:
        sys.exit(_replay(url, token, config, list(files), seed, threads))
    if url or token or config:
        raise click.UsageError("a shop that is served already needs --url and --token")
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        path = served.make(Path(folder) / "shop", "replay", STORE, LIMITS)
        with served.opened(path, "replay") as ctx:
            token = served.owner_token(ctx)
        with served.shop(path, Path(folder) / "server.log") as port:
            url = f"http://127.0.0.1:{port}/api/v1/replay"
            sys.exit(_replay(url, token, path, list(files), seed, threads))


def _replay(
    url: str, token: str, config: Path | None, files: list[Path], seed: int, threads: int
) -> int:
    """Run, print the report, run fsck; the exit code."""
    console, began = Console(), perf_counter()
    with (
        httpx.Client(base_url=url, timeout=120) as client,
        ThreadPoolExecutor(threads) as pool,
        Progress(console=console) as bars,
    ):
        outcome = run(
            Shop(client, token), files, pool, seed,
            lambda work, name, total: bars.track(work, total, description=name),
        )  # fmt: skip
    show(console, outcome, perf_counter() - began)
    if config:
        clean, words = served.fsck(config)
        console.print(f"fsck: {words}", markup=False)
        return int(not clean or bool(outcome.faults))
    console.print("fsck: not run, it needs --config")
    return int(bool(outcome.faults))


def show(console: Console, outcome: Outcome, seconds: float) -> None:
    odd = Table("rows", "kind", title="Odd rows", title_justify="left")
    for kind, count in sorted(outcome.plan.odd.items(), key=lambda item: -item[1]):
        if count:
            odd.add_row(f"{count:,}", kind)
    console.print(odd)
    sums = Table("", "from the files", "from the shop", "", title="Books", title_justify="left")
    for what, due, found in outcome.rows:
        mark = "[green]equal[/green]" if due == found else "[red]differs[/red]"
        sums.add_row(what, f"{due:,}", f"{found:,}", mark)
    console.print(sums)
    for fault in outcome.faults[:20]:
        console.print(f"[red]{fault}[/red]", highlight=False)
    lines = sum(len(sale.rows) for sale in outcome.plan.sales)
    console.print(
        f"{len(outcome.plan.sales):,} invoices, {lines:,} lines, "
        f"{len(outcome.plan.refunds):,} refunds in {seconds:.0f} s; {len(outcome.faults)} faults",
        highlight=False,
    )


if __name__ == "__main__":
    main()
