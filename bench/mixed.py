"""An evening of a shop: people browse, fill carts, order, rush for a sale, pay, change their minds;
clerks hand out and refund; the jobs run.

    python -m bench.mixed --minutes 10

Memory must stay flat, every answer must be one that is meant, and the books must be right. Times
are in those of a bare Flask view of the same run.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import click

from bench import data, flash_sale, report, served
from bench.load import load, request
from bench.once import _children, _pss
from bench.report import Fact

API = "/api/v1/orchard"
BUYERS, CLERKS = 4, 2
LIMITS = {
    "shop.limits.unpaid_orders_per_peer": 1_000_000,
    "shop.limits.unpaid_orders": 10_000,
    "shop.limits.open_carts": 1_000_000,
}
MEANT = {"out_of_stock", "sold_out", "over_limit", "not_cancellable", "nothing_waiting"}
"""refusals that belong to such an evening"""
FLAT = 1.1
"""memory of the last fifth against that of the second; the first is warming up"""
Answer = tuple[int, dict[str, Any]]


@dataclass
class Evening:
    """What everyone shares. `pause`: seconds between two deeds of each; `times` are seconds by kind;
    `odd` what was not meant."""

    port: int
    facts: data.Facts
    crowd: flash_sale.Crowd
    until: float
    pause: float = 0.0
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Person:
    """Asks on a connection of his own, one thing after another, until the evening is over."""

    def __init__(self, evening: Evening, seed: int) -> None:
        self.evening, self.chance = evening, random.Random(seed)
        self.owner = {"Authorization": f"Bearer {evening.facts.token}"}
        self.connection = HTTPConnection("127.0.0.1", evening.port, timeout=30)

    def run(self) -> None:
        deeds, weights = zip(*self.deeds(), strict=True)
        while time.monotonic() < self.evening.until:
            try:
                self.chance.choices(deeds, weights)[0]()
            except Exception as error:  # nothing may end the evening unnoticed
                with self.evening.lock:
                    self.evening.odd[f"{type(error).__name__}: {error}"[:120]] += 1
                self.connection.close()
            time.sleep(self.evening.pause)
        self.connection.close()

    def deeds(self) -> list[tuple[Callable[[], None], int]]:
        raise NotImplementedError

    def ask(
        self, kind: str, method: str, path: str, body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        given = {"Content-Type": "application/json", **(headers or {})}
        if method == "POST":
            given.setdefault("Idempotency-Key", secrets.token_hex(16))
        content = None if body is None else json.dumps(body)
        began = time.perf_counter()
        self.connection.request(method, API + path, content, given)
        answer = self.connection.getresponse()
        text = answer.read()
        took = time.perf_counter() - began
        said = json.loads(text) if text else {}
        evening = self.evening
        with evening.lock:
            evening.times[kind].append(took)
            if answer.status >= 400:
                code = str(said.get("code"))
                meant = answer.status < 500 and code in MEANT
                (evening.refused if meant else evening.odd)[f"{kind}: {answer.status} {code}"] += 1
        return answer.status, said

    def order(self, kind: str, lines: list[dict[str, Any]], phone: str) -> None:
        facts = self.evening.facts
        body = {
            "lines": lines,
            "contact": {"name": "王小明", "phone": phone},
            "pickup": {"point": facts.point, "window": facts.window},
        }
        status, made = self.ask(kind, "POST", "/orders", body)
        if status == 201:
            with self.evening.lock:
                self.evening.waiting.append(made)


class Customer(Person):
    def deeds(self) -> list[tuple[Callable[[], None], int]]:
        return [
            (self.browse, 45), (self.look, 25), (self.search, 8), (self.fill_a_cart, 5),
            (self.buy, 6), (self.rush, 3), (self.change_his_mind, 2),
        ]  # fmt: skip

    def browse(self) -> None:
        after = self.chance.choice(["", *self.evening.facts.cursors])
        self.ask("list", "GET", f"/products?limit=20&after={after}" if after else "/products")

    def look(self) -> None:
        self.ask("detail", "GET", f"/products/{self.chance.choice(self.evening.facts.handles)}")

    def search(self) -> None:
        self.ask("search", "GET", "/products?q=%E8%8B%B9%E6%9E%9C")

    def fill_a_cart(self) -> None:
        _, cart = self.ask("cart", "POST", "/carts", {})
        for sku in self.chance.sample(self.evening.facts.skus, 3):
            self.ask("cart", "POST", f"/carts/{cart['id']}/lines", {"sku": sku})
        self.ask("cart", "GET", f"/carts/{cart['id']}")

    def buy(self) -> None:
        skus = self.chance.sample(self.evening.facts.skus, 3)
        self.order(
            "checkout", [{"sku": sku, "quantity": 1} for sku in skus], data.phone(self.chance)
        )

    def rush(self) -> None:
        phone, _ = self.chance.choice(self.evening.crowd.people)
        self.order("rush", [{"sku": flash_sale.SKU, "quantity": 1}], phone)

    def change_his_mind(self) -> None:
        with self.evening.lock:
            mine = self.evening.waiting.pop() if self.evening.waiting else None
        if mine:
            token = {"Authorization": f"Bearer {mine['token']}"}
            self.ask("cancel", "POST", f"/orders/{mine['number']}/cancel", {}, token)


class Clerk(Person):
    def deeds(self) -> list[tuple[Callable[[], None], int]]:
        return [(self.serve, 8), (self.look_through, 2)]

    def look_through(self) -> None:
        self.ask("orders", "GET", "/admin/orders?limit=50", headers=self.owner)

    def serve(self) -> None:
        """The next customer pays, sometimes brings something back, and fetches the rest."""
        with self.evening.lock:
            order = self.evening.waiting.pop(0) if self.evening.waiting else None
        if order is None:
            time.sleep(0.02)
            return
        path = f"/admin/orders/{order['number']}"
        paid = {"provider": "manual", "method": "at_pickup", "amount": order["balance"]}
        if order["balance"]:
            self.ask("pay", "POST", f"{path}/payments", paid, self.owner)
        if self.chance.random() < 0.2:
            lines = [{"line": order["lines"][0]["id"], "quantity": 1}]
            back = {"lines": lines, "reason": "soft", "restock": "restore"}
            self.ask("refund", "POST", f"{path}/refunds", back, self.owner)
        code = order["pickup"]["code"]
        self.ask("hand-out", "POST", f"/admin/pickups/{code}/hand-out", {}, self.owner)


def watch(evening: Evening, folder: Path, every: float) -> None:
    """MiB of all processes of the server (the proportional share), again and again."""
    master = int((folder / "server.pid").read_text())
    while time.monotonic() < evening.until:
        try:
            evening.memory.append(sum(map(_pss, [master, *_children(master)])))
        except OSError:
            evening.odd["a worker ended"] += 1
        time.sleep(every)


def spend(
    folder: Path,
    minutes: float,
    products: int,
    database: str = "",
    pause: float = 0.0,
    people: int = 1000,
) -> tuple[Evening, float, str]:
    """An evening; seconds of the yardstick's median answer; what fsck says."""
    path = data.make(folder, "all", database, {"shop.workers": 2} | LIMITS)
    with served.opened(path, "orchard") as ctx:
        facts = data.fill(ctx, products, 50)
        crowd = flash_sale.prepare(ctx, 500, people)
    port = served.free_port()
    with served.server(
        ["bench.yardsticks", "hello", str(path), str(port)], port, folder / "hello.log"
    ):
        hello = load(port, iter(lambda: request("GET", "/"), b""), 200, 2.0, BUYERS + CLERKS)
    with served.shop(path, folder / "shop.log") as port:
        evening = Evening(port, facts, crowd, time.monotonic() + minutes * 60, pause)
        people = [Customer(evening, seed) for seed in range(BUYERS)]
        people += [Clerk(evening, 100 + seed) for seed in range(CLERKS)]
        threads = [threading.Thread(target=person.run) for person in people]
        for thread in threads:
            thread.start()
        watch(evening, path.parent, max(0.5, minutes * 60 / 120))
        for thread in threads:
            thread.join()
    clean, words = served.fsck(path)
    if not clean:
        evening.odd["fsck"] += 1
    log = (folder / "shop.log").read_text("utf-8", "replace")
    evening.odd.update(re.findall(r'"event":"(?:unexpected error|plugin failed)"', log))
    return evening, hello.quantile(0.5), words


