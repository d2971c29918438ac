"""Ten plugins that have nothing to say: what they make of a quote is nothing, at little cost."""

from statistics import median

import pytest

from bench import hooks
from shop import db


@pytest.fixture
def pair(tmp_path):
    instance, quotes = hooks.pair(tmp_path)
    yield instance, quotes
    instance.close()


def seen_by(deed):
    """What it answers, and the statements that it makes."""
    statements = []
    with db.watched(statements.append):
        return deed(), statements


def test_they_change_no_statement_and_no_amount(pair):
    _, quotes = pair
    bare, without = seen_by(quotes["bare"])
    full, beside = seen_by(quotes["full"])
    assert beside == without
    assert len(without) == 1
    assert (full.total, full.adjustments, full.problems) == (bare.total, [], [])
    assert [line.amount for line in full.lines] == [line.amount for line in bare.lines]


def test_they_are_all_asked_everything(pair):
    instance, quotes = pair
    quotes["full"]()
    asked = {"price_lines": 1, "adjust_quote": 3, "check_quote": 1}
    assert instance.registry.stores["full"].count == {
        (f"silent_{number}", hook): times
        for number in range(hooks.PLUGINS)
        for hook, times in asked.items()
    }


def test_they_cost_little(pair):
    """The figure is `bench.hooks`'s; here the bound is wide, and a busy machine has three tries."""
    _, quotes = pair
    assert any(median(hooks.ratios(quotes, 30, each=5)) < 1.6 for _ in range(3))


def test_the_benchmark_asks_for_the_same_cart_over_http(pair):
    instance, _ = pair
    assert {ask() for ask in hooks.answers(instance).values()} == {"200 OK"}
