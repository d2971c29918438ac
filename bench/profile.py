"""`python -m bench.profile`: what each call costs inside one process, without gunicorn or sockets.

The processor's time of the one thread against a bare Flask view called the same way, and the
number of SQL statements: figures that other programs on the machine disturb little. `--of NAME`
shows instead where the time of one call goes.
"""

from __future__ import annotations

import cProfile
import pstats
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from werkzeug.test import run_wsgi_app

from bench import data, served, workloads, yardsticks
from shop import config, db
from shop.app import create_app

Ask = Callable[[], int]
"""makes one request and answers its status"""


def environ(content: bytes) -> dict[str, Any]:
    """The WSGI environment of a request, given as the load generator sends it."""
    from io import BytesIO
    from urllib.parse import unquote_to_bytes

    head, _, body = content.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    made: dict[str, Any] = {
        "REQUEST_METHOD": method, "PATH_INFO": unquote_to_bytes(path).decode("latin1"),
        "QUERY_STRING": query, "RAW_URI": target, "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(body), "wsgi.url_scheme": "http", "wsgi.errors": None,
        "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }  # fmt: skip
    for line in lines:
        name, _, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        made[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return made


def asker(app: Any, requests: Iterator[bytes]) -> Ask:
    def ask() -> int:
        _, status, _ = run_wsgi_app(app, environ(next(requests)), buffered=True)
        return int(status[:3])

    return ask


def spent(ask: Ask, times: int) -> float:
    """Microseconds of the processor for one call."""
    began = time.thread_time()
    for _ in range(times):
        ask()
    return (time.thread_time() - began) / times * 1e6


def statements(ask: Ask) -> list[str]:
    seen: list[str] = []
    with db.watched(seen.append):
        ask()
    return seen


@click.command()
@click.option("--products", default=10_000, show_default=True, type=click.IntRange(300))
@click.option("--plugins", default="all", type=click.Choice(list(data.PLUGINS)), show_default=True)
@click.option("--database", default="", help="an empty database, postgresql://…; else SQLite")
@click.option("--cache", default=0, show_default=True, help="MiB for answers of the catalogue")
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1))
@click.option("--of", "chosen", default="", help="show where the time of this workload goes")
@click.option("--sql", is_flag=True, help="show the statements of the one workload")
def main(
    products: int, plugins: str, database: str, cache: int, rounds: int, chosen: str, sql: bool
) -> None:
    """What each call costs inside, against a bare Flask view called the same way."""
    console = Console()
    served.SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=served.SCRATCH) as name:
        path = data.make(Path(name), plugins, database, {"shop.limits.catalogue_cache_mib": cache})
        with served.opened(path, "orchard") as ctx:
            facts = data.fill(ctx, products, 500)
        app = create_app(config.load(path))
        hello = asker(yardsticks.hello(path), workloads.HELLO.requests())
        asks = {
            workload.name: (asker(app, workload.requests()), workload.due)
            for workload in workloads.of_shop(facts, lambda: _etag(app))
            if chosen in workload.name
        }
        for workload, (ask, due) in asks.items():
            if (status := ask()) != due:
                raise SystemExit(f"{workload}: {status}")
        if chosen:
            for workload, (ask, _) in asks.items():
                console.rule(workload)
                _where(ask, sql, console)
            return
        table = Table("workload", "x hello's time", "statements")
        spent(hello, 200)
        for workload, (ask, _) in asks.items():
            spent(ask, 20)
            ratios = [spent(ask, 60) / spent(hello, 200) for _ in range(rounds)]
            table.add_row(workload, f"{median(ratios):.2f}", str(len(statements(ask))))
        console.print(table)


def _etag(app: Any) -> str:
    _, _, headers = run_wsgi_app(app, environ(next(workloads.first_page())), buffered=True)
    return headers["ETag"]


def _where(ask: Ask, sql: bool, console: Console) -> None:
    if sql:
        for text in statements(ask):
            console.print(" ".join(text.split())[:200], markup=False, highlight=False)
        return
    profile = cProfile.Profile()
    spent(ask, 50)
    profile.enable()
    spent(ask, 300)
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    main()
