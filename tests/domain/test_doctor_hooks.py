"""What the doctor says of hooks: from the figures that the workers count in their memory."""

import subprocess
import sys

import pytest

from shop.ops import doctor

pytestmark = pytest.mark.sqlite_only

SERVER = """
import os, sys
from pathlib import Path
from shop.data import sharedmetrics
sharedmetrics.share(Path(sys.argv[1]), 2)
from shop.api import metrics
for _ in range(2):
    slot = sharedmetrics.lease()
    if os.fork() == 0:
        sharedmetrics.attach(slot)
        for figure, value in {"seconds": 12.0, "count": 40, "failures": 3}.items():
            metrics.HOOKS[figure].labels("cards", "price_lines").inc(value)
        metrics.HOOKS["seconds"].labels("quick", "present").inc(0.1)
        metrics.hang("cards", "order_placing")
        for _ in range(100):
            metrics.observe("GET", "/products", 200, 0.01)
        os._exit(0)
    os.wait()
    sharedmetrics.release(slot)
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def counted(shop):
    """A server that runs; two of its workers counted and ended."""
    words = [sys.executable, "-c", SERVER, str(shop.config.folder / "metrics")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline() == b"counted\n"
        yield shop
        server.stdin.close()


def signs(shop):
    return [
        (sign.state, sign.found, sign.todo)
        for sign in doctor.examine(shop.instance)
        if sign.what == "hooks"
    ]


def test_hangs_failures_and_slow_plugins_are_named_the_worst_first(counted):
    hung, failed, slow, quick = signs(counted)
    assert hung[:2] == (
        "bad", "cards: order_placing hung 2 times, each time a worker was replaced",
    )  # fmt: skip
    assert failed == ("warn", "cards: price_lines failed 6 times", "see the log")
    assert slow[:2] == ("warn", "cards: 24.0 s in hooks, 120.00 ms a request: slow")
    assert quick[:2] == ("good", "quick: 0.2 s in hooks, 1.00 ms a request")


def test_a_shop_that_has_not_served_has_nothing_to_say(shop):
    assert signs(shop) == []
