"""What is done once, or seldom: a start, another worker, a sheet of 5,000 orders, a large import."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from bench import data, served
from bench.rates import pinned
from shop.catalog.importing import import_products

FLASK = "import flask"
START = """
import pathlib, sys
from shop import config
from shop.app import create_app
create_app(config.load(pathlib.Path(sys.argv[1])))"""
EMPTY = "pass"
COLUMNS = (
    "Handle", "Title", "Status", "Variant SKU", "Variant Price", "Variant Inventory Qty",
)  # fmt: skip


def start(folder: Path, rounds: int) -> list[float]:
    """Making the app of a shop with 20 plugins, in times of importing Flask; a bare start of Python
    is taken off both."""
    path = data.make(folder, "twenty")
    with served.opened(path, "orchard"):
        pass

    def seconds(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, cwd=served.ROOT)
        return time.perf_counter() - began

    seconds(START)
    found = []
    for _ in range(rounds):
        bare = seconds(EMPTY)
        found.append((seconds(START) - bare) / (seconds(FLASK) - bare))
    return found


def memory(folder: Path) -> float:
    """MiB that a second worker adds: the proportional share (PSS) of all processes with two, less
    that with one, each after it has answered."""
    found = []
    for workers in (1, 2):
        path = data.make(folder / str(workers), "all", keys={"shop.workers": workers})
        with served.opened(path, "orchard") as ctx:
            data.fill(ctx, 1000, 20)
        with served.shop(path, folder / f"{workers}.log") as port:
            for _ in range(60):
                connection = HTTPConnection("127.0.0.1", port)
                connection.request("GET", "/api/v1/orchard/products")
                connection.getresponse().read()
                connection.close()
            master = int((path.parent / "server.pid").read_text())
            found.append(sum(map(_pss, [master, *_children(master)])))
    return found[1] - found[0]


def _children(pid: int) -> list[int]:
    return [int(i) for i in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _pss(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024  # type: ignore[index]


def sheet(folder: Path, orders: int, rounds: int) -> list[float]:
    """The first byte of the pickup sheet of so many orders, in times of a bare Flask view's answer."""
    path = data.make(folder, "all", keys={"shop.limits.unpaid_orders": 100_000})
    with served.opened(path, "orchard") as ctx:
        facts = data.fill(ctx, 1000, orders)
    hello = served.free_port()
    with pinned() as core, served.shop(path, folder / "sheet.log", core) as port:
        command = ["bench.yardsticks", "hello", str(path), str(hello)]
        with served.server(command, hello, folder / "hello.log", core):
            address = f"/api/v1/orchard/admin/sheets?point=north&window={facts.window}"
            headers = {"Authorization": f"Bearer {facts.token}"}
            found = []
            for _ in range(rounds + 1):
                bare = median(_first_byte(hello, "/", {}) for _ in range(50))
                found.append(_first_byte(port, address, headers) / bare)
    return found[1:]


def _first_byte(port: int, address: str, headers: dict[str, str]) -> float:
    connection = HTTPConnection("127.0.0.1", port)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    answer.read(1)
    taken = time.perf_counter() - began
    if answer.status != 200:
        raise SystemExit(f"{address}: {answer.status}")
    answer.read()
    connection.close()
    return taken


def imported(folder: Path, products: int) -> tuple[float, int]:
    """Rows a second in the last tenth of an import against the first, and the rows a second of it all."""
    folder.mkdir(parents=True)
    file = folder / "products.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        for n in range(products):
            rows.writerow((f"p{n}", f"苹果 {n}", "active", f"P{n}", "12.50", 7))
    path = data.make(folder, "all")
    times: dict[str, list[tuple[float, int]]] = {}
    with served.opened(path, "orchard") as ctx:
        began = time.perf_counter()
        report = import_products(
            ctx, file,
            progress=lambda step, done, total: times.setdefault(step, []).append(
                (time.perf_counter(), done)
            ),
        )  # fmt: skip
        whole = time.perf_counter() - began
    if report.created != products:
        raise SystemExit(f"{report.created} of {products} were taken in")
    writing = times["writing"]

    def rate(part: list[tuple[float, int]]) -> float:
        return (part[-1][1] - part[0][1]) / (part[-1][0] - part[0][0])

    tenth = max(2, len(writing) // 10)
    return rate(writing[-tenth:]) / rate(writing[:tenth]), round(products / whole)
