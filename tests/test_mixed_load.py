"""An evening of a shop with all its plugins: no answer but those that are meant, flat memory, right
books. Seconds in every run, five minutes in a drill (two on PostgreSQL), where people stop to think: other drills run
beside it."""

import pytest

from bench import mixed


@pytest.mark.parametrize("minutes", [0.1, pytest.param(5, marks=pytest.mark.slow)])
def test_an_evening_has_no_odd_answer_and_memory_stays_flat(tmp_path, database_url, minutes):
    database = database_url if database_url.startswith("postgresql") else ""
    long = minutes > 1
    minutes, pause = 2 if long and database else minutes, 0.02 if long else 0.0
    products, people = (300, 1000) if long else (50, 100)
    evening, _, words = mixed.spend(tmp_path, minutes, products, database, pause, people)
    assert (evening.odd, words.startswith("clean")) == ({}, True), words
    for kind in ("list", "detail", "cart", "checkout", "rush", "pay", "hand-out", "orders"):
        assert evening.times[kind], f"nobody did: {kind}"
    if long:
        assert mixed.growth(evening.memory) < mixed.FLAT, evening.memory
