"""Those who come too late are refused by reading alone, and nobody while a unit is free."""

import pytest

from shop import db
from shop.clock import MINUTE
from shop.orders import orders
from shop.stock import precheck
from shop.testing.live import key, wanted


@pytest.fixture
def scarce(shop):
    return shop.product(1000, 1, "SCARCE")


def ask(shop, number, sku="SCARCE", headers=None):
    """(status, whether anything but reading was done)"""
    seen = []
    body = wanted(sku, 1, f"+8613000001{number:03}")
    with db.watched(seen.append):
        answer = shop.client.post(shop.url("/orders"), json=body, headers=headers or key())
    return answer.status_code, any(sql == "BEGIN" for sql in seen)


def test_after_a_refusal_the_next_is_refused_by_reading_alone(shop, scarce):
    assert ask(shop, 1) == (201, True)
    assert ask(shop, 2) == (409, True)
    assert ask(shop, 3) == (409, False)
    assert db.value("SELECT COUNT(*) FROM customer") == 1


def test_nobody_is_refused_while_a_unit_is_free(shop, scarce):
    first = shop.up_to("placed", {scarce: 1})
    assert [ask(shop, number)[0] for number in (1, 2)] == [409, 409]
    orders.cancel(shop.ctx, first.id, "x")
    assert ask(shop, 3) == (201, True)


def test_an_answer_that_was_given_is_given_again_though_nothing_is_left(shop, scarce):
    headers = key()
    assert ask(shop, 1, headers=headers)[0] == 201
    assert [ask(shop, number)[0] for number in (2, 3)] == [409, 409]
    assert ask(shop, 1, headers=headers)[0] == 201


def test_case_91_a_twin_that_looks_when_the_first_has_just_taken_the_last_replays(
    shop, scarce, monkeypatch
):
    headers, look, first = key(), orders.look, []

    def slow(ctx, draft):
        if not first:
            first.append(None)
            first.append(ask(shop, 1, headers=headers)[0])
        look(ctx, draft)

    precheck.remember(shop.ctx, ["SCARCE"])
    monkeypatch.setattr(orders, "look", slow)
    assert ask(shop, 1, headers=headers)[0] == 201
    assert first == [None, 201]
    assert ask(shop, 2)[0] == 409


def test_other_goods_and_later_times_are_not_looked_at_first(shop, scarce):
    other = shop.product(1000, 5, "OTHER")
    ask(shop, 1)
    ask(shop, 2)
    assert precheck.is_worth_it(shop.ctx, ["SCARCE"])
    assert not precheck.is_worth_it(shop.ctx, [other.sku])
    assert ask(shop, 3, "OTHER")[0] == 201
    shop.clock.forward(minutes=precheck.LASTS // MINUTE)
    assert not precheck.is_worth_it(shop.ctx, ["SCARCE"])
    assert not precheck.is_worth_it(shop.ctx)


def test_what_is_remembered_is_bounded(shop, scarce):
    for number in range(3):
        precheck.remember(shop.ctx, [f"{number}-{n}" for n in range(precheck.MOST)])
    assert len(precheck._known()) <= 2 * precheck.MOST


def test_who_asks_while_another_thread_remembers_is_answered(shop, scarce):
    """The goods of a store that is asked for stand behind those of others."""

    class Elsewhere:
        """A store's key that takes a while to compare: another thread has its turn in it."""

        def __eq__(self, other):
            precheck.remember(shop.of("orchard").ctx, [f"OTHER-{len(precheck._known())}"])
            return False

        def __hash__(self):
            return 1

    precheck._known()[Elsewhere(), "X"] = 0
    precheck._known()["elsewhere", "X"] = 0
    precheck.is_worth_it(shop.ctx)
