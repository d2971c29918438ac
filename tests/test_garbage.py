"""Case 51: what a hook answers is checked, whatever it is, and refused by its plugin's name."""

from decimal import Decimal

import pytest

from shop import db, money
from shop.carts.hook_results import EXTENSION, FACTS, KEY, LABEL, MOST
from shop.carts.quote import Adjustment, Basket, Item, LinePrice, Problem, quote
from shop.catalog import catalog
from shop.errors import PluginFailure
from shop.orders import order_view, orders
from shop.payments import payments
from shop.plugin import Plugin, hookimpl
from shop.plugins import presenting
from tests import factory

pytestmark = pytest.mark.sqlite_only

NAN, BIG = float("nan"), money.MAX + 1
DEEP: dict = {}
for _ in range(50):
    DEEP = {"x": DEEP}


class Babbler(Plugin):
    """Says what a test puts into `says`."""

    name = "babbler"
    says: dict = {}

    @hookimpl
    def price_lines(self, lines):
        return self.says.get("price_lines")

    @hookimpl
    def adjust_quote(self, quote, lane):
        return self.says.get(lane)

    @hookimpl
    def check_quote(self, quote):
        return self.says.get("check_quote")

    @hookimpl
    def check_cancel(self, order):
        return self.says.get("check_cancel")

    @hookimpl
    def reference_price(self, variants):
        return self.says.get("reference_price")

    @hookimpl
    def present(self, kind, objects):
        return self.says.get("present")


@pytest.fixture
def plugins():
    Babbler.says = {}
    return (Babbler,)


@pytest.fixture
def stores_toml():
    return "[stores.orchard.plugins.babbler]\n"


@pytest.fixture
def ctx(shop):
    factory.product(shop.ctx, sku="APPLE", price=1000, units=9)
    return shop.ctx


def look(ctx):
    return quote(ctx, Basket([Item("APPLE", 1), Item("APPLE", 1)]))


def refused(ctx, hook, answers, where=""):
    """Each of the answers fails the quote by the plugin's name and the hook's."""
    for times, answer in enumerate(answers, 1):
        Babbler.says = {where or hook: answer}
        print(f"{answer!r:.200}")  # shown by the test that fails
        with pytest.raises(PluginFailure) as failed:
            look(ctx)
        assert (failed.value.plugin, failed.value.hook) == ("babbler", hook)
        assert ctx.plugins.failures["babbler", hook] == times


SHAPES = ["garbage", b"garbage", 7, True, NAN, Decimal(1), object(), {1, 2}, iter([1])]
"""neither a dict nor a list"""
AMOUNTS = [NAN, float("inf"), 1.0, True, Decimal(1), "1", None, BIG, 10**40, [1]]
TEXTS = [None, 7, b"x", "a\0b", "\ud800"]
NO_OBJECTS = [
    None, [], "x", {1: 2}, {"x": NAN}, {"x": Decimal(1)}, {"x": object()}, {"x": 2**63},
    {"x": {1, 2}}, {"x": b"x"}, DEEP,
]  # fmt: skip
"""what is no JSON object"""

# -- price_lines -----------------------------------------------------------------------------


def test_case_51_prices_that_are_no_dict(ctx):
    refused(ctx, "price_lines", [*SHAPES, [LinePrice(1)], (LinePrice(1),)])


def test_case_51_a_price_of_a_line_that_there_is_not(ctx):
    indexes = [2, -1, 1.0, True, "0", None, NAN]
    refused(ctx, "price_lines", [{index: LinePrice(1)} for index in indexes])


def test_case_51_a_price_that_is_no_line_price(ctx):
    prices = [500, "5.00", None, {"amount": 5}, Adjustment("fee", 5)]
    refused(ctx, "price_lines", [{0: price} for price in prices])


def test_case_51_a_price_that_is_no_amount(ctx):
    refused(ctx, "price_lines", [{0: LinePrice(amount)} for amount in [*AMOUNTS, -1]])


def test_case_51_a_label_that_no_column_takes(ctx):
    refused(ctx, "price_lines", [{0: LinePrice(1, label)} for label in [*TEXTS, "x" * (LABEL + 1)]])


def test_case_51_the_pool_of_another_plugin(ctx):
    pools = ["points", "points:x", "babblers", "babbler:" + "x" * KEY, 7, True, "babbler:\0"]
    refused(ctx, "price_lines", [{0: LinePrice(1, pool=pool)} for pool in pools])


def test_case_51_an_offer_that_is_no_small_json(ctx):
    offers = [*NO_OBJECTS, {"x": "y" * FACTS}]
    refused(ctx, "price_lines", [{0: LinePrice(1, offer=offer)} for offer in offers])


# -- adjust_quote ----------------------------------------------------------------------------

LANES = [("discount", -1), ("spend", -1), ("fee", 1)]


def adjusted(ctx, lane, items):
    refused(ctx, "adjust_quote", [[item] for item in items], lane)


@pytest.mark.parametrize("lane, sign", LANES)
def test_case_51_adjustments_that_are_no_list_of_them(ctx, lane, sign):
    mixed = [Adjustment(lane, sign), None]
    answers = [*SHAPES, {lane: sign}, [None], ["x"], [sign], [Problem("x")], mixed]
    refused(ctx, "adjust_quote", answers, lane)


@pytest.mark.parametrize("lane, sign", LANES)
def test_case_51_an_adjustment_that_is_no_amount(ctx, lane, sign):
    amounts = [sign * BIG, -sign, *(amount for amount in AMOUNTS if type(amount) is not int)]
    adjusted(ctx, lane, [Adjustment(lane, amount) for amount in amounts])


