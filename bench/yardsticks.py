"""What the shop is measured against: a bare Flask view, a bare WSGI callable, and a Flask view that
commits one row to the disk, all served by the very gunicorn settings of `shop serve`.

    python -m bench.yardsticks hello shop.toml 8001
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from shop.server import Server


def hello(folder: Path) -> Any:
    app = Flask("hello")

    @app.get("/")
    def greet() -> dict[str, str]:
        return {"hello": "world"}

    return app


def wsgi(folder: Path) -> Any:
    body = b'{"hello": "world"}\n'

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return app


def commit(folder: Path) -> Any:
    """As durable as the shop: WAL, synchronous=FULL. Its writers queue, as the shop's do."""
    app, turn = Flask("commit"), threading.Lock()
    path = folder / "commit.db"
    base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA journal_mode = wal")
    base.execute("PRAGMA synchronous = full")
    base.execute("CREATE TABLE IF NOT EXISTS entry (words TEXT)")

    @app.get("/")
    def enter() -> dict[str, str]:
        with turn:
            base.execute("INSERT INTO entry VALUES ('hello')")
        return {"hello": "world"}

    return app


class Yardstick(Server):
    """The shop's server with another application, which has no jobs and no metrics. `make` makes
    it after the fork."""

    def __init__(self, path: Path, port: int, make: Callable[[Path], Any]) -> None:
        self.make = make
        super().__init__(path, f"127.0.0.1:{port}", lambda: None)

    def load_config(self) -> None:
        super().load_config()
        for name in ("when_ready", "child_exit", "worker_exit"):
            self.cfg.set(name, self.cfg.settings[name].default)
        self.cfg.set("post_worker_init", lambda worker: None)

    def load(self) -> Any:
        return self.make(self.path.parent)


if __name__ == "__main__":
    name, path, port = sys.argv[1:]
    Yardstick(Path(path), int(port), {"hello": hello, "wsgi": wsgi, "commit": commit}[name]).run()
