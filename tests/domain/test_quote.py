from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields

from shop import db
from shop.carts.quote import (
    Adjustment,
    Basket,
    Item,
    LinePrice,
    Problem,
    Quote,
    QuoteLine,
    quote,
)
from shop.catalog import products
from shop.errors import Invalid, PluginFailure
from shop.plugin import Plugin, hookimpl


class GiftOptions(Schema):
    wrap = fields.Boolean()


class Gift(Plugin):
    """Answers whatever a test puts into `answers`."""

    name = "gift"
    LineOptions = GiftOptions
    answers: dict = {}

    @hookimpl
    def price_lines(self, ctx, lines):
        return self._answer("price_lines", lines)

    @hookimpl
    def adjust_quote(self, quote, lane):
        return self._answer(lane, quote)

    @hookimpl
    def check_quote(self, quote):
        return self._answer("check_quote", quote)

    def _answer(self, what, given):
        answer = self.answers.get((self.name, what), self.answers.get(what))
        return answer(given) if callable(answer) else answer


class Club(Gift):
    name = "club"
    LineOptions = None


@pytest.fixture
def plugins():
    Gift.answers.clear()
    return (Gift, Club)


@pytest.fixture
def stores_toml():
    return "[stores.orchard.plugins.gift]\n[stores.orchard.plugins.club]\n"


@pytest.fixture
def ctx(shop):
    for sku, price in (("APPLE", 1000), ("PEAR", 999)):
        products.create(
            shop.ctx,
            {
                "title": sku.title(),
                "status": "published",
                "variants": [{"sku": sku, "price": price, "stock": 5}],
            },
        )
    return shop.ctx


def basket(**quantities):
    return Basket([Item(sku, quantity) for sku, quantity in quantities.items()])


def test_catalogue_prices_make_the_total(ctx):
    priced = quote(ctx, basket(APPLE=2, PEAR=1))
    assert [line.amount for line in priced.lines] == [2000, 999]
    assert (priced.subtotal, priced.total, priced.problems) == (2999, 2999, [])


def test_the_plugin_listed_first_wins_a_line(ctx):
    Gift.answers["club", "price_lines"] = {0: LinePrice(500, "club"), 1: LinePrice(400, "club")}
    Gift.answers["gift", "price_lines"] = {0: LinePrice(800, "gift")}
    priced = quote(ctx, basket(APPLE=1, PEAR=1))
    assert [(line.unit_price, line.source) for line in priced.lines] == [
        (800, "gift"),
        (400, "club"),
    ]


