import threading
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop import db
from shop.catalog import products
from shop.errors import Conflict, NotFound, Reject
from shop.stock import movements, stock

pytestmark = pytest.mark.both_databases

BUYERS, UNITS = 24, 7


@pytest.fixture
def variant(shop):
    return make(shop.ctx, "A", 10)


def make(ctx, sku, units, **facts):
    products.create(ctx, {"title": sku, "status": "published", "variants": [
        {"sku": sku, "price": 100, "stock": units, **facts}
    ]})  # fmt: skip
    return db.value("SELECT id FROM variant WHERE sku = ?", sku)


def on_hand(variant, pool="main"):
    return db.value("SELECT on_hand FROM stock WHERE variant_id = ? AND pool = ?", variant, pool)


def books_balance():
    """The movements of every pool sum to what is in it."""
    found = db.rows(
        "SELECT s.variant_id, s.pool, s.on_hand, (SELECT COALESCE(SUM(delta), 0)"
        " FROM stock_movement m WHERE m.variant_id = s.variant_id AND m.pool = s.pool) FROM stock s"
    )
    return all(have == moved for _, _, have, moved in found)


def test_taking_too_much_names_the_sku_and_what_is_left(shop, variant):
    other = make(shop.ctx, "B", 3)
    with pytest.raises(Conflict) as caught:
        stock.take(shop.ctx, [(variant, "main", 2), (other, "main", 4)], 1)
    assert caught.value.code == "out_of_stock"
    assert caught.value.facts == {"sku": "B", "left": 3}
    assert (on_hand(variant), on_hand(other)) == (10, 3)
    assert books_balance()


def test_lines_of_one_variant_are_taken_together(shop, variant):
    with pytest.raises(Conflict):
        stock.take(shop.ctx, [(variant, "main", 6), (variant, "main", 6)], 1)
    stock.take(shop.ctx, [(variant, "main", 6), (variant, "main", 4)], 1)
    assert on_hand(variant) == 0


def test_units_of_an_open_pool_can_go_back_to_main_as_far_as_there_are(shop, variant):
    stock.open_pool(shop.ctx, "sale:1", {variant: 4})
    stock.to_main(shop.ctx, "sale:1", {variant: 3})
    assert (on_hand(variant), on_hand(variant, "sale:1")) == (9, 1)
    with pytest.raises(Conflict) as caught:
        stock.to_main(shop.ctx, "sale:1", {variant: 2})
    assert (caught.value.code, caught.value.facts["left"]) == ("sold_out", 1)
    assert (on_hand(variant), on_hand(variant, "sale:1")) == (9, 1)
    assert books_balance()


def test_a_pool_takes_from_main_and_flows_back(shop, variant):
    stock.open_pool(shop.ctx, "sale:1", {variant: 4})
    assert (on_hand(variant), on_hand(variant, "sale:1")) == (6, 4)
    stock.take(shop.ctx, [(variant, "sale:1", 3)], 1)
    with pytest.raises(Conflict):
        stock.open_pool(shop.ctx, "sale:1", {variant: 7})
    assert stock.close_pool(shop.ctx, "sale:1") == {variant: 1}
    assert stock.close_pool(shop.ctx, "sale:1") == {}
    stock.give_back(shop.ctx, [(variant, "sale:1", 3)], 1)
    assert (on_hand(variant), on_hand(variant, "sale:1")) == (10, 0)
    with pytest.raises(Conflict) as caught:
        stock.open_pool(shop.ctx, "sale:1", {variant: 1})
    assert caught.value.code == "pool_closed"
    assert books_balance()


def test_case_25_stock_cannot_be_lowered_below_what_is_free(shop, variant):
    stock.take(shop.ctx, [(variant, "main", 8)], 1)
    with pytest.raises(Conflict) as caught:
        stock.adjust(shop.ctx, "A", -3, "count")
    assert (caught.value.code, caught.value.facts["left"]) == ("stock_too_low", 2)
    assert stock.adjust(shop.ctx, "A", -2, "spoiled") == 0
    assert stock.adjust(shop.ctx, "A", 5, "delivery") == 5
    reasons = [move["reason"] for move in movements.of_sku(shop.ctx, "A", limit=2)["items"]]
    assert reasons == ["delivery", "spoiled"]


