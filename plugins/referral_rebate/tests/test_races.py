"""Orders of friends that are completed at once, on real threads: the month's limit holds."""

import threading
import time

import pytest

from shop import db
from shop.pickup import pickup

pytestmark = pytest.mark.both_databases

FRIENDS = 6
SUM = "SELECT COALESCE(SUM(amount), 0) FROM referral_rebate_reward"


@pytest.fixture
def settings():
    return {"rate": 10, "per_month": 2500}


def complete_at_once(invited):
    orders = [invited.friend("paid") for _ in range(FRIENDS)]
    barrier = threading.Barrier(FRIENDS)

    def hand_out(order):
        barrier.wait()
        try:
            db.retrying(lambda: pickup.hand_out(invited.ctx, order.id, None))
        finally:
            db.database.close()

    threads = [threading.Thread(target=hand_out, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return db.value(SUM)


def slow(sql):
    if sql.lstrip().startswith('INSERT INTO "referral_rebate_reward"'):
        time.sleep(0.05)


def test_the_months_limit_holds_whoever_completes_at_once(invited):
    with db.watched(slow):
        assert complete_at_once(invited) == 2500


@pytest.mark.postgres_only
def test_control_without_the_lock_it_does_not(invited, monkeypatch):
    real = db.lock_row
    monkeypatch.setattr(
        db, "lock_row", lambda table, row: None if table == "customer" else real(table, row)
    )
    with db.watched(slow):
        assert complete_at_once(invited) > 2500
