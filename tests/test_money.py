import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import money

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@given(AMOUNTS, WEIGHTS)
def test_parts_sum_to_the_amount_and_none_points_the_other_way(amount, weights):
    parts = money.allocate(amount, weights)
    assert sum(parts) == amount
    assert all(part * amount >= 0 for part in parts)


@given(AMOUNTS, WEIGHTS)
def test_each_part_is_within_one_unit_of_its_exact_share(amount, weights):
    whole = sum(weights)
    for part, weight in zip(money.allocate(amount, weights), weights, strict=True):
        if whole:
            assert abs(part * whole - amount * weight) < whole


@given(WEIGHTS, st.data())
def test_a_discount_no_larger_than_the_lines_takes_no_line_below_zero(weights, data):
    discount = data.draw(st.integers(0, sum(weights)))
    parts = money.allocate(-discount, weights)
    assert all(weight + part >= 0 for weight, part in zip(weights, parts, strict=True))


@given(st.integers(0, 10**9), st.integers(1, 500), st.data())
def test_units_of_a_line_are_worth_its_amount_whatever_the_steps(amount, units, data):
    cuts = sorted(data.draw(st.sets(st.integers(1, units))) | {0, units})
    steps = [money.share(amount, units, a, b) for a, b in itertools.pairwise(cuts)]
    assert sum(steps) == amount
    assert min(steps) >= 0


@pytest.mark.parametrize(
    "text, currency, minor",
    [("19.90", "CNY", 1990), ("19.9", "CNY", 1990), ("5", "JPY", 5), ("0", "CNY", 0)],
)
def test_an_amount_in_words_of_a_sheet_is_read_exactly(text, currency, minor):
    assert money.parse(text, currency) == minor
    assert money.parse(money.plain(minor, currency), currency) == minor


@pytest.mark.parametrize(
    "text, currency",
    [("0.1e1", "CNY"), ("1.50", "JPY"), ("1.999", "CNY"), ("NaN", "CNY"), ("1_0", "CNY"),
     ("", "CNY"), ("1,000", "CNY"), ("9" * 30, "CNY")],
)  # fmt: skip
def test_case_04_what_is_finer_than_the_minor_unit_or_no_number_is_refused(text, currency):
    with pytest.raises(ValueError, match=r".+"):
        money.parse(text, currency)


def test_people_read_amounts_in_their_language():
    assert money.show(1990, "CNY", "zh_Hans") == "¥19.90"
    assert money.show(1990, "CNY", "en") == "CN¥19.90"


@pytest.mark.parametrize(
    "digits, currencies",
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
        (2, "CNY EUR USD RSD LBP AFN ALL IRR KPW LAK MGA MMK PKR SOS SYP TZS UZS YER COP HUF IDR"),
    ],
)
def test_minor_units_are_those_of_iso_4217(digits, currencies):
    """Read, written to files, and shown to people with the same digits, whatever CLDR displays."""
    for currency in currencies.split():
        assert money.precision(currency) == digits, currency
        text = "7" + (f".{'123456'[:digits]}" if digits else "")
        minor = int(text.replace(".", ""))
        assert money.parse(text, currency) == minor
        assert money.plain(minor, currency) == text
        assert text in money.show(minor, currency, "en")
        with pytest.raises(ValueError, match="finer"):
            money.parse("7." + "1" * (digits + 1), currency)


def test_every_currency_of_another_minor_unit_is_one_that_a_store_can_have():
    """UYW (2018) is too young for some tables of names."""
    unknown = {code for code in money.EXPONENTS if not money.is_currency(code)}
    assert unknown <= {"UYW"}
