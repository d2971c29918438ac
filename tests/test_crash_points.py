"""Case 79: the process is killed before its n-th statement, for each n (some of them in every run)
until it gets through.

After each crash the books must be right, and the client's retry with the same key must have the
effect once.
"""

import os
import signal

import pytest

from shop import db
from shop.app import create_app
from shop.catalog import products
from shop.ops import fsck
from shop.people import auth
from tests.live import key, wanted

BASE = "/api/v1/orchard"


@pytest.fixture
def owner(shop):
    variant = {"sku": "SCARCE", "price": 1000, "stock": 900}
    products.create(shop.ctx, {"title": "Scarce", "status": "published", "variants": [variant]})
    [staff] = db.insert(
        "staff",
        "store, name, role, password_hash, totp_secret, totp_last, points, active, version, created_at",
        ("orchard", "owner", "owner", "", "", 0, "[]", 1, 1, 1),
    )
    token = auth.issue(shop.ctx, staff=staff, scopes=auth.OWNER_SCOPES)
    return {"Authorization": f"Bearer {token}"}


def place(shop, owner):
    body = wanted("SCARCE", 2)
    answer = shop.client.post(f"{BASE}/orders", json=body, headers=owner | key())
    return answer.json


def placing(shop, owner):
    place(shop, owner)  # so that the customer is there, and every try does the same
    return f"{BASE}/orders", wanted("SCARCE", 2)


def paying(shop, owner):
    number = place(shop, owner)["number"]
    body = {"provider": "manual", "method": "at_pickup", "amount": 2000}
    return f"{BASE}/admin/orders/{number}/payments", body


def refunding(shop, owner):
    order = place(shop, owner)
    path = f"{BASE}/admin/orders/{order['number']}"
    body = {"provider": "manual", "method": "at_pickup", "amount": 2000}
    shop.client.post(f"{path}/payments", json=body, headers=owner | key())
    lines = [{"line": order["lines"][0]["id"], "quantity": 1}]
    return f"{path}/refunds", {"lines": lines, "reason": "soft", "restock": "restore"}


def handing_out(shop, owner):
    code = place(shop, owner)["pickup"]["code"]
    return f"{BASE}/admin/pickups/{code}/hand-out", {"payment": {"method": "at_pickup"}}


@pytest.mark.parametrize("prepare", [placing, paying, refunding, handing_out])
def test_case_79_killed_before_any_statement_a_retry_has_one_effect(shop, owner, prepare, stride):
    untouched = None
    for statement in range(0, 200, max(1, stride // 3)):
        path, body = prepare(shop, owner)
        headers = owner | key()
        before = books(shop)
        finished = run_and_kill(shop, statement, path, body, headers)
        assert fsck.run(shop.ctx) == []
        if not finished:
            assert books(shop) in (before, untouched and shifted(before, untouched))
        answer = shop.client.post(path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        effect = difference(before, books(shop))
        untouched = untouched or effect
        assert effect == untouched
        again = shop.client.post(path, json=body, headers=headers)
        assert again.json == answer.json
        assert difference(before, books(shop)) == untouched
        assert fsck.run(shop.ctx) == []
        if finished:
            assert statement > 5
            return
    raise AssertionError("it never got through")


def books(shop):
    """What the operations change, counted."""
    found = db.rows(
        "SELECT (SELECT COUNT(*) FROM orders), (SELECT COALESCE(SUM(on_hand), 0) FROM stock),"
        " (SELECT COALESCE(SUM(paid), 0) FROM orders),"
        " (SELECT COALESCE(SUM(refunded), 0) FROM orders),"
        " (SELECT COALESCE(SUM(handed_out), 0) FROM order_line), (SELECT COUNT(*) FROM event)"
    )
    return found[0]


def difference(before, after):
    return tuple(b - a for a, b in zip(before, after, strict=True))


def shifted(before, effect):
    return tuple(a + b for a, b in zip(before, effect, strict=True))


def run_and_kill(shop, statement, path, body, headers):
    """The request in a process of its own, killed before its n-th statement; whether it got
    through."""
    shop.instance.close()
    pid = os.fork()
    if pid == 0:
        left = statement

        def count(sql):
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

        try:
            client = create_app(shop.config, clock=shop.clock).test_client()
            with db.watched(count):
                client.post(path, json=body, headers=headers)
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    shop.instance.database = db.connect(shop.config.database)
    assert status in (0, signal.SIGKILL)
    return status == 0
