"""A real server under test: `shop serve` with its workers, on a port of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from shop.testing import SECRET

CONFIG = """
[shop]
database = "{database}"
secret = "{secret}"
mode = "test"
rate_limits = "off"
workers = {workers}
[shop.limits]
unpaid_orders_per_peer = 100000
open_carts = 100000
[stores.orchard]
name = "果园小店"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
"""


class Live:
    """`live.start()`, `live.client()`, `live.stop()`; `live.pids()` are its processes."""

    def __init__(self, folder: Path, database: str, workers: int = 2) -> None:
        self.folder = folder
        text = CONFIG.format(database=database, secret=SECRET, workers=workers)
        (folder / "shop.toml").write_text(text, "utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api/v1/orchard"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, module: str = "shop.cli") -> Live:
        """`module` is run in place of the command line, if a test wants another."""
        command = [sys.executable, "-m", module, "--config", str(self.folder / "shop.toml")]
        self.log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [*command, "serve", "--port", str(self.port)],
            stdout=self.log,
            stderr=self.log,
            cwd=Path(__file__).parent.parent,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{self.output()}")

    def output(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", "replace")

    def client(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **options)  # type: ignore[arg-type]

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it and everything it started; the exit code."""
        assert self.process is not None
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        elif self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(60)
        self.log.close()
        return code


def key() -> dict[str, str]:
    """A header with a fresh Idempotency-Key."""
    return {"Idempotency-Key": secrets.token_hex(16)}


def wanted(sku: str, quantity: int = 1, phone: str = "+8613000000001") -> dict[str, object]:
    """The body of an order in one call."""
    return {
        "lines": [{"sku": sku, "quantity": quantity}],
        "contact": {"name": "王小明", "phone": phone},
    }
