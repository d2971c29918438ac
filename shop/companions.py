"""Processes that plugins want beside a demo: they begin with its server and end with it.

A keeper, a process of its own, starts them and starts again what ends. It reads from a pipe that
only the server and its workers can write to: when the last of them is gone, killed ones too, the
pipe ends, and the keeper ends what it keeps.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.registry import Registry

Command = Sequence[str]
"""the words after `shop --config FILE`"""
PATIENCE = 10
"""seconds until one that does not end is killed"""
LONGEST = 60


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
        [sys.executable, "-m", "shop.companions", str(path), json.dumps(commands)],
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
            keeper.wait(2 * PATIENCE)


def main() -> None:
    """The keeper."""
    path, commands = sys.argv[1], json.loads(sys.argv[2])
    over = threading.Event()
    signal.signal(signal.SIGTERM, _stop)
    threads = [threading.Thread(target=_keep, args=(path, words, over)) for words in commands]
    for thread in threads:
        thread.start()
    with suppress(EOFError):
        while os.read(0, 1):
            pass
    over.set()
    for thread in threads:
        thread.join()


def _stop(number: int, frame: object) -> None:
    raise EOFError


def _keep(path: str, words: Command, over: threading.Event) -> None:
    """Run one until it is over; one that ends by itself is started again, after longer pauses."""
    pause = 1
    while not over.is_set():
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "shop.cli", "--config", path, *words], stdin=subprocess.DEVNULL
        )
        while process.poll() is None and not over.wait(0.1):
            pass
        if over.is_set():
            return _end(process)
        pause = 1 if time.monotonic() - began > LONGEST else min(2 * pause, LONGEST)
        said = f"`shop {' '.join(words)}` ended with {process.returncode}; again in {pause} s"
        print(said, file=sys.stderr, flush=True)
        over.wait(pause)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
