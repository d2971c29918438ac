"""Processes beside a demo: they begin with the server, are started again when they end, and end with
it however it ends."""

import os
import signal
import subprocess
import sys

import pytest

from shop import companions
from shop.config import parse
from shop.plugin import Plugin
from shop.registry import Registry
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
import sys, time
from pathlib import Path
from shop import companions
with companions.beside(Path(sys.argv[1]), "http://here", [("ticker", "run", sys.argv[2])]):
    print("running", flush=True)
    time.sleep(float(sys.argv[3]))
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
    file = place / "ticks"
    wait_for(lambda: file.exists() and file.read_text().count("\n") >= times)
    lines = file.read_text().splitlines()
    assert all(line.endswith(" http://here") for line in lines)
    return [int(line.split()[0]) for line in lines]


def ended(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("how", ["it ends", signal.SIGINT, signal.SIGKILL])
def test_a_companion_ends_with_the_server_however_it_ends(place, how):
    words = [str(place / "shop.toml"), str(place / "ticks"), "600"]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *words[:2], "0" if how == "it ends" else "600"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if how != "it ends":
            [pid] = ran(place)
            server.send_signal(how)
            wait_for(lambda: ended(pid))
        server.wait(PATIENCE)
        if how == "it ends" and (place / "ticks").exists():
            [pid] = ran(place)
            wait_for(lambda: ended(pid))
    finally:  # a test that fails leaves nothing that fails the next one
        server.kill()
        server.wait()


def test_a_companion_that_ends_is_started_again(place):
    with companions.beside(
        place / "shop.toml", "http://here", [("ticker", "run", str(place / "ticks"))]
    ):
        [first] = ran(place)
        os.kill(first, signal.SIGKILL)
        _, second = ran(place, 2)
    wait_for(lambda: ended(second))


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