@pytest.mark.parametrize("lane, sign", LANES)
def test_case_51_an_adjustment_of_the_wrong_kind_for_the_lane(ctx, lane, sign):
    good = {"fee", "deposit"} if lane == "fee" else {lane}
    kinds = {"discount", "spend", "fee", "deposit", "bribe", "", None, 7, lane.upper()} - good
    adjusted(ctx, lane, [Adjustment(kind, sign * one) for kind in kinds for one in (1, -1)])


def test_case_51_an_adjustment_of_lines_that_there_are_not(ctx):
    lines = [(2,), (-1,), (0, 0), (), (0, 1, 2), (True,), ("0",), (1.0,), 0, "0", {0}]
    adjusted(ctx, "discount", [Adjustment("discount", -1, lines=some) for some in lines])


def test_case_51_words_of_an_adjustment_that_no_column_takes(ctx):
    labels, keys = [*TEXTS, "x" * (LABEL + 1)], [*TEXTS, "x" * (KEY + 1)]
    items = [Adjustment("fee", 1, label=label) for label in labels]
    adjusted(ctx, "fee", items + [Adjustment("fee", 1, key=key) for key in keys])


def test_case_51_more_adjustments_and_problems_than_a_quote_holds(ctx):
    refused(ctx, "adjust_quote", [[Adjustment("fee", 1)] * (MOST + 1)], "fee")
    refused(ctx, "check_quote", [[Problem("too_sunny")] * (MOST + 1)])


def test_case_51_an_adjustment_bears_its_own_plugins_name(ctx):
    Babbler.says = {"discount": [Adjustment("discount", -1, source="points")]}
    assert [item.source for item in look(ctx).adjustments] == ["babbler"]


# -- check_quote -----------------------------------------------------------------------------


def test_case_51_problems_that_are_no_list_of_them(ctx):
    answers = [*SHAPES, {"x": 1}, ["too_sunny"], [None], [LinePrice(1)], [Problem("x"), "x"]]
    refused(ctx, "check_quote", answers)


def test_case_51_a_problem_that_is_none(ctx):
    wrong = {
        "code": ["", "Too sunny", "x" * 65, "x\n", 7, None],
        "line": [2, -1, True, "0", 0.0],
        "status": [200, 500, 399, "422", True, None, 422.0],
        "facts": [*NO_OBJECTS, {"status": 200}, {"detail": "x"}, {"x": "y" * FACTS}],
    }
    problems = [
        Problem(**({"code": "x"} | {name: value})) for name, some in wrong.items() for value in some
    ]
    refused(ctx, "check_quote", [[problem] for problem in problems])


def test_case_51_a_reason_against_a_cancel_that_is_none(ctx):
    order = orders.place(ctx, orders.Draft(Basket([Item("APPLE", 1)]), "Li", "+8613000000001"))
    payments.record(ctx, order.id, "manual", "transfer", order.total)
    wrong = [*SHAPES, ["x"], [Problem("Too late")], [Problem("x", 1)], [Problem("x", status=500)]]
    for answer in wrong:
        Babbler.says = {"check_cancel": answer}
        with pytest.raises(PluginFailure) as failed:
            orders.cancel_by_customer(ctx, order.id)
        assert (failed.value.plugin, failed.value.hook) == ("babbler", "check_cancel")
        assert order_view.load(ctx, order.id).state == "paid"


# -- reference_price and present: left out, the page goes on ----------------------------------


def test_case_51_a_reference_price_that_is_none_strikes_nothing_through(ctx, caplog):
    variant = db.value("SELECT id FROM variant")
    db.run("UPDATE variant SET compare_at = 2000")
    struck = lambda: catalog.get_product(ctx, "apple")["variants"][0]["compare_at"]  # noqa: E731
    assert struck() == 2000
    amounts = [NAN, -1, "1", True, Decimal(1), BIG, 1.0]
    answers = [*SHAPES, [1], {variant + 1: 1}, {str(variant): 1}, {None: 1}]
    answers += [{variant: amount} for amount in amounts]
    for times, answer in enumerate(answers, 1):
        Babbler.says = {"reference_price": answer}
        assert struck() is None, answer
        assert ctx.plugins.failures["babbler", "reference_price"] == times
    assert "babbler failed in reference_price" in caplog.text


def test_case_51_an_extension_that_is_no_small_json_is_left_out(ctx, caplog):
    shown = lambda: presenting.extensions(ctx, "product", [{"id": 1}])  # noqa: E731
    Babbler.says = {"present": {1: {"words": "fine"}}}
    assert shown() == {1: {"babbler": {"words": "fine"}}}
    words = [*NO_OBJECTS, {"x": "y" * EXTENSION}]
    for times, answer in enumerate([*SHAPES, [{}], *({1: one} for one in words)], 1):
        Babbler.says = {"present": answer}
        assert shown() == {}, answer
        assert ctx.plugins.failures["babbler", "present"] == times
    assert "babbler failed in present" in caplog.text


# -- what is right ---------------------------------------------------------------------------


def test_the_most_that_may_be_said_is_taken(ctx):
    Babbler.says = {
        "price_lines": {0: LinePrice(0, "x" * LABEL, "", {"x": [1, None, True, 1.5, "苹果"]})},
        "fee": [Adjustment("fee", 1, "x" * LABEL, "k" * KEY)] * MOST,
        "check_quote": (Problem("x" * 64, 1, 409, {"left": 0}),),
    }
    priced = look(ctx)
    assert priced.total == 1000 + MOST
    assert [item.code for item in priced.problems] == ["x" * 64]
