"""`python -m bench.flash_sale`: many want a few units at once, through HTTP and several workers.

1,000 units, one for each customer, 20,000 attempts by 2,000 customers, half of them now as guests and
now signed in. Afterwards exactly 1,000 must be sold, to 1,000 customers, and the books must say so;
else the exit code is 1. `--unguarded` takes the guards away, to show that this can fail.
"""

from __future__ import annotations

import random
import secrets
import selectors
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from bench import data, report, served
from bench.load import PATIENCE, Client, load, request
from bench.workloads import API, HELLO
from shop import db
from shop.catalog import products
from shop.context import Context
from shop.loading import discovery
from shop.ops import fsck
from shop.people import accounts, auth, identity

SKU, NORMAL, PRICE = "SCARCE", 1000, 100
HOURS = 3_600_000_000
KEYS = {
    "shop.trusted_proxies": 1,
    "shop.workers": 2,
    "shop.limits.unpaid_orders": 1000,
    "stores.orchard.plugins.flash_sale.prepay": False,
}
SOLD = "SELECT COUNT(*), COUNT(DISTINCT customer_id) FROM orders WHERE store = ? AND state <> 'cancelled'"
GAVE_WAY = "SELECT COUNT(*) FROM orders WHERE store = ? AND cancel_reason = ?"
LEFT = "SELECT pool, on_hand FROM stock WHERE store = ? ORDER BY pool"
CLAIMED = """
SELECT COUNT(*), COALESCE(MAX(used), 0), COALESCE(SUM(used), 0) FROM counter
WHERE store = ? AND name LIKE 'flash_sale:customer:%' AND used > 0"""


@dataclass
class Crowd:
    """The sale and who wants it: (phone, token) of each customer."""

    sale: int
    people: list[tuple[str, str]]


@dataclass
class Outcome:
    """`sold_out` is seconds until the last 201, `after` the seconds of what came then."""

    statuses: Counter[int] = field(default_factory=Counter)
    sold_out: float = 0.0
    after: float = 0.0
    refused_after: int = 0
    errors: Counter[str] = field(default_factory=Counter)


def prepare(ctx: Context, units: int, customers: int, spare: int = 500) -> Crowd:
    """A product with `spare` units beside those of the sale, which runs; and its customers."""
    from shop_plugins.flash_sale import sales

    variant = {"sku": SKU, "price": NORMAL, "stock": units + spare}
    products.create(ctx, {"title": "Scarce", "status": "published", "variants": [variant]})
    item = {"sku": SKU, "price": PRICE, "quantity": units}
    facts = {"name": "Rush", "ends": ctx.now_us + 6 * HOURS, "per_customer": 1, "items": [item]}
    sale = sales.create(ctx, facts)
    people = []
    with db.transaction():
        for number in range(customers):
            phone = f"+861391{number:07}"
            customer, _ = accounts.find_or_make(ctx, phone, "Wang")
            people.append((phone, auth.issue(ctx, customer=customer, scopes=auth.CUSTOMER_SCOPES)))
    return Crowd(sale.id, people)


def attempts(crowd: Crowd, total: int, seed: int = 1) -> list[bytes]:
    """Requests in any order; customers try equally often, every second time signed in."""
    chance = random.Random(seed)
    made = []
    for number in range(total):
        phone, token = crowd.people[number % len(crowd.people)]
        signed_in = number // len(crowd.people) % 2
        body = {
            "lines": [{"sku": SKU, "quantity": 1}],
            "contact": {"name": "王小明", "phone": phone},
        }
        headers = {
            "Idempotency-Key": secrets.token_hex(16),
            "X-Forwarded-For": f"10.{chance.randrange(256)}.{chance.randrange(256)}.1",
            **({"Authorization": f"Bearer {token}"} if signed_in else {}),
        }
        made.append(request("POST", f"{API}/orders", headers, body))
    chance.shuffle(made)
    return made


