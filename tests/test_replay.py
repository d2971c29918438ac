"""The replay of invoices, on a small file of our own; real days run by bench/replay.py."""

import subprocess
import sys
from concurrent.futures import Executor
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from bench import books, invoices, replay
from shop.ops import fsck

FILE = Path(__file__).parent / "data" / "invoices.csv"


class Here(Executor):
    """Runs everything in the test's own thread."""

    map = staticmethod(map)


@pytest.fixture
def api(shop):
    transport = httpx.WSGITransport(app=shop.app)
    token = shop.bearer()["Authorization"].removeprefix("Bearer ")
    with httpx.Client(transport=transport, base_url="http://shop/api/v1/orchard") as client:
        yield books.Shop(client, token)


def test_invoices_become_orders_and_refunds_that_agree_to_the_penny(shop, api, monkeypatch):
    monkeypatch.setattr(invoices, "TENTH", 0.5)
    outcome = replay.run(api, [FILE], Here())
    assert outcome.faults == []
    assert len(outcome.orders) == 5
    assert ("total of orders", Decimal("720.57"), Decimal("720.57")) in outcome.rows
    assert fsck.run(shop.ctx) == []


def test_a_refund_that_the_plan_does_not_know_is_found(shop, api):
    outcome = replay.run(api, [FILE], Here())
    order = outcome.orders["700010"]
    line = {"line": order["lines"][0]["id"], "quantity": 1}
    api.post(f"/admin/orders/{order['number']}/refunds", {"lines": [line], "restock": "restore"})
    books.check(api, outcome, [FILE], Here())
    found = " ".join(outcome.faults)
    assert "invoice 700010, refunded" in found
    assert "units restored to stock" in found


def test_what_is_odd_is_counted_by_kind():
    odd = invoices.plan(invoices.read([FILE])).odd
    assert {kind: count for kind, count in odd.items() if count} == {
        invoices.NO_CUSTOMER: 3,
        invoices.NOT_GOODS: 1,
        invoices.FREE: 1,
        invoices.TWICE: 1,
        invoices.NO_WORDS: 1,
        invoices.CORRECTION: 2,
        invoices.NEGATIVE: 1,
        invoices.BAD_PRICE: 1,
        invoices.RETURNED: 2,
        invoices.UNKNOWN: 3,
        invoices.STRANGERS: 1,
    }


def test_a_return_takes_the_newest_lines_first(monkeypatch):
    monkeypatch.setattr(invoices, "TENTH", 0)
    plan = invoices.plan(invoices.read([FILE]))
    assert [(item.reason, item.invoice, item.units) for item in plan.refunds] == [
        ("C700007", "700006", 2),
        ("C700007", "700001", 2),
        ("C700012", "700001", 12),
        ("C700012", "700001", 6),
    ]


@pytest.mark.slow
def test_the_script_serves_a_shop_of_its_own_and_ends_well():
    command = [sys.executable, "bench/replay.py", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FILE.parents[2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 faults" in done.stdout
    assert "fsck: clean" in done.stdout
