"""A plugin is switched on and off in the file while people buy: SIGHUP, and nobody notices but by
the price."""

import itertools
import signal
import subprocess
import threading

import httpx
import pytest
import tomlkit

from shop import db
from shop.ops import fsck
from shop.stock import stock
from tests.live import key, wanted
from tests.tools.waiting import wait_for

PLUGIN = """
from shop import LinePrice, Plugin, hookimpl

class HalfPrice(Plugin):
    name = "half_price"

    @hookimpl
    def price_lines(self, lines):
        return {line.index: LinePrice(line.unit_price // 2, "half") for line in lines}
"""
BUYERS, TIMES = 4, 4


def reload(live, text):
    """The server takes `text` as its file: new workers stand, the old ones have gone."""
    before = set(live.workers())
    live.path.write_text(text, "utf-8")
    live.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not before & set(live.workers()), live.output)


@pytest.mark.slow
def test_a_plugin_goes_on_and_off_under_load_and_no_request_fails(shop, live):
    (live.folder / "mine" / "half_price").mkdir(parents=True)
    (live.folder / "mine" / "half_price" / "plugin.py").write_text(PLUGIN, "utf-8")
    document = tomlkit.parse(live.path.read_text("utf-8"))
    document["shop"]["plugins"].append("mine")
    off = tomlkit.dumps(document)
    on = off + "[stores.orchard.plugins.half_price]\n"
    stock.adjust(shop.ctx, "SCARCE", 100_000, "enough for all")
    answers, stop, phones = [], threading.Event(), itertools.count()

    def shopper():
        with live.client(keep_alive=True) as client:  # it keeps its connection, as browsers do
            while not stop.is_set():
                for method, url, body in (
                    ("GET", "/products", None),
                    ("GET", "/", None),
                    ("POST", "/orders", wanted("SCARCE", 1, f"+86130{next(phones):08}")),
                ):
                    try:
                        answer = client.request(method, url, json=body, headers=key())
                        answers.append((answer.status_code, answer.json()))
                    except httpx.TransportError as error:
                        answers.append((0, repr(error)))

    threads = [threading.Thread(target=shopper) for _ in range(BUYERS)]
    for thread in threads:
        thread.start()
    for _ in range(TIMES):
        reload(live, on)
        reload(live, off)
    stop.set()
    for thread in threads:
        thread.join()
    failed = [answer for answer in answers if answer[0] not in (200, 201)]
    assert failed == []
    sold = {answer["total"] for status, answer in answers if status == 201}
    assert sold == {1000, 500}
    assert db.value("SELECT COUNT(*) FROM orders") == sum(s == 201 for s, _ in answers)
    assert fsck.run(shop.ctx) == []


@pytest.mark.sqlite_only
def test_shop_reload_tells_the_server_and_waits_or_says_what_is_wrong(live):
    def reload_command():
        return subprocess.run(live.command("reload"), capture_output=True, text=True)

    text = live.path.read_text("utf-8")
    live.path.write_text(text.replace("果园小店", "新果园"), "utf-8")
    told = reload_command()
    assert (told.returncode, told.stdout) == (0, "the server has taken the file\n")
    assert httpx.get(f"{live.url}/").json()["name"] == "新果园"
    live.path.write_text(text.replace("CNY", "CNYX"), "utf-8")
    told = reload_command()
    assert (told.returncode, "stores.orchard.currency" in told.stderr) == (2, True)
    assert httpx.get(f"{live.url}/").json()["name"] == "新果园"
    live.path.write_text(text, "utf-8")
    live.stop()
    told = reload_command()
    assert (told.returncode, "no server" in told.stderr) == (1, True)
