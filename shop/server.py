"""gunicorn, set up for a shop: `serve(path, host, port)`.

The master reads shop.toml and imports modules; each worker builds its app, its plugin managers
and its connections after the fork. SIGHUP takes the new file, or refuses it and keeps the old;
SIGTERM lets running requests finish.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from shop import config, logs, wire
from shop.data import sharedmetrics
from shop.errors import ShopError

GRACE = 30
"""seconds that running requests have after SIGTERM"""

PID = "server.pid"
"""in the instance's folder: the process id of its server, locked while it runs"""

METRICS = "metrics"
"""beside it: a link to the memory that its workers count in"""

RESTORE = "; put back the newest copy with `shop db restore` (docs/operations.md)"

log = logging.getLogger("shop.server")


def problems_of(path: Path, data: bool = False) -> list[str]:
    """What keeps this file from being served: its mistakes, a broken plugin, old tables; with
    `data` also a damaged database.

    Asked in a process of its own, so that the master holds no connection and no half-loaded
    plugin when it forks.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_check, args=(path, there, data))
    child.start()
    there.close()
    try:
        problems: list[str] = here.recv()
    except EOFError:
        problems = ["the check of the configuration did not end"]
    child.join()
    return problems


def _check(path: Path, answer: Any, data: bool) -> None:
    from shop.instance import Instance
    from shop.ops import fsck, schema

    try:
        instance = Instance(config.load(path))
        damage = fsck.file() if data else []
        if not damage:
            schema.require_current(instance.registry.installed)
        answer.send([f"the database is damaged: {one.message}{RESTORE}" for one in damage[:3]])
    except ShopError as error:
        answer.send(str(error).splitlines())
    except Exception as error:
        answer.send([f"{type(error).__name__}: {error}"])


class Refused(ShopError):
    """The instance cannot be served as it is; `str()` says why, a line each."""


def require_free(host: str, port: int) -> None:
    """Refused if nobody can listen there, before anything is changed for it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Refused(f"cannot listen at {host}:{port}: {error.strerror}") from None


def serve(path: Path, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM; `ready` is called once, in the first worker, when it can answer."""
    require_free(host, port)
    if problems := problems_of(path, data=True):
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise Refused(f"{path} cannot be served:{lines}")
    held = _leave_pid(path.parent)
    sharedmetrics.share(path.parent / METRICS, config.load(path).workers)
    try:
        Server(path, f"{host}:{port}", ready).run()
    finally:
        if held:
            held.close()


def _leave_pid(folder: Path) -> Any:
    """Write down which process to send a SIGHUP, and hold the file while it lives; None if another
    server of this instance does."""
    file = (folder / PID).open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def running(folder: Path) -> int | None:
    """The process id of the instance's server on this machine; None if none runs."""
    try:
        with (folder / PID).open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or 0) or None
    except FileNotFoundError:
        pass
    return None


def reload(pid: int, seconds: float = 40) -> bool:
    """Tell a server to take its file anew; whether all its workers have done so in time."""
    before = _workers(pid)
    os.kill(pid, signal.SIGHUP)
    deadline = time.monotonic() + seconds
    while before & _workers(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _workers(pid: int) -> set[str]:
    """Their process ids, where the system tells; a second generation starts before the first
    ends. A demo's companions are no workers: they are not forks of the master."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {child for child in children if _command(child) == _command(pid)}
    except OSError:
        return set()


def _command(pid: int | str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


class Server(BaseApplication):
    """The gunicorn application of one instance."""

    def __init__(self, path: Path, bind: str, ready: Callable[[], None]) -> None:
        self.path, self.bind, self.ready = path, bind, ready
        self.config = config.load(path)
        super().__init__()

    def load_config(self) -> None:
        shared = Path("/dev/shm")
        settings = {
            "bind": self.bind,
            "worker_class": "gthread",
            "workers": self.config.workers,
            "threads": self.config.threads,
            "graceful_timeout": GRACE,
            "keepalive": 5,
            "limit_request_line": 8190,
            "control_socket_disable": True,
            "worker_tmp_dir": str(shared) if os.access(shared, os.W_OK) else None,
            "logger_class": QuietLogger,
            "loglevel": self.config.log_level,
            "when_ready": lambda master: self._preload(),
            "pre_fork": _forking,
            "post_fork": _forked,
            "post_worker_init": self._started,
            "worker_exit": _stopped,
            "child_exit": _gone,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def _preload(self) -> None:
        """Import what every worker needs, so that they share it; nothing is connected or built."""
        from shop import api, app  # noqa: F401
        from shop.jobs import runner
        from shop.loading.registry import Registry

        logs.setup(self.config.log_level)
        api.blueprints()
        runner.load_handlers()
        Registry(self.config)
        gc.collect()
        gc.freeze()

    def load(self) -> Any:
        from shop.app import create_app

        made = create_app(self.config)
        made.wsgi_app = wire.Readable(made.wsgi_app)  # type: ignore[method-assign]
        return made

    def _started(self, worker: Any) -> None:
        from shop.api import metrics
        from shop.jobs.runner import Runner
        from shop.loading.watchdog import Watchdog

        Watchdog(metrics.hang, lambda: worker.handle_exit(None, None)).start()
        worker.runner = Runner(worker.wsgi.extensions["shop"], leading=True)
        worker.runner.start()
        if worker.age == 1:
            self.ready()

    def take_new_file(self) -> bool:
        """After SIGHUP: whether the file is good; a bad one is named in the log and forgotten."""
        if problems := problems_of(self.path):
            for problem in problems:
                log.error("the new %s is refused: %s", self.path, problem)
            return False
        self.config, self.callable = config.load(self.path), None
        return True

    def run(self) -> None:
        wire.adapt()
        Master(self).run()


class Master(Arbiter):
    def reload(self) -> None:
        if self.app.take_new_file():
            super().reload()


class QuietLogger(Logger):
    """gunicorn's own words go where the shop's go; its access log is not used."""

    def setup(self, cfg: Any) -> None:
        logs.setup(cfg.loglevel)
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


def _stopped(server: Any, worker: Any) -> None:
    if runner := getattr(worker, "runner", None):
        runner.stop()


def _forking(server: Any, worker: Any) -> None:
    worker.metrics = sharedmetrics.lease()


def _forked(server: Any, worker: Any) -> None:
    sharedmetrics.attach(worker.metrics)


def _gone(server: Any, worker: Any) -> None:
    sharedmetrics.release(worker.metrics)
