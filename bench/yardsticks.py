"""What the shop is measured against: a bare Flask view and a bare WSGI callable, served by the very
gunicorn settings of `shop serve`.

    python -m bench.yardsticks hello shop.toml 8001
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flask import Flask

from shop.server import Server


def hello() -> Any:
    app = Flask("hello")

    @app.get("/")
    def greet() -> dict[str, str]:
        return {"hello": "world"}

    return app


def wsgi() -> Any:
    body = b'{"hello": "world"}\n'

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return app


class Yardstick(Server):
    """The shop's server with another application, which has no jobs and no metrics."""

    def __init__(self, path: Path, port: int, app: Any) -> None:
        self.app = app
        super().__init__(path, f"127.0.0.1:{port}", lambda: None)

    def load_config(self) -> None:
        super().load_config()
        for name in ("when_ready", "child_exit", "worker_exit"):
            self.cfg.set(name, self.cfg.settings[name].default)
        self.cfg.set("post_worker_init", lambda worker: None)

    def load(self) -> Any:
        return self.app


if __name__ == "__main__":
    name, path, port = sys.argv[1:]
    Yardstick(Path(path), int(port), {"hello": hello, "wsgi": wsgi}[name]()).run()