def test_discounts_all_see_one_base_and_spends_see_what_is_left(ctx):
    half = lambda priced: [Adjustment("discount", -(priced.total // 2), "half")]  # noqa: E731
    Gift.answers["discount"] = half
    Gift.answers["spend"] = lambda priced: [
        Adjustment("spend", -max(priced.total - 1, 0), "credit")
    ]
    priced = quote(ctx, basket(APPLE=2))
    assert [item.amount for item in priced.adjustments] == [-1000, -1000]
    Gift.answers["discount"] = lambda priced: [Adjustment("discount", -500, "five")]
    priced = quote(ctx, basket(APPLE=2))
    assert [item.amount for item in priced.adjustments] == [-500, -500, -999]
    assert priced.total == 1


def test_case_17_a_lane_stops_at_zero_and_the_last_listed_is_cut(ctx):
    Gift.answers["discount"] = [Adjustment("discount", -1500, "big")]
    priced = quote(ctx, basket(APPLE=2))
    assert [(item.source, item.amount) for item in priced.adjustments] == [
        ("gift", -1500),
        ("club", -500),
    ]
    assert priced.total == 0


def test_a_discount_on_some_lines_takes_no_more_than_they_hold(ctx):
    Gift.answers["gift", "discount"] = [Adjustment("discount", -5000, "pears", lines=(1,))]
    priced = quote(ctx, basket(APPLE=1, PEAR=1))
    assert priced.total == 1000
    assert priced.shares() == [[0, -999]]


def test_fees_and_deposits_are_added_and_not_split(ctx):
    Gift.answers["gift", "fee"] = [Adjustment("fee", 200, "box"), Adjustment("deposit", 50, "jar")]
    priced = quote(ctx, basket(APPLE=1))
    assert priced.total == 1250
    assert priced.shares() == [[0], [0]]


def test_an_empty_basket_costs_nothing_and_asks_no_plugin(ctx):
    Gift.answers["gift", "discount"] = [Adjustment("discount", -1, lines=(0,))]
    Gift.answers["gift", "fee"] = [Adjustment("fee", 200, "box")]
    priced = quote(ctx, basket())
    assert (priced.total, priced.adjustments) == (0, [])


def test_checks_become_problems(ctx):
    Gift.answers["gift", "check_quote"] = [Problem("over_limit", 0, facts={"limit": 1})]
    assert [item.code for item in quote(ctx, basket(APPLE=1)).problems] == ["over_limit"]


@pytest.mark.parametrize(
    "hook, answer",
    [
        ("price_lines", {0: 500}),
        ("price_lines", {0: LinePrice(-1)}),
        ("price_lines", {0: LinePrice(float("nan"))}),
        ("price_lines", {0: LinePrice(True)}),
        ("discount", "garbage"),
        ("discount", [Adjustment("discount", 100)]),
        ("discount", [Adjustment("fee", 100)]),
        ("discount", [Adjustment("discount", float("nan"))]),
        ("discount", [Adjustment("discount", -1, lines=(7,))]),
        ("spend", [Adjustment("spend", "1")]),
        ("fee", [Adjustment("fee", -100)]),
        ("check_quote", ["over_limit"]),
    ],
)
def test_case_51_an_answer_that_a_hook_may_not_give_fails_by_name(ctx, hook, answer):
    Gift.answers["gift", hook] = answer
    with pytest.raises(PluginFailure) as failed:
        quote(ctx, basket(APPLE=1))
    assert failed.value.plugin == "gift"


def test_case_49_a_quote_hook_that_raises_fails_the_quote_by_name(ctx):
    def broken(given):
        raise ZeroDivisionError

    Gift.answers["club", "price_lines"] = broken
    with pytest.raises(PluginFailure, match="club, hook price_lines: ZeroDivisionError"):
        quote(ctx, basket(APPLE=1))


def test_a_quote_hook_that_writes_is_refused(ctx):
    def writing(given):
        db.run("UPDATE product SET title = 'x'")

    Gift.answers["gift", "discount"] = writing
    with pytest.raises(PluginFailure, match="may only read"):
        quote(ctx, basket(APPLE=1))


def test_options_of_a_plugin_that_is_off_or_knows_no_such_field_are_refused(ctx):
    for options in ({"stranger": {}}, {"club": {}}, {"gift": {"bow": True}}):
        with pytest.raises(Invalid):
            quote(ctx, Basket([Item("APPLE", 1, options)]))
    assert quote(ctx, Basket([Item("APPLE", 1, {"gift": {"wrap": True}})])).total == 1000


def test_lines_of_one_variant_share_its_units(ctx):
    priced = quote(ctx, Basket([Item("APPLE", 3), Item("APPLE", 3)]))
    assert [(item.code, item.line) for item in priced.problems] == [("out_of_stock", 1)]


def test_every_unknown_sku_is_named(ctx):
    with pytest.raises(Invalid) as refused:
        quote(ctx, basket(APPLE=1, PLUM=1, FIG=1))
    assert [item["path"] for item in refused.value.facts["errors"]] == [
        "lines.1.sku",
        "lines.2.sku",
    ]


@settings(suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=12),
    st.lists(st.tuples(st.sampled_from(["discount", "spend"]), st.integers(1, 10**6)), max_size=6),
)
def test_shares_sum_to_each_adjustment_and_leave_no_line_below_zero(amounts, asked):
    lines = [
        QuoteLine(i, 0, i + 1, 1, str(i), "", 1, amount, {}, None, False, None)
        for i, amount in enumerate(amounts)
    ]
    priced = Quote(lines, "CNY", {}, None, None, None)
    for kind, amount in sorted(asked):
        amount = min(amount, priced.left())
        if amount:
            more = [*priced.adjustments, Adjustment(kind, -amount)]
            priced = replace(priced, adjustments=more)
    shares = priced.shares()
    for item, share in zip(priced.adjustments, shares, strict=True):
        assert sum(share) == item.amount
    for line in lines:
        assert line.amount + sum(share[line.index] for share in shares) >= 0
