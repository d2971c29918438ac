"""Many checkouts spend one wallet at once, on real threads with connections of their own."""

import threading
import time

import pytest

from shop import Caller, Reject, db
from shop.ledger import ledger, postings
from shop.orders import orders
from shop.orders.orders import Draft

pytestmark = pytest.mark.both_databases

BUYERS = 20
UNGUARDED_LOT = """
UPDATE lot SET remaining = remaining + ? WHERE id = ? AND store = ? AND ? < 1000000"""
UNGUARDED_ACCOUNT = """
UPDATE account SET balance = balance + ?
WHERE id = ? AND store = ? AND ? < 1000000 AND ? < 1000000"""


def race(works):
    """Run all at once; per work its result, or the exception it raised."""
    barrier, results = threading.Barrier(len(works)), [None] * len(works)

    def runner(place, work):
        barrier.wait()
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            db.database.close()

    threads = [threading.Thread(target=runner, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def checkouts(shop, wang, spend, total=None):
    goods = shop.product(10_000, stock=None)
    caller = Caller("customer", wang.id, "Wang", frozenset({"me:read"}))
    basket = shop.basket({goods: 1}, {"points": {"spend": spend}})

    def place():
        draft = Draft(basket, "Wang", expected_total=total)
        return db.retrying(lambda: orders.place(shop.context(caller), draft))

    return [place] * BUYERS


def won(results):
    """Orders, and the codes of the refusals."""
    placed = [result for result in results if not isinstance(result, Exception)]
    refused = {result.code for result in results if isinstance(result, Reject)}
    assert len(placed) + sum(isinstance(result, Reject) for result in results) == len(results)
    return placed, refused


def test_case_14_one_of_twenty_parallel_checkouts_of_a_whole_wallet_wins(shop, wang):
    wang.give(100)
    placed, refused = won(race(checkouts(shop, wang, 100)))
    assert (len(placed), refused) == (1, {"insufficient_balance"})
    assert wang.has == 0


def test_case_14_a_wallet_that_pays_three_pays_three(shop, wang):
    for _ in range(3):
        wang.give(100)
    placed, refused = won(race(checkouts(shop, wang, 100)))
    assert (len(placed), refused) == (3, {"insufficient_balance"})
    assert wang.has == 0


def test_case_14_max_with_an_expected_total_is_taken_once(shop, wang):
    wang.give(100)
    placed, refused = won(race(checkouts(shop, wang, "max", total=9_900)))
    assert (len(placed), refused) == (1, {"quote_changed"})
    assert wang.has == 0


def test_case_29_the_points_of_a_phone_are_the_same_by_every_token(shop, wang):
    """Half of the checkouts carry one token of the customer, half another."""
    wang.give(250)
    goods = shop.product(10_000, stock=None)
    clients = [shop.headers_of(wang.id) for _ in range(2)]
    body = {"lines": [{"sku": goods.sku, "quantity": 1}], "options": {"points": {"spend": 100}}}

    def post(number):
        headers = clients[number % 2] | {"Idempotency-Key": f"race-{number:016}"}
        return shop.client.post(shop.url("/orders"), json=body, headers=headers)

    shop.app  # noqa: B018 (made before the threads)
    statuses = [answer.status_code for answer in race([lambda n=n: post(n) for n in range(BUYERS)])]
    assert (statuses.count(201), statuses.count(409)) == (2, BUYERS - 2)
    assert wang.has == 50


def test_checkouts_refunds_and_grants_at_once_lose_nothing(shop, wang):
    wang.give(300)
    earned = wang.order({20_000: 1}, state="completed")
    spent = wang.order({10_000: 1}, spend=200, state="paid")
    others = [
        lambda: db.retrying(lambda: shop.refund(earned)),
        lambda: db.retrying(lambda: shop.cancel(spent)),
        *(
            lambda n=n: ledger.grant(shop.ctx, "points", wang.id, 10, f"race:{n}", "gift")
            for n in range(5)
        ),
    ]
    results = race(checkouts(shop, wang, 100)[:4] + others)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, Reject)]
    placed = [r for r in results[:4] if not isinstance(r, Exception)]
    assert wang.has - wang.owes == 350 - 100 * len(placed)
    assert (wang.has >= 0, wang.pending) == (True, 0)


@pytest.mark.postgres_only
def test_control_without_locks_and_guards_the_wallet_is_spent_twice(shop, wang, monkeypatch):
    wang.give(100)
    monkeypatch.setattr(db, "lock_row", lambda table, row_id: None)
    monkeypatch.setattr(postings, "CHANGE_LOT", UNGUARDED_LOT)
    monkeypatch.setattr(postings, "CHANGE_ACCOUNT", UNGUARDED_ACCOUNT)
    db.run("ALTER TABLE lot DROP CONSTRAINT lot_remaining_check")

    def slow(sql):
        if sql.lstrip().startswith("INSERT INTO movement"):
            time.sleep(0.02)

    try:
        with db.watched(slow):
            placed, _ = won(race(checkouts(shop, wang, 100)))
        assert len(placed) > 1
        assert {finding.check for finding in ledger.prove(shop.ctx)} >= {"account_sign"}
    finally:
        shop.broken = True
        db.run("UPDATE lot SET remaining = 0")
        db.run("ALTER TABLE lot ADD CONSTRAINT lot_remaining_check CHECK (remaining >= 0)")
