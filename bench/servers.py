"""`python -m bench.servers`: gunicorn's kinds of workers, serving the shop with its own settings.

Each kind in turns: the rate of answers, and what becomes of one customer while others misbehave: a
client that has its answer and does not close, and six that send half a body and then nothing. A kind
that is not installed (gevent) is left out and named.
"""

from __future__ import annotations

import importlib.util
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import click
from rich.console import Console

from bench import data, rates, report, served, workloads
from bench.load import load
from shop.server import Server

KINDS = ("gthread", "sync", "gevent")
WHAT = ("list of 20", "cart of 20 lines, its quote", "checkout in one call, 3 lines")
SECONDS = 4.0
HALF = b"POST /api/v1/orchard/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


class Kind(Server):
    """The shop's server with workers of another kind."""

    def __init__(self, path: Path, port: int, kind: str) -> None:
        self.kind = kind
        super().__init__(path, f"127.0.0.1:{port}", lambda: None)

    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("worker_class", self.kind)


def bystander(port: int) -> list[float]:
    """Milliseconds of each answer that one customer waits for, a connection for each."""
    times, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.perf_counter()
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/v1/orchard/products", headers={"Connection": "close"})
        connection.getresponse().read()
        connection.close()
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.01)
    return sorted(times)


@contextmanager
def misbehaving(port: int, count: int, content: bytes) -> Iterator[None]:
    """So many connections that send this, and neither read, send more nor close; new ones in the
    place of those that the server ends."""
    over = threading.Event()

    def one() -> None:
        while not over.is_set():
            with socket.create_connection(("127.0.0.1", port)) as rude:
                rude.sendall(content)
                rude.settimeout(0.1)
                while not over.is_set():
                    try:
                        if not rude.recv(65536):
                            over.wait(2)  # its end is not answered by ours
                            break
                    except TimeoutError:
                        continue
                    except OSError:
                        break

    threads = [threading.Thread(target=one, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def figures(folder: Path, kind: str, tell: Callable[[str], None]) -> list[str]:
    """The cells of a row: rates against hello, then the slowest answers of the bystander against his
    median when nobody misbehaves."""
    cells = [kind]
    with rates.pinned() as core:
        path = data.make(folder, "all")
        with served.opened(path, "orchard") as ctx:
            facts = data.fill(ctx, 1000, 50)
        hello, port = served.free_port(), served.free_port()
        greet = ["bench.yardsticks", "hello", str(path), str(hello)]
        serve = ["bench.servers", "serve", kind, str(path), str(port)]
        with (
            served.server(greet, hello, folder / "hello.log", core),
            served.server(serve, port, folder / "shop.log", core),
        ):
            known = {workload.name: workload for workload in workloads.of_shop(facts)}
            for what in WHAT:
                tell(f"{kind}: {what}")
                workload, ratios = known[what], []
                for _ in range(4):
                    bare = load(hello, workloads.HELLO.requests(), 200, 1)
                    own = load(port, workload.requests(), workload.due, 1)
                    if own.errors:
                        cells.append(str(dict(own.errors)))
                        break
                    ratios.append(own.rate / bare.rate)
                else:
                    cells.append(f"{median(ratios[1:]):.2f}")
            alone = median(bystander(port))
            closing = (
                b"GET /api/v1/orchard/products HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            half = HALF + b"Idempotency-Key: 0123456789abcdef\r\nContent-Length: 500\r\n\r\n{"
            for count, content in ((0, b""), (1, closing), (6, half)):
                tell(f"{kind}: {count} misbehave")
                with misbehaving(port, count, content):
                    cells.append(f"{bystander(port)[-1] / alone:.0f}")
    return cells


@click.command()
@click.option("--out", default=Path(__file__).parent, type=click.Path(path_type=Path))
@click.option("--write/--no-write", default=True, show_default=True, help="into results.md")
def main(out: Path, write: bool) -> None:
    """Compare gunicorn's kinds of workers."""
    console = Console()
    served.SCRATCH.mkdir(exist_ok=True)
    rows, missing = [], []
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=served.SCRATCH) as name,
        console.status(""),
    ):
        for kind in KINDS:
            if kind == "gevent" and importlib.util.find_spec(kind) is None:
                missing.append(kind)
                continue
            rows.append(figures(Path(name) / kind, kind, lambda words: console.print(words)))
    head = ["workers", *(f"{what}, x hello" for what in WHAT), "slowest answer, nobody else",
            "one that does not close", "six half bodies"]  # fmt: skip
    lines = ["# Kinds of workers, one each, 1,000 products, all bundled plugins, no proxy", ""]
    lines += [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    lines += ["", "The slowest answers are those of one customer who asks for the list now and then, in "
              "medians of what he waits when he is alone. hello is on gthread."]  # fmt: skip
    lines += [f"Not installed, so not measured: {', '.join(missing)}."] if missing else []
    console.print("\n".join(lines), markup=False, soft_wrap=True)
    if write:
        report.put(out, "servers", "\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _, _, kind, path, port = sys.argv
        Kind(Path(path), int(port), kind).run()
    else:
        main()
