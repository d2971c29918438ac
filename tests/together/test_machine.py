"""Any history of a shop with all plugins on leaves the books balanced after each of its steps."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from shop.stock import stock
from tests.pages import taken_away
from tests.together.machine import machine, parts

OFTEN = {"place", "pay", "hand out", "cancel", "refund", "crash", "notice"}
"""what histories must be about"""
SHARDS = 4


def run(shop, examples, shard=None, **more):
    """What happened, counted."""
    kind = machine(shop)
    kind.tally = Counter()
    if shard is not None:
        seed(shard)(kind)
    run_state_machine_as_test(
        kind,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            **more,
        ),
    )
    return kind.tally


@pytest.mark.sqlite_only
def test_any_history_of_all_plugins_together_balances(shop):
    happened = run(shop, 40 if taken_away() else 20, derandomize=True)
    assert happened.keys() >= OFTEN, happened


def test_a_shop_that_loses_goods_is_found_out(shop, monkeypatch):
    monkeypatch.setattr(stock, "give_back", lambda *facts, **more: None)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run(shop, 40, derandomize=True, phases=[Phase.generate])


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.parametrize("shard", range(SHARDS))
def test_five_hundred_histories_of_all_plugins_together_balance(shop, shard):
    """Where no plugin is taken away, they are about what each plugin says happens often."""
    own = [getattr(part, f"often_{name}", set()) for name, part in parts().items()]
    happened = run(shop, 125, shard)
    assert happened.keys() >= (OFTEN if taken_away() else OFTEN.union(*own)), happened


@pytest.mark.slow
@pytest.mark.postgres_only
@pytest.mark.parametrize("shard", range(2))
def test_a_hundred_and_twenty_eight_of_them_balance_on_the_other_database(shop, shard):
    happened = run(shop, 64, shard)
    assert happened.keys() >= OFTEN, happened
