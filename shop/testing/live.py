"""A real server under test: `shop serve` with its workers, on a port of its own.

    live = Live(tmp_path, database_url, stores_toml="[stores.orchard.plugins.sandbox_pay]").start()
    live.client().get("/products")
    live.stop()

The database is that of the fixture `shop`, so a test looks at what the server did through it.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import tomlkit

from shop.loading import discovery
from shop.testing.settings import CONFIG, SECRET

FOLDER = Path(__file__).parent.parent.parent
LIMITS = "[shop.limits]\nunpaid_orders_per_peer = 100000\nopen_carts = 100000\n"


class Live:
    """`live.start()`, `live.client()`, `live.stop()`; `live.workers()` are its processes. `folder`
    gets its shop.toml, to which `stores_toml` is added."""

    def __init__(
        self, folder: Path, database: str, workers: int = 2, stores_toml: str = ""
    ) -> None:
        self.folder, self.path = folder, folder / "shop.toml"
        text = CONFIG.format(database=database, secret=SECRET, stores=f"{stores_toml}\n{LIMITS}")
        document = tomlkit.parse(text)
        document["shop"]["workers"] = workers  # type: ignore[index]
        document["shop"]["plugins"] = [str(place) for place in discovery.under_test]  # type: ignore[index]
        self.path.write_text(tomlkit.dumps(document), "utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.address}/api/v1/orchard"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}
        """of its processes, beside the test's own"""

    def start(self, module: str = "shop.cli") -> Live:
        """`module` is run in place of the command line, if a test wants another."""
        self.begin(module)
        self.wait()
        return self

    def begin(self, module: str = "shop.cli") -> None:
        """`start`, without waiting until it answers."""
        self.log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            self.command("serve", "--port", str(self.port), module=module),
            stdout=self.log,
            stderr=self.log,
            cwd=FOLDER,
            env=os.environ | self.environment,
            start_new_session=True,
        )

    def command(self, *words: str, module: str = "shop.cli") -> list[str]:
        """`shop …` on its shop.toml, for another process of the test's own."""
        return [sys.executable, "-m", module, "--config", str(self.path), *words]

    def wait(self, seconds: float = 180) -> None:
        """Until it answers."""
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.address}/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{self.output()}")

    def output(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", "replace")

    def client(self, keep_alive: bool = False, **options: Any) -> httpx.Client:
        """Each request on a connection of its own, so that threads may share it: one that a thread
        finds closed by the server must not be another's."""
        if not keep_alive:
            options.setdefault("limits", httpx.Limits(max_keepalive_connections=0))
        return httpx.Client(base_url=self.url, timeout=180, **options)

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
        code = self.process.wait(180)
        self.log.close()
        return code


def key() -> dict[str, str]:
    """A header with a fresh Idempotency-Key."""
    return {"Idempotency-Key": secrets.token_hex(16)}


def wanted(sku: str, quantity: int = 1, phone: str = "+8613000000001") -> dict[str, Any]:
    """The body of an order in one call."""
    return {
        "lines": [{"sku": sku, "quantity": quantity}],
        "contact": {"name": "王小明", "phone": phone},
    }
