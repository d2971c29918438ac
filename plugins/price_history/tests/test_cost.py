"""The statement reads the window and not the history, by its indexes, on both databases."""

import pytest

from shop import db
from shop.catalog import prices
from shop.clock import DAY, HOUR
from shop_plugins.price_history import judging

WEEK = 7 * DAY


@pytest.fixture
def long_history(shop):
    """40 variants, 20 of which were in a sale of two hours on each of the last 200 days."""
    now, ids = shop.ctx.now_us, [shop.product().variant_id for _ in range(40)]
    lines = [
        (shop.ctx.code, variant, "bargain", 700, now - day * DAY, now - day * DAY + 2 * HOUR, "")
        for day in range(1, 201)
        for variant in ids[:20]
    ]
    db.insert("price", prices.COLUMNS, *lines)
    db.run("ANALYZE")
    return ids


def facts(shop, ids):
    now = shop.ctx.now_us
    return (now, WEEK, db.many(ids), shop.ctx.code, now - WEEK, now - DAY, now, now)


def test_as_many_rows_are_read_as_the_window_has(shop, long_history):
    found = db.rows(judging.SOME, *facts(shop, long_history))
    assert len(found) == 20 * (7 + 1) + 20
    judged = judging.in_question(shop.ctx, long_history)
    assert {judged[variant].reference for variant in long_history[:20]} == {700}


def test_each_row_is_found_by_an_index(shop, long_history):
    explain = "EXPLAIN " if db.is_postgres() else "EXPLAIN QUERY PLAN "
    for sql, given in (
        (judging.SOME, facts(shop, long_history[:5])),
        (judging.ALL, (*facts(shop, long_history[:5])[:4], shop.ctx.now_us, shop.ctx.now_us)),
    ):
        plan = "\n".join(str(row[-1]) for row in db.rows(explain + sql, *given))
        assert "price_variant_id_ends" in plan
        assert "Seq Scan on price" not in plan, plan
        assert "SCAN p" not in plan, plan
