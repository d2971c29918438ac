"""A shop of its own for a run: an instance folder, and its server as a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from shop import config
from shop.config import edit as configedit
from shop.context import Context
from shop.instance import Instance
from shop.jobs.runner import Runner
from shop.ops import schema
from shop.people import auth, staff

ROOT = Path(__file__).parent.parent
SCRATCH = ROOT / "var"
"""on a disk, for synchronous=FULL to mean something"""
SECONDS = 60
"""that a server has to start or to stop"""


def make(folder: Path, code: str, store: dict[str, Any], keys: dict[str, Any]) -> Path:
    """A new instance folder with its shop.toml; `keys` are dotted, `shop.limits.lines`."""
    path = configedit.create(folder, code, store, mode="demo", rate_limits="off")
    text = path.read_text("utf-8")
    for key, value in keys.items():
        text, _ = configedit.set_key(text, key, value)
    configedit.save(path, text)
    return path


@contextmanager
def opened(path: Path, code: str) -> Iterator[Context]:
    """The store's own context on migrated tables; the database is closed again before a server
    is started."""
    instance = Instance(config.load(path))
    try:
        schema.migrate(instance.registry.installed)
        yield instance.context(code)
    finally:
        instance.close()


def run_jobs(path: Path) -> None:
    """Run what is due, as the server that was ended would have."""
    instance = Instance(config.load(path))
    try:
        runner = Runner(instance)
        while runner.tick():
            pass
    finally:
        instance.close()


def owner_token(ctx: Context) -> str:
    owner = staff.create(ctx, "owner", "owner")
    return auth.issue(ctx, staff=owner["id"], scopes=auth.OWNER_SCOPES, label="bench")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def server(command: Sequence[str], port: int, log: Path, core: int | None = None) -> Iterator[None]:
    """Run `python -m …` until it answers on the port; stop it with SIGTERM. `core` pins it."""
    pin = ["taskset", "-c", str(core)] if core is not None else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*pin, sys.executable, "-m", *command], stdout=out, stderr=out, cwd=ROOT
        )
        try:
            _await(process, port, log)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)


@contextmanager
def shop(path: Path, log: Path, core: int | None = None) -> Iterator[int]:
    """`shop serve` on a free port, which is given."""
    port = free_port()
    command = ["shop.cli", "--config", str(path), "serve", "--port", str(port)]
    with server(command, port, log, core):
        yield port


def fsck(path: Path) -> tuple[bool, str]:
    """(clean, what it says)"""
    done = subprocess.run(
        [sys.executable, "-m", "shop.cli", "--config", str(path), "fsck"],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | {"COLUMNS": "160"},
    )  # fmt: skip
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8', 'replace')}")
