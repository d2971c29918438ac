"""One trial of a product at a time for a customer, however many requests come at once."""

import threading

import pytest

from shop import Caller, Reject, db
from shop.orders import orders
from shop.stock import claims
from shop_plugins.trial_then_buy import ordering

pytestmark = pytest.mark.both_databases


TRIES = 8
NOTHING = ordering.RUNNING.replace("LIMIT 1", "AND 1 = 0 LIMIT 1")
OPEN = "SELECT COUNT(*) FROM trial_then_buy_trial WHERE state = 'waiting'"


def race(tried):
    customer = tried.shop.customer()
    basket = tried.shop.basket({tried.pot: 1}, line_options=tried.options())
    barrier, results = threading.Barrier(TRIES), []

    def work():
        ctx = tried.shop.context(_caller(customer))
        barrier.wait()
        try:
            results.append(db.retrying(lambda: orders.place(ctx, orders.Draft(basket, "Wang"))))
        except Reject as refused:
            results.append(refused.code)
        finally:
            db.database.close()

    threads = [threading.Thread(target=work) for _ in range(TRIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _caller(customer):
    return Caller("customer", customer, "Wang", frozenset({"me:read"}))


def test_one_of_many_requests_gets_the_trial(tried):
    results = race(tried)
    assert sorted(map(str, results)).count("trial_then_buy_has_one") == TRIES - 1
    assert db.value(OPEN) == 1


def test_the_claim_alone_holds_where_the_look_before_it_sees_nothing(tried, monkeypatch):
    monkeypatch.setattr(ordering, "RUNNING", NOTHING)
    assert race(tried).count("already_claimed") == TRIES - 1
    assert db.value(OPEN) == 1


def test_control_without_claim_and_look_several_run(tried, monkeypatch):
    monkeypatch.setattr(ordering, "RUNNING", NOTHING)
    monkeypatch.setattr(claims, "claim", lambda *facts, **more: None)
    race(tried)
    assert db.value(OPEN) > 1
