"""The emulator as a process: it listens, notifies, and writes down where it is."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from shop_plugins.sandbox_pay.emulator import app
from shop_plugins.sandbox_pay.emulator.bank import Bank
from shop_plugins.sandbox_pay.emulator.notifier import Notifier


class Quiet(WSGIRequestHandler):
    """No line per request; a browser that says nothing is let go."""

    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def listen(host: str, port: int | None) -> socket.socket:
    """At `port`; if none is named at 8001 or, where that is taken, at any that is free."""
    if port is None:
        try:
            return listen(host, 8001)
        except OSError:
            port = 0
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def serve(
    accounts: Mapping[str, app.Account], folder: Path, listener: socket.socket, shop_url: str,
    public: str, ready: Callable[[str], None],
) -> None:  # fmt: skip
    """Until SIGTERM or Ctrl-C. `folder` keeps its state and, for the shop, its address; `public` is
    where browsers find it, if that is elsewhere."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    logging.basicConfig(level=logging.WARNING, format="sandbox_pay: %(message)s")
    host, port = listener.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)
    address = f"http://{here}:{port}"
    bank = Bank(folder / "emulator.db")
    notifier = Notifier(accounts, bank, shop_url)
    made = app.make(accounts, bank, shop_url, public or address, notifier.release)
    server = make_server(
        host, port, made, threaded=True, request_handler=Quiet, fd=listener.fileno()
    )
    server.daemon_threads = True

    def stop(number: int, frame: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    _write(folder / "address", address)
    notifier.start()
    ready(address)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        notifier.stop()
        server.server_close()
        bank.close()


def _write(path: Path, text: str) -> None:
    """In one step: the shop never reads half of it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text + "\n", "utf-8")
    os.replace(fresh, path)