def rush(port: int, wanted: list[bytes], clients: int = 16) -> Outcome:
    """Send all of them, so many at a time."""
    outcome, queue = Outcome(), iter(wanted)
    ends: list[tuple[float, int]] = []
    poll = selectors.DefaultSelector()
    began, open_ = perf_counter(), 0
    for client in [Client(port) for _ in range(min(clients, len(wanted)))]:
        poll.register(client.socket, selectors.EVENT_READ, client)
        client.ask(next(queue))
        open_ += 1
    while open_:
        ready = poll.select(PATIENCE)
        if not ready:
            outcome.errors["no answer"] += open_
            break
        for key, _ in ready:
            client = key.data
            try:
                if not client.read():
                    continue
                ends.append((perf_counter() - began, client.status))
                if (following := next(queue, None)) is not None:
                    client.ask(following)
                    continue
            except OSError as error:
                outcome.errors[str(error)] += 1
            poll.unregister(client.socket)
            client.socket.close()
            open_ -= 1
    poll.close()
    outcome.statuses = Counter(status for _, status in ends)
    outcome.sold_out = max((at for at, status in ends if status == 201), default=0.0)
    outcome.refused_after = sum(at > outcome.sold_out for at, _ in ends)
    outcome.after = ends[-1][0] - outcome.sold_out if ends else 0.0
    return outcome


def wrong(ctx: Context, crowd: Crowd, units: int, outcome: Outcome, spare: int = 500) -> list[str]:
    """What is not as it must be, a line each."""
    found = [f"{count} times {words}" for words, count in outcome.errors.items()]
    odd = set(outcome.statuses) - {201, 409, 422}
    found += [f"{outcome.statuses[status]} answers {status}" for status in sorted(odd)]
    sold, buyers = db.row(SOLD, ctx.code) or (0, 0)
    if (sold, buyers) != (units, units):
        found.append(f"{sold} sold to {buyers} customers, not {units} to {units}")
    gave_way = db.value(GAVE_WAY, ctx.code, identity.REASON)  # to the same customer, signed in
    if outcome.statuses[201] != sold + gave_way:
        told = f"{outcome.statuses[201]} were told that they have one of {sold}"
        found.append(f"{told}, and {gave_way} orders gave way")
    stock = dict(db.rows(LEFT, ctx.code))
    if stock != {"main": spare, f"flash_sale:{crowd.sale}": 0}:
        found.append(f"left in stock: {stock}")
    if (claimed := db.row(CLAIMED, ctx.code)) != (units, 1, units):
        found.append(f"counters, their greatest, their sum: {claimed}")
    if db.is_postgres():
        db.run("ANALYZE")  # as autovacuum would have done by now: fsck reads every row
    return found + [f"{f.row}: {f.message}" for f in fsck.run(ctx)[:5]]


def remove_guards() -> None:
    """Stock and limit read first and written afterwards, nobody waiting for a customer's row; and
    the limit as the quote saw it is not looked at."""
    from shop.errors import Conflict
    from shop.stock import claims, movements, stock

    discovery.namespace()
    from shop_plugins.flash_sale import limits

    def take(ctx: Context, units: Any, order_id: int) -> None:
        for variant, pool, count in units:
            left = db.value("SELECT on_hand FROM stock WHERE variant_id = ? AND pool = ?", variant, pool)  # fmt: skip
            if left < count:
                raise Conflict("sold_out", left=left)
            db.change(
                "UPDATE stock SET on_hand = ? WHERE variant_id = ? AND pool = ?",
                left - count, variant, pool,
            )  # fmt: skip
            movements.book(ctx, [(variant, pool, -count)], "order", "", order_id)

    stock.take = take  # type: ignore[assignment]
    claims.claim = lambda *args, **facts: None  # type: ignore[assignment]
    limits.check_quote = lambda ctx, quote: []  # type: ignore[assignment]
    db.lock_row = lambda table, row_id: None  # type: ignore[assignment]