def test_only_the_stock_of_a_counted_variant_is_changed(shop):
    make(shop.ctx, "free", 0, tracked=False)
    with pytest.raises(Reject, match="not_tracked"):
        stock.adjust(shop.ctx, "free", 1, "x")
    with pytest.raises(NotFound):
        stock.adjust(shop.ctx, "nothing", 1, "x")
    make(shop.ctx, "B", 5)
    with pytest.raises(Reject, match="stock_too_high"):
        stock.adjust(shop.ctx, "B", stock.MOST, "x")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["take", "give", "adjust", "open", "close"]),
            st.sampled_from(["main", "p1", "zz"]),
            st.integers(1, 6),
        ),
        max_size=25,
    )
)
@pytest.mark.sqlite_only
def test_whatever_happens_the_movements_explain_the_stock(shop, steps):
    with db.transaction() as _, db.database.atomic() as undo:
        variant = make(shop.ctx, "H", 10)
        sold: Counter[str] = Counter()
        for what, pool, units in steps:
            try:
                with db.savepoint():
                    if what == "take":
                        stock.take(shop.ctx, [(variant, pool, units)], 1)
                        sold[pool] += units
                    elif what == "give" and sold[pool] >= units:
                        stock.give_back(shop.ctx, [(variant, pool, units)], 1)
                        sold[pool] -= units
                    elif what == "adjust":
                        stock.adjust(shop.ctx, "H", units - 4, "count")
                    elif what == "open" and pool != "main":
                        stock.open_pool(shop.ctx, pool, {variant: units})
                    elif what == "close" and pool != "main":
                        stock.close_pool(shop.ctx, pool)
            except Reject:
                continue
        assert books_balance()
        closed = db.rows("SELECT on_hand FROM stock WHERE closed_at IS NOT NULL")
        assert all(left == 0 for (left,) in closed)
        undo.rollback()


def race(work):
    """Run `work(number)` in many threads at once; what came of each."""
    start, results = threading.Barrier(BUYERS), Counter()

    def buyer(number):
        start.wait()
        try:
            with db.transaction():
                work(number)
            results["sold"] += 1
        except Conflict as refusal:
            results[refusal.code] += 1
        finally:
            db.database.close()

    threads = [threading.Thread(target=buyer, args=(number,)) for number in range(BUYERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_case_21_as_many_are_sold_as_there_are(shop):
    one, two = make(shop.ctx, "A", UNITS), make(shop.ctx, "B", 1000)
    ctx = shop.ctx

    def buy(number):
        lines = [(one, "main", 1), (two, "main", 1)]
        stock.take(ctx, lines if number % 2 else lines[::-1], number)

    assert race(buy) == {"sold": UNITS, "out_of_stock": BUYERS - UNITS}
    assert (on_hand(one), on_hand(two)) == (0, 1000 - UNITS)
    assert books_balance()


@pytest.mark.postgres_only
def test_case_21_control_reading_before_writing_oversells(shop):
    one = make(shop.ctx, "A", UNITS)
    read = threading.Barrier(BUYERS)

    def buy(number):
        left = on_hand(one)
        read.wait()
        assert left >= 1
        db.change("UPDATE stock SET on_hand = ? WHERE variant_id = ?", left - 1, one)

    assert race(buy)["sold"] == BUYERS > UNITS


def test_closing_a_pool_while_it_sells_loses_no_unit(shop):
    one = make(shop.ctx, "A", 20)
    ctx = shop.ctx
    stock.open_pool(ctx, "sale", {one: 15})
    stock.take(ctx, [(one, "sale", 8)], 99)

    def work(number):
        if number == 5:
            stock.close_pool(ctx, "sale")
        elif number % 3:
            stock.take(ctx, [(one, "sale", 1)], number)
        else:
            stock.give_back(ctx, [(one, "sale", 1)], 99)

    race(work)
    assert on_hand(one, "sale") == 0
    taken = db.value("SELECT -SUM(delta) FROM stock_movement WHERE kind IN ('order', 'return')")
    assert on_hand(one) == 20 - taken
    assert books_balance()
