"""Spend at checkout: worth, shares, the least, who may, and exactly what the order says."""

import pytest

from shop import Caller, Conflict, Reject
from shop.carts.quote import Basket, quote
from shop.ledger import ledger
from shop.orders import orders
from shop.orders.orders import Draft

pytestmark = pytest.mark.both_databases


def spends(quote):
    return [item.amount for item in quote.adjustments if item.kind == "spend"]


@pytest.fixture
def look(shop, wang):
    """The quote of a basket of one product, as the customer sees it."""

    def look(price, spend, who=wang):
        asked = shop.basket({price: 1}, {"points": {"spend": spend}})
        caller = Caller("customer", who.id) if who else Caller()
        return quote(shop.context(caller), Basket(asked.items, asked.options, caller.id))

    return look


def test_a_hundred_points_pay_one_yuan(wang, look):
    wang.give(500)
    priced = look(10_000, 300)
    assert (spends(priced), priced.total, priced.problems) == ([-300], 9_700, [])


def test_placing_debits_exactly_what_the_order_says(wang):
    wang.give(500)
    order = wang.order({10_000: 1}, spend=300)
    assert (order.total, wang.has) == (9_700, 200)
    assert [(item.kind, item.source, item.amount) for item in order.adjustments] == [
        ("spend", "points", -300)
    ]


def test_nothing_asked_nothing_spent(wang):
    wang.give(500)
    wang.order({10_000: 1})
    wang.order({10_000: 1}, spend=0)
    assert wang.has == 500


def test_max_is_as_much_as_the_order_takes(wang, look):
    wang.give(100_000)
    assert spends(look(10_000, "max")) == [-5_000]


def test_max_is_no_more_than_he_has(wang, look):
    wang.give(700)
    assert spends(look(10_000, "max")) == [-700]


def test_more_than_the_order_takes_is_cut(wang, look):
    wang.give(100_000)
    priced = look(10_000, 90_000)
    assert (spends(priced), priced.problems) == ([-5_000], [])


def test_more_than_he_has_is_a_problem_with_facts(wang, look):
    wang.give(200)
    priced = look(10_000, 300)
    [problem] = priced.problems
    assert (problem.code, problem.status) == ("insufficient_balance", 409)
    assert problem.facts == {"have": 200, "need": 300}
    with pytest.raises(Reject, match="insufficient_balance") as refused:
        wang.order({10_000: 1}, spend=300)
    assert refused.value.status == 409
    assert wang.has == 200


def test_a_customer_who_has_not_signed_in_spends_nothing(shop, wang, look):
    [problem] = look(10_000, 100, who=None).problems
    assert (problem.code, problem.status) == ("points_sign_in", 422)
    wang.give(500)
    phone = "+8613000009999"
    basket = shop.basket({10_000: 1}, {"points": {"spend": 100}})
    with pytest.raises(Reject, match="points_sign_in"):
        orders.place(shop.context(Caller()), Draft(basket, "Wang", phone))


def test_a_phone_that_was_only_typed_spends_nothing(shop):
    guest = shop.customer(verified=False)
    ledger.grant(shop.ctx, "points", guest, 500, "gift", "test")
    with pytest.raises(Reject, match="points_sign_in"):
        shop.up_to("placed", {10_000: 1}, customer=guest, options={"points": {"spend": 100}})


def test_staff_do_not_spend_a_customer_s_points(shop, wang):
    wang.give(500)
    phone = "+8613000009998"
    basket = shop.basket({10_000: 1}, {"points": {"spend": "max"}})
    with pytest.raises(Reject, match="points_sign_in"):
        orders.place(shop.ctx, Draft(basket, "Wang", phone))


def test_fewer_than_the_least_is_a_problem(wang, look):
    wang.give(500)
    [problem] = look(10_000, 99).problems
    assert (problem.code, problem.facts) == ("points_too_few", {"least": 100})
    assert look(10_000, 100).problems == []


def test_an_order_too_small_for_the_least_says_so_but_max_just_spends_nothing(wang, look):
    wang.give(500)
    [problem] = look(150, 100).problems
    assert (problem.code, problem.facts) == ("points_order_too_small", {"least": 100, "most": 75})
    priced = look(150, "max")
    assert (spends(priced), priced.problems) == ([], [])


def test_pending_points_cannot_be_spent(wang, shop, look):
    wang.order({50_000: 1}, state="completed")
    [problem] = look(10_000, 100).problems
    assert problem.facts == {"have": 0, "need": 100}
    assert spends(look(10_000, "max")) == []


@pytest.mark.parametrize("enabled", [{"points": {"least_share": 20, "greatest_share": 30}}])
def test_the_least_and_the_greatest_share_of_an_order(wang, look):
    wang.give(10_000)
    [problem] = look(10_000, 1_999).problems
    assert (problem.code, problem.facts) == ("points_too_few", {"least": 2_000})
    assert spends(look(10_000, 2_000)) == [-2_000]
    assert spends(look(10_000, "max")) == [-3_000]


@pytest.mark.parametrize("enabled", [{"points": {"greatest_share": 100, "least_points": 0}}])
def test_points_may_pay_a_whole_order_if_the_owner_allows_it(wang, look):
    wang.give(10_000)
    order = wang.order({1_000: 2}, spend="max")
    assert (order.total, order.state, wang.has) == (0, "paid", 8_000)


@pytest.mark.parametrize("enabled", [{"points": {"spend_per_unit": 30, "least_points": 0}}])
def test_points_worth_part_of_a_cent_are_spent_in_whole_ones(wang, look):
    """30 points are 100 fen: 3 are 10, and no fewer pay whole ones."""
    wang.give(100)
    assert spends(look(10_000, 100)) == [-330]
    wang.order({10_000: 1}, spend=100)
    assert wang.has == 1


@pytest.mark.parametrize(
    "enabled",
    [{"points": {"spend_unit": 2, "spend_per_unit": 1, "earn_unit": 10, "least_points": 1}}],
)
def test_a_point_may_be_worth_more_than_the_unit(wang, look):
    wang.give(10)
    priced = look(1_000, "max")
    assert spends(priced) == [-400]
    wang.order({1_000: 1}, spend=1)
    assert wang.has == 9


def test_expected_total_tells_of_a_race(wang):
    wang.give(500)
    goods = wang.shop.product(10_000)
    wang.order({goods: 1}, spend="max", expected_total=9_500)
    with pytest.raises(Conflict, match="quote_changed"):
        wang.order({goods: 1}, spend="max", expected_total=9_500)


def test_an_order_that_is_refused_after_the_debit_debits_nothing(wang, shop):
    wang.give(500)
    goods = shop.product(10_000, stock=0)
    with pytest.raises(Reject, match="out_of_stock"):
        wang.order({goods: 1}, spend=100)
    assert wang.has == 500


def test_the_points_nearest_to_expiry_are_spent_first(wang):
    late, soon = wang.give(300, days=90), wang.give(200, days=30)
    wang.order({10_000: 1}, spend=250)
    assert wang.lots() == {late: 250}
    assert soon not in wang.lots()


def test_case_14_a_wallet_is_spent_once(wang):
    wang.give(100)
    wang.order({10_000: 1}, spend=100)
    with pytest.raises(Reject, match="insufficient_balance"):
        wang.order({10_000: 1}, spend=100)
    assert wang.has == 0
