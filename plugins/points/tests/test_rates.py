"""The rounding: nothing is minted, nothing is lost, and what an order says is what is debited."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop_plugins.points.rates import Rate, rate

pytestmark = pytest.mark.filterwarnings("error")
numbers = st.integers(1, 10_000)
amounts = st.integers(0, 10**9)
currencies = st.sampled_from(["CNY", "JPY", "BHD"])


@given(numbers, numbers, currencies)
def test_a_rate_is_in_lowest_terms_and_exact(points, units, currency):
    digits = {"CNY": 2, "JPY": 0, "BHD": 3}[currency]
    made = rate(points, units, currency)
    assert Fraction(made.points, made.minor) == Fraction(points, units * 10**digits)
    assert Fraction(*made).denominator == made.minor


@given(numbers, numbers, amounts)
def test_earnings_are_rounded_down_by_less_than_a_point(points, minor, base):
    made = Rate(points, minor)
    exact = Fraction(base * points, minor)
    assert made.earned(base) <= exact < made.earned(base) + 1
    assert made.earned(-base) == 0


@given(numbers, numbers, st.lists(amounts, min_size=2, max_size=5))
def test_less_money_kept_never_earns_more(points, minor, bases):
    made, bases = Rate(points, minor), sorted(bases)
    earned = [made.earned(base) for base in bases]
    assert earned == sorted(earned)


@given(numbers, numbers, currencies, amounts)
def test_points_and_their_worth_are_the_same_thing(points, units, currency, amount):
    made = rate(points, units, currency)
    paying = made.paying(amount)
    assert made.worth(paying) <= amount < made.worth(paying + made.points)
    assert made.exactly(made.worth(paying)) == paying
    assert made.whole(paying) == paying
    costing = made.costing(amount)
    assert made.worth(costing) >= amount > made.worth(costing - made.points) or not amount


def test_an_amount_between_two_points_is_nobody_s():
    with pytest.raises(ValueError, match="no number of points"):
        Rate(1, 10).exactly(15)
