"""What the doctor says of hooks: from the figures that the workers left in their files."""

import subprocess
import sys

import pytest

from shop.services import doctor

pytestmark = pytest.mark.sqlite_only

WORKER = """
from shop.api import metrics
for figure, value in {"seconds": 12.0, "count": 40, "failures": 3}.items():
    metrics.HOOKS[figure].labels("cards", "price_lines").inc(value)
metrics.HOOKS["seconds"].labels("quick", "present").inc(0.1)
metrics.hang("cards", "order_placing")
for _ in range(100):
    metrics.observe("GET", "/products", 200, 0.01)
"""


@pytest.fixture
def counted(shop):
    """Two workers that counted and ended."""
    folder = shop.config.folder / "metrics"
    folder.mkdir()
    for _ in range(2):
        environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": ":".join(sys.path)}
        subprocess.run([sys.executable, "-c", WORKER], env=environment, check=True)
    return shop


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
