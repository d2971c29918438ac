"""Many buyers at once, against a real server with several processes, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shop import db
from shop.ops import fsck
from shop.stock import stock
from tests.live import key, wanted

BUYERS, UNITS = 200, 50


def phone(number):
    return f"+861300000{number:04}"


def buy_all(live, buyers=BUYERS):
    """Every buyer tries once; their answers."""
    with live.client() as client, ThreadPoolExecutor(32) as pool:
        return list(
            pool.map(
                lambda n: client.post("/orders", json=wanted("SCARCE", 1, phone(n)), headers=key()),
                range(buyers),
            )
        )


def sold():
    return db.value("SELECT COALESCE(SUM(quantity), 0) FROM order_line")


def test_case_21_fifty_units_go_to_fifty_of_two_hundred_buyers(shop, live):
    answers = buy_all(live)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(409)) == (UNITS, BUYERS - UNITS)
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["code"], refused["left"]) == ("out_of_stock", 0)
    assert "database is locked" not in live.output()
    assert (sold(), db.value("SELECT on_hand FROM stock")) == (UNITS, 0)
    assert fsck.run(shop.ctx) == []


@pytest.mark.slow
def test_case_21_the_last_unit_goes_to_one_of_fifty_buyers(shop, live):
    stock.adjust(shop.ctx, "SCARCE", 1 - UNITS, "the last one")
    statuses = [answer.status_code for answer in buy_all(live, 50)]
    assert (statuses.count(201), statuses.count(409)) == (1, 49)
    assert (sold(), db.value("SELECT on_hand FROM stock")) == (1, 0)
    assert fsck.run(shop.ctx) == []


def test_case_91_one_key_in_parallel_is_one_order_and_every_twin_gets_its_answer(shop, live):
    same, body = key(), wanted("SCARCE")
    with live.client() as client, ThreadPoolExecutor(20) as pool:
        twins = list(pool.map(lambda _: client.post("/orders", json=body, headers=same), range(20)))
        again = client.post("/orders", json=body, headers=same)
    assert {(twin.status_code, twin.content) for twin in twins} == {(201, again.content)}
    assert again.json()["token"]
    assert (db.value("SELECT COUNT(*) FROM orders"), sold()) == (1, 1)
    assert fsck.run(shop.ctx) == []


@pytest.mark.slow
@pytest.mark.postgres_only
def test_case_21_control_without_the_guard_more_is_sold_than_there_is(live):
    live.stop()
    buy_all(live.start("tests.unguarded"))
    assert sold() > UNITS


@pytest.mark.slow
def test_case_96_twenty_writers_never_see_a_locked_database(shop, live):
    def write(n):
        with live.client() as client:
            made = [client.post("/carts", json={}).json()["id"] for _ in range(10)]
            lines = [
                client.post(f"/carts/{cart}/lines", json={"sku": "SCARCE"}).status_code
                for cart in made
            ]
            return set(lines)

    with ThreadPoolExecutor(20) as pool:
        assert set.union(*pool.map(write, range(20))) == {201}
    assert "database is locked" not in live.output()
