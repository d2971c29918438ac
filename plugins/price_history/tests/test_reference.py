"""What may be struck through, by the examples of the README and at their edges."""

import pytest

from shop import db
from shop.catalog import catalog, catalog_view, prices, products

MICROSECOND = 1 / 86_400_000_000


@pytest.fixture
def eu(rules):
    rules |= {"profile": "EU"}


def test_a_price_that_the_owner_lowered_is_compared_with_the_one_before(shop, goods):
    pear = goods(1000, compare_at=1000).costs(800, day=-2)
    assert pear.shown() == (800, 1000)
    assert (pear.why()["reason"], pear.why()["reduced_since"]) == ("shown", "2026-04-29T04:00:00Z")


def test_a_price_that_was_never_asked_is_not_struck_through(shop, goods):
    pear = goods(800, compare_at=1500)
    assert (pear.shown(), pear.why()["reason"]) == ((800, None), "no_reduction")


def test_more_than_the_lowest_price_is_lowered_to_it(shop, goods):
    pear = goods(1000, compare_at=1500).costs(800, day=-2)
    assert (pear.shown(), pear.why()["reason"]) == ((800, 1000), "lowered")


def test_less_than_the_lowest_price_stays_as_the_owner_wrote_it(shop, goods):
    assert goods(1000, compare_at=900).costs(800, day=-2).shown() == (800, 900)


def test_what_is_wished_may_not_be_above_the_price_at_all(shop, goods):
    pear = goods(1000, compare_at=800).costs(800, day=-2)
    assert (pear.shown(), pear.why()["reason"]) == ((800, None), "not_above")


def test_a_price_raised_for_the_show_does_not_count(shop, goods):
    pear = goods(800, compare_at=1200).costs(1200, day=-3).costs(800, day=-1)
    assert (pear.shown(), pear.why()["reason"]) == ((800, None), "above_lowest")
    assert pear.why()["lowest"] == {
        "amount": 800, "source": "catalogue",
        "from": "2026-03-02T04:00:00Z", "to": "2026-04-28T04:00:00Z",
    }  # fmt: skip


def test_the_window_ends_where_the_reduction_began_so_it_may_stand_for_longer(shop, goods):
    pear = goods(1000, compare_at=1000).costs(800, day=-30)
    assert pear.shown() == (800, 1000)


@pytest.mark.parametrize(("ended", "shown"), [(0, 1000), (MICROSECOND, None)])
def test_a_low_price_counts_until_the_window_begins_and_not_an_instant_longer(
    shop, goods, ended, shown
):
    pear = goods(1000, compare_at=1000)
    pear.sale(750, day=-12, hours=24 * (3 + ended)).costs(800, day=-2)
    assert pear.shown() == (800, shown)


def test_a_reduced_price_that_rises_is_reduced_no_longer(shop, goods):
    pear = goods(1000, compare_at=1000).costs(700, day=-5).costs(800, day=-2)
    assert (pear.shown(), pear.why()["reason"]) == ((800, None), "risen")


def test_two_reductions_running_are_compared_with_the_price_between(shop, goods):
    pear = goods(1000, compare_at=1000).costs(900, day=-4).costs(800, day=-2)
    assert pear.shown() == (800, 900)


def test_a_price_set_again_as_it_was_begins_nothing_anew(shop, goods):
    pear = goods(1000, compare_at=1000).costs(800, day=-3)
    pear.sale(800, day=-2, hours=24).sale(800, day=-1, hours=None)
    assert (pear.shown(), pear.why()["reduced_since"]) == ((800, 1000), "2026-04-28T04:00:00Z")


def test_changes_that_no_customer_saw_do_not_hide_what_came_before(shop, goods):
    pear = goods(1000, compare_at=1000).costs(800, day=-55)
    for day in range(-50, -1, 2):
        pear.sale(800, day=day, hours=24).sale(900, day=day, hours=30)
    assert pear.shown() == (800, 1000)
    assert pear.why()["reduced_since"] == "2026-03-07T04:00:00Z"


# -- prices of plugins -------------------------------------------------------------------------


def test_a_sale_is_compared_with_the_normal_price(shop, goods):
    pear = goods(1000).sale(700, day=-0.5, hours=24)
    assert (pear.shown(), pear.why()["reason"]) == ((700, 1000), "shown")
    shop.forward(hours=12)
    assert (pear.shown(), pear.why()["reason"]) == ((1000, None), "not_wished")


def test_a_sale_that_comes_every_day_is_a_reduction_on_the_first_day_only(shop, goods):
    pear = goods(1000, began=-20)
    for day in range(9):
        pear.sale(700, day=day)
    seen = []
    for _ in range(9):
        seen.append(pear.shown())
        shop.forward(days=1)
    assert seen == [(700, 1000)] + [(700, None)] * 8