def drill(
    folder: Path,
    database: str = "",
    units: int = 1000,
    customers: int = 2000,
    total: int = 20_000,
    workers: int = 2,
    unguarded: bool = False,
) -> tuple[Outcome, dict[str, float], list[str]]:
    """Make a shop in a new `folder`, rush it, look: (outcome, figures as ratios, what is wrong)."""
    keys = KEYS | {"shop.workers": workers} | ({"shop.database": database} if database else {})
    path = served.make(folder, "orchard", data.STORE, keys)
    with served.opened(path, "orchard") as ctx:
        crowd = prepare(ctx, units, customers)
    wanted = attempts(crowd, total)
    with ExitStack() as stack:
        hello_port, port = served.free_port(), served.free_port()
        hello = ["bench.yardsticks", "hello", str(path), str(hello_port)]
        stack.enter_context(served.server(hello, hello_port, folder / "hello.log"))
        module = ["bench.flash_sale", "unguarded"] if unguarded else ["shop.cli"]
        command = [*module, "--config", str(path), "serve", "--port", str(port)]
        stack.enter_context(served.server(command, port, folder / "shop.log"))
        rates = [_hello(hello_port)]
        outcome = rush(port, wanted)
        rates.append(_hello(hello_port))
    served.run_jobs(path)
    with served.opened(path, "orchard") as ctx:
        found = wrong(ctx, crowd, units, outcome)
    return outcome, _ratios(outcome, median(rates), units), found


def _hello(port: int, seconds: float = 2.0) -> float:
    return load(port, HELLO.requests(), HELLO.due, seconds, 16).rate


def _ratios(outcome: Outcome, hello: float, units: int) -> dict[str, float]:
    before = sum(outcome.statuses.values()) - outcome.refused_after
    return {
        "orders until sold out, x hello": units / outcome.sold_out / hello if units else 0,
        "attempts until sold out, x hello": before / outcome.sold_out / hello,
        "time to sell out, in hellos per unit": outcome.sold_out * hello / units,
        "rejections after it, x hello": outcome.refused_after / max(outcome.after, 1e-9) / hello,
    }


def _section(title: str, figures: dict[str, list[float]], answers: int) -> str:
    lines = [f"# {title}", "", "| figure | median | spread |", "|---|---|---|"]
    for name, values in figures.items():
        spread = f"{min(values):.2f} - {max(values):.2f}"
        lines.append(f"| {name} | {median(values):.2f} | {spread} |")
    lines += ["", f"{answers:,} attempts; each time exactly as many were sold as there were."]
    return "\n".join(lines) + "\n"


def _folders() -> Iterator[Path]:
    scratch = served.ROOT / "var"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=scratch) as name:
        number = 0
        while True:
            number += 1
            yield Path(name) / str(number)


@click.command()
@click.option("--units", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--customers", default=2000, show_default=True, type=click.IntRange(2))
@click.option("--attempts", "total", default=20_000, show_default=True, type=click.IntRange(1))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1, 20))
@click.option("--database", default="", help="an empty database, postgresql://…; else SQLite")
@click.option("--unguarded", is_flag=True, help="without the guards: it should fail")
@click.option("--out", default=Path(__file__).parent, type=click.Path(path_type=Path))
@click.option("--write/--no-write", default=True, show_default=True, help="into results.md")
def main(rounds: int, database: str, out: Path, write: bool, **facts: Any) -> None:
    """Rush a flash sale, and say how long it took in ratios to a bare Flask view."""
    console = Console()
    rounds = 1 if database else rounds  # one database is empty once
    figures: dict[str, list[float]] = {}
    answers, folders = 0, _folders()
    with Progress(console=console, transient=True) as bars:
        bar = bars.add_task("rushing", total=rounds)
        for _ in range(rounds):
            outcome, ratios, found = drill(next(folders), database, **facts)
            answers += sum(outcome.statuses.values())
            for name, value in ratios.items():
                figures.setdefault(name, []).append(value)
            bars.advance(bar)
            if found:
                console.print("\n".join(found), markup=False)
                sys.exit(1)
    folders.close()  # type: ignore[attr-defined]
    kind = "PostgreSQL" if database else "SQLite, synchronous=FULL"
    title = (
        f"Flash sale: {facts['units']:,} units, {facts['total']:,} attempts by "
        f"{facts['customers']:,} customers, {kind}, {facts['workers']} workers, 16 clients"
    )
    section = _section(title, figures, answers)
    console.print(section, markup=False)
    if write and not facts["unguarded"]:
        report.put(out, f"flash_sale {kind.split(',')[0]}", section)


if __name__ == "__main__":
    if sys.argv[1:2] == ["unguarded"]:
        from shop.cli import main as shop_main

        remove_guards()
        del sys.argv[1]
        shop_main()
    else:
        main()
