"""Processes beside a demo: they begin with the server, are started again when they end, and end with
it however it ends."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from shop import companions, server
from shop.config import parse
from shop.loading.registry import Registry
from shop.plugin import Plugin
from tests.tools.waiting import PATIENCE, wait_for

TICKER = '''
import os, sys, time
from pathlib import Path
import click
from shop import Plugin

@click.group()
def ticker():
    """It writes down that it runs, and stays."""

@ticker.command()
@click.argument("file", type=click.Path(path_type=Path))
def run(file):
    with file.open("a") as out:
        out.write(f"{os.getpid()} {os.environ['SHOP_URL']}\\n")
    time.sleep(600)

class Ticker(Plugin):
    """A companion."""
    name = "ticker"
    commands = (ticker,)
'''
CONFIG = """
[shop]
database = "sqlite:///shop.db"
secret = "tests-only-0123456789-0123456789-abcdef"
mode = "test"
plugins = ["plugins"]
[stores.orchard]
name = "O"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "en"
"""
SERVER = """
import os, sys, time
from pathlib import Path
from shop import companions
with companions.beside(Path(sys.argv[1]), "http://here", [("ticker", "run", sys.argv[2])]):
    workers = []
    for _ in range(2):
        if (pid := os.fork()) == 0:
            time.sleep(600)
            os._exit(0)
        workers.append(pid)
    Path(sys.argv[2] + "-workers").write_text(" ".join(map(str, workers)))
    time.sleep(600)
"""
GUNICORN = """
import sys
from pathlib import Path
from shop import companions, server
path = Path(sys.argv[1])
with companions.beside(path, "http://here", [("ticker", "run", sys.argv[2])]):
    server.serve(path, "127.0.0.1", int(sys.argv[3]))
"""


@pytest.fixture
def place(tmp_path):
    home = tmp_path / "plugins" / "ticker"
    home.mkdir(parents=True)
    (home / "plugin.py").write_text(TICKER, "utf-8")
    (tmp_path / "shop.toml").write_text(CONFIG, "utf-8")
    return tmp_path


def ran(place, times=1):
    """The pids of the companion so far, as soon as there are so many."""

    def pids():
        file = place / "ticks"
        lines = file.read_text().splitlines() if file.exists() else []
        assert all(line.endswith(" http://here") for line in lines)
        return len(lines) >= times and [int(line.split()[0]) for line in lines]

    return wait_for(pids)


def runs(pid):
    """One that has ended and that nobody has asked for does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(*pids):
    return wait_for(lambda: not any(runs(pid) for pid in pids))


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def begin(place):
    """Start a server by a shell: (the shell, the server's pid, its workers', the keeper's, the
    companion's). What is left in the end is killed."""
    left = []

    def start():
        words = [sys.executable, "-c", SERVER, str(place / "shop.toml"), str(place / "ticks")]
        shell = subprocess.Popen(
            ["sh", "-c", '"$@" & wait', "sh", *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        [companion] = ran(place)
        keeper = parent(companion)
        server = parent(keeper)
        file = place / "ticks-workers"
        workers = [int(pid) for pid in wait_for(lambda: file.exists() and file.read_text()).split()]
        left.extend([shell.pid, server, *workers, keeper, companion])
        return shell, server, workers, keeper, companion

    yield start
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill(*pids, how=signal.SIGKILL):
    for pid in pids:
        os.kill(pid, how)


ORDERS = {
    "master, then workers": ["server", "workers"],
    "workers, then master": ["workers", "server"],
    "the shell first": ["shell", "server", "workers"],
    "the keeper first": ["keeper", "server", "workers"],
    "the keeper last": ["workers", "server", "keeper"],
    "the keeper first, the master last": ["keeper", "workers", "server"],
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_companion_never_outlives_its_server_in_whatever_order_they_are_killed(begin, order):
    shell, server, workers, keeper, companion = begin()
    named = {"shell": [shell.pid], "server": [server], "workers": workers, "keeper": [keeper]}
    for who in ORDERS[order]:
        assert runs(companion), "while any process of the server lives"
        kill(*named[who])
    shell.wait(PATIENCE)
    assert gone(companion, keeper)


def test_a_companion_that_is_killed_is_started_again_and_ends_with_the_server(begin, place):
    shell, server, workers, keeper, first = begin()
    kill(first)
    _, second = ran(place, 2)
    assert runs(keeper)
    kill(server, *workers)
    shell.wait(PATIENCE)
    assert gone(first, second, keeper)


def test_a_companion_ends_when_its_block_does(place):
    words = [("ticker", "run", str(place / "ticks"))]
    with companions.beside(place / "shop.toml", "http://here", words):
        [pid] = ran(place)
    assert gone(pid)
    with companions.beside(place / "shop.toml", "http://here", words):
        pass  # before it has begun
    for pid in ran(place):
        assert gone(pid)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_companion_ends_with_a_real_server_that_was_reloaded(place, how):
    shop = [sys.executable, "-m", "shop.cli", "--config", str(place / "shop.toml")]
    subprocess.run([*shop, "db", "migrate"], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = place / "log"
    with log.open("wb") as out:
        words = [str(place / "shop.toml"), str(place / "ticks"), str(port)]
        process = subprocess.Popen([sys.executable, "-c", GUNICORN, *words], stdout=out, stderr=out)
    try:
        wait_for(lambda: server.running(place) and len(server._workers(process.pid)) == 2)
        [pid] = ran(place)
        keeper = parent(pid)
        assert server.reload(process.pid, PATIENCE)
        assert runs(pid)
        process.send_signal(how)
        process.wait(PATIENCE)
        assert gone(pid, keeper)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    assert all(line.startswith("{") for line in log.read_text().splitlines())


def test_the_companions_of_plugins_that_are_on_are_wanted_once(tmp_path):
    kinds = [
        type(name.title(), (Plugin,), {"name": name, "__doc__": "X.", "companions": (words,)})
        for name, words in (("one", ("one", "run")), ("two", ("two", "run")))
    ]
    stores = "".join(
        CONFIG.partition("[stores")[2].join(("[stores", "")).replace("orchard", code)
        + f"[stores.{code}.plugins.one]\n"
        for code in ("a-b", "c-d")
    )
    text = CONFIG.partition("[stores")[0].replace('plugins = ["plugins"]\n', "") + stores
    registry = Registry(parse(text, tmp_path), kinds)
    assert companions.wanted(registry) == [("one", "run")]