def test_seven_days_after_the_last_sale_the_next_is_a_reduction_again(shop, goods):
    pear = goods(1000, began=-20).sale(700, day=-7.5, hours=12).sale(700, day=0)
    assert pear.shown() == (700, 1000)
    early = goods(1000, began=-20, sku="PLUM").sale(700, day=-7.5, hours=12.01).sale(700, day=0)
    assert early.shown() == (700, None)


def test_a_deeper_sale_is_compared_with_the_sale_before(shop, goods):
    pear = goods(1000).sale(800, day=-3).sale(600, day=0)
    assert pear.shown() == (600, 800)


def test_units_set_apart_at_a_price_were_on_offer_to_everyone(shop, goods):
    pear = goods(1000, compare_at=1000).sale(750, day=-3, pool="bargain:1").costs(800, day=-1)
    assert (pear.shown(), pear.why()["lowest"]["source"]) == ((800, None), "bargain")


def test_units_set_apart_at_no_lower_price_show_nothing_and_hide_nothing(shop, goods):
    pear = (
        goods(1000, compare_at=1000)
        .costs(800, day=-2)
        .sale(900, day=-1, hours=99, pool="bargain:1")
    )
    assert pear.shown() == (800, 1000)


def test_of_rows_that_overlapped_the_lowest_counts_whoever_stands_first_now(shop, goods):
    pear = goods(1000, compare_at=1000)
    pear.sale(950, day=-4, hours=24).sale(850, day=-4, hours=12, source="second")
    assert pear.costs(800, day=-1).shown() == (800, 850)


def test_while_a_lower_row_than_the_price_shown_is_in_force_nothing_is_struck_through(shop, goods):
    pear = goods(1000, compare_at=1000)
    pear.sale(900, day=-1, hours=None).sale(800, day=-1, hours=None, source="second")
    assert (pear.shown(), pear.why()["reason"]) == ((900, None), "other_price")


def test_a_price_above_the_catalogues_is_no_reduction(shop, goods):
    pear = goods(1500, compare_at=1500).costs(1000, day=-9).sale(1200, day=-1, hours=None)
    assert (pear.shown(), pear.why()["reason"]) == ((1200, None), "other_price")


def test_what_a_plugin_sold_at_counts_though_it_is_switched_off(shop, goods):
    pear = goods(1000, compare_at=1000).sale(700, day=-3).costs(800, day=-1)
    off = shop.without("bargain")
    assert pear.shown(off) == (800, None)


def test_a_sale_switched_off_before_its_end_hides_the_former_price_until_then(shop, goods):
    pear = goods(1000, compare_at=1000).costs(900, day=-1).sale(700, day=-0.5, hours=24)
    off = shop.without("bargain")
    assert pear.shown(off) == (900, None)


def test_a_price_row_that_never_began_never_was_a_price(shop, goods):
    pear = goods(1000, compare_at=1000).costs(800, day=-1).sale(500, day=3)
    prices.end_prices(shop.ctx, "bargain", variant_ids=[pear.id])
    assert pear.shown() == (800, 1000)


def test_ending_a_sale_keeps_what_it_sold_at(shop, goods):
    pear = goods(1000).sale(700, day=-1, hours=99)
    prices.end_prices(shop.ctx, "bargain", variant_ids=[pear.id])
    pear.sale(700, day=0.0001)
    shop.forward(minutes=1)
    assert pear.shown() == (700, None)


def test_two_changes_in_one_instant_leave_the_last(shop, goods):
    pear = goods(1000, compare_at=1000).costs(300, day=-2).costs(800, day=-2)
    assert pear.shown() == (800, 1000)


# -- new things --------------------------------------------------------------------------------


def test_a_new_product_has_no_former_price(shop, goods):
    pear = goods(1000, began=-0.9, compare_at=1000).costs(800)
    assert (pear.shown(), pear.why()["reason"]) == ((800, None), "no_history")


def test_a_product_sold_for_a_day_has_one(shop, goods):
    assert goods(1000, began=-1, compare_at=1000).costs(800).shown() == (800, 1000)


def test_it_stays_new_however_long_the_reduction_stands(shop, goods):
    pear = goods(1000, began=-10, compare_at=1000).costs(800, day=-9.5)
    assert pear.shown() == (800, None)


def test_a_variant_made_again_begins_anew(shop, goods):
    pear = goods(800)
    products.delete(shop.ctx, pear.product)
    again = goods(1200, began=0, compare_at=1200).costs(800)
    assert again.shown() == (800, None)


# -- the profile EU ----------------------------------------------------------------------------


