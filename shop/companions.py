"""Processes that plugins want beside a demo: they begin with its server and end with it.

A keeper, a process of its own, starts them and starts again what ends. It reads from a pipe that
only the server and its workers can write to: when the last of them is gone, killed ones too, the
pipe ends, and the keeper ends what it keeps. Companions read from the same pipe, so that they end
even if the keeper was killed before.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from shop import logs

if TYPE_CHECKING:
    from shop.loading.registry import Registry

Command = Sequence[str]
"""the words after `shop --config FILE`"""
PATIENCE = 10
"""seconds until one that does not end is killed"""
LONGEST = 60

log = logging.getLogger("shop.companions")


def wanted(registry: Registry) -> list[Command]:
    """The companions of all plugins that any store has on, each once."""
    plugins = [plugin for store in registry.stores.values() for plugin in store.by_name.values()]
    return list(dict.fromkeys(command for plugin in plugins for command in plugin.companions))


@contextmanager
def beside(path: Path, address: str, commands: Sequence[Command]) -> Iterator[None]:
    """Keep `commands` running on the shop.toml at `path` until the block, or this process, ends.
    They find `address`, where the server listens, in the variable SHOP_URL."""
    if not commands:
        yield
        return
    keeper = subprocess.Popen(
        [sys.executable, "-m", "shop.companions", "keep", str(path), json.dumps(commands)],
        stdin=subprocess.PIPE,
        env=os.environ | {"SHOP_URL": address},
        start_new_session=True,
    )
    mine = os.getpid()
    try:
        yield
    finally:
        assert keeper.stdin is not None
        keeper.stdin.close()
        if os.getpid() == mine:  # a worker leaves here too
            with suppress(subprocess.TimeoutExpired):
                keeper.wait(2 * PATIENCE)


def main() -> None:
    """`keep FILE COMMANDS`: the keeper. `run FILE WORDS…`: a companion, as the keeper starts it."""
    what, path, *words = sys.argv[1:]
    if what == "keep":
        keep(path, json.loads(words[0]))
    else:
        run(path, words)


def keep(path: str, commands: Sequence[Command]) -> None:
    logs.setup()
    over = threading.Event()
    told, tell = os.pipe()
    signal.signal(signal.SIGTERM, lambda number, frame: os.write(tell, b"!"))
    threads = [threading.Thread(target=_keep, args=(path, words, over)) for words in commands]
    for thread in threads:
        thread.start()
    select.select([0, told], [], [])
    over.set()
    for thread in threads:
        thread.join()


def _keep(path: str, words: Command, over: threading.Event) -> None:
    """Run one until it is over; one that ends by itself is started again, after longer pauses.

    It gets the end of the pipe that this process reads from, and a group of its own.
    """
    pause = 1
    while not over.is_set():
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "shop.companions", "run", path, *words], start_new_session=True
        )
        while process.poll() is None and not over.wait(0.1):
            pass
        if over.is_set():
            return _end(process)
        pause = 1 if time.monotonic() - began > LONGEST else min(2 * pause, LONGEST)
        said = "`shop %s` ended with %s; again in %s s"
        log.warning(said, " ".join(words), process.returncode, pause)
        over.wait(pause)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(path: str, words: Command) -> None:
    """`shop WORDS…`, which ends when the pipe does, whether a keeper is left or not."""
    pipe = os.dup(0)  # not inherited by what it starts
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_follow, args=(pipe,), daemon=True).start()
    sys.argv = ["shop", "--config", path, *words]
    runpy.run_module("shop.cli", run_name="__main__")


def _follow(pipe: int) -> None:
    with suppress(OSError):
        while os.read(pipe, 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
