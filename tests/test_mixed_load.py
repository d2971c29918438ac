"""An evening of a shop with all its plugins: no answer but those that are meant, flat memory, right
books. Three minutes, one on PostgreSQL, in which people stop to think: other drills run beside it."""

import pytest

from bench import mixed


@pytest.mark.slow
def test_an_evening_has_no_odd_answer_and_memory_stays_flat(tmp_path, database_url):
    database = database_url if database_url.startswith("postgresql") else ""
    minutes = 1 if database else 3
    evening, _, words = mixed.spend(tmp_path, minutes, 300, database, pause=0.02, people=1000)
    assert (evening.odd, words.startswith("clean")) == ({}, True), words
    for kind in ("list", "detail", "cart", "checkout", "rush", "pay", "hand-out", "orders"):
        assert evening.times[kind], f"nobody did: {kind}"
    assert mixed.growth(evening.memory) < mixed.FLAT, evening.memory