@pytest.mark.usefixtures("eu")
class TestEU:
    def test_thirty_days_are_looked_back(self, shop, goods):
        pear = goods(1000, compare_at=1000).sale(800, day=-25).costs(850, day=-1)
        assert pear.shown() == (850, None)
        plum = goods(1000, compare_at=1000, sku="PLUM").sale(800, day=-32).costs(850, day=-1)
        assert plum.shown() == (850, 1000)

    def test_what_is_younger_has_no_former_price(self, shop, goods):
        pear = goods(1000, began=-31, compare_at=1000).costs(800, day=-2)
        plum = goods(1000, began=-32, compare_at=1000, sku="PLUM").costs(800, day=-2)
        assert (pear.shown(), plum.shown()) == ((800, None), (800, 1000))


class TestProgressive:
    @pytest.fixture
    def rules(self):
        return {"profile": "EU", "progressive": True}

    def test_reductions_without_a_break_are_compared_with_the_price_before_the_first(
        self, shop, goods
    ):
        pear = goods(1000, compare_at=1000).costs(900, day=-20).costs(800, day=-2)
        assert (pear.shown(), pear.why()["reduced_since"]) == ((800, 1000), "2026-04-11T04:00:00Z")

    def test_what_was_asked_before_the_first_still_counts(self, shop, goods):
        pear = goods(1000, compare_at=1000).sale(850, day=-22).costs(900, day=-20)
        assert pear.costs(800, day=-2).shown() == (800, 850)

    def test_a_price_that_stood_for_longer_than_the_window_is_a_normal_one(self, shop, goods):
        pear = goods(1000, began=-90, compare_at=1000).costs(900, day=-40).costs(800, day=-2)
        assert pear.shown() == (800, 900)

    def test_a_rise_between_ends_it(self, shop, goods):
        pear = goods(1000, compare_at=1000).costs(850, day=-20).costs(900, day=-10)
        assert pear.costs(800, day=-2).shown() == (800, 850)


class TestOwnDays:
    @pytest.fixture
    def rules(self):
        return {"days": 10, "least_days": 0}

    def test_an_owner_may_look_back_further(self, shop, goods):
        pear = goods(1000, compare_at=1000).sale(800, day=-9).costs(850, day=-1)
        assert pear.shown() == (850, None)

    def test_and_may_call_a_new_thing_reduced(self, shop, goods):
        assert goods(1000, began=-0.1, compare_at=1000).costs(800).shown() == (800, 1000)


# -- what it answers, and to whom --------------------------------------------------------------


def test_there_is_nothing_to_say_of_what_always_cost_the_same(shop, goods):
    assert goods(1000).reference() == "nothing"


def test_a_sale_that_is_still_to_come_is_compared_with_the_lowest_price_until_now(shop, goods):
    """A list of coming sales asks before they begin."""
    pear = goods(500).costs(1000, day=-3).sale(700, day=2)
    assert pear.reference() == 500
    plum = goods(1000, sku="PLUM").sale(700, day=2)
    assert plum.reference() == 1000
    fig = goods(1000, began=0, sku="FIG")
    assert fig.reference() is None


def test_a_catalogue_of_many_asks_one_statement(shop, goods):
    for n in range(3):
        goods(1000, sku=f"A{n}", compare_at=1000).costs(800, day=-2)
    for n in range(17):
        goods(1000, sku=f"B{n}").sale(700, day=-1, hours=None)
    ids = [row[0] for row in db.rows("SELECT id FROM variant")]
    counted = []
    with db.watched(counted.append):
        found = catalog_view.reference_prices(shop.ctx, ids)
    assert (len(counted), set(found.values())) == (1, {1000})
    counts = []
    for one in (shop, shop.without("price_history")):
        catalog.list_products(one.ctx)
        counted.clear()
        with db.watched(counted.append):
            catalog.list_products(one.ctx)
        counts.append(len(counted))
    assert counts[0] - counts[1] == 1


def test_others_stores_are_not_read(shop, goods):
    pear = goods(1000, compare_at=1000).costs(800, day=-2)
    db.run("UPDATE price SET store = 'other'")
    db.run("UPDATE variant SET store = 'other'")
    assert pear.reference() == "nothing"


def test_a_failing_database_row_hides_rather_than_lies(shop, goods, monkeypatch):
    pear = goods(1000, compare_at=1000).costs(800, day=-2)
    monkeypatch.setattr("shop_plugins.price_history.judging._judge", lambda *_: 1 / 0)
    assert pear.shown() == (800, None)


def test_switched_off_the_owners_word_counts_again(shop, goods):
    pear = goods(800, compare_at=1500)
    assert (pear.shown(), pear.shown(shop.without("price_history"))) == ((800, None), (800, 1500))