def growth(memory: list[float]) -> float:
    """The last fifth against the second."""
    fifth = max(1, len(memory) // 5)
    before, last = memory[fifth : 2 * fifth], memory[-fifth:]
    return (sum(last) / len(last)) / (sum(before) / len(before))


def facts_of(evening: Evening, base: float) -> list[Fact]:
    found = [Fact("memory, the last fifth against the second", [growth(evening.memory)], FLAT)]
    for kind, times in sorted(evening.times.items()):
        times = sorted(times)
        p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
        found.append(Fact(f"{kind}: p99, x hello's p50 ({len(times):,} answers)", [p99 / base]))
        found.append(Fact(f"{kind}: p50, x hello's p50", [p50 / base]))
    return found


@click.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--products", default=2000, show_default=True, type=click.IntRange(300, 1_000_000))
@click.option("--database", default="", help="an empty database, postgresql://…; else SQLite")
@click.option("--out", default=Path(__file__).parent, type=click.Path(path_type=Path))
@click.option("--write/--no-write", default=True, show_default=True, help="into results.md")
def main(minutes: float, products: int, database: str, out: Path, write: bool) -> None:
    """Load a shop with all that happens in one; fails if anything odd was answered."""
    served.SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mixed-", dir=served.SCRATCH) as name:
        evening, base, words = spend(Path(name), minutes, products, database)
    kind = "PostgreSQL" if database else "SQLite"
    answers = sum(map(len, evening.times.values()))
    section = report.facts_markdown(
        facts_of(evening, base),
        f"{minutes:g} minutes of mixed traffic, {kind}, two workers",
        f"{answers:,} answers, of which {sum(evening.refused.values()):,} refusals that are meant "
        f"(sold out, over a limit), {sum(evening.odd.values())} others; fsck: {words}",
    )
    click.echo(section)
    if write:
        report.put(out, f"mixed {kind}", section)
    if evening.odd or growth(evening.memory) > FLAT:
        sys.exit(f"not as it should be: {dict(evening.odd)}")


if __name__ == "__main__":
    main()
