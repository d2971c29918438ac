"""Every pair of the bundled ways of selling on one order, as docs/combining.md says."""

from datetime import timedelta
from itertools import combinations

import pytest

from shop import Reject, db
from shop.bundled import bundled
from shop.carts.quote import Item
from shop.catalog import prices, products
from tests.pages import DOCS, table, text_of
from tests.pairs.ways import COSTS, PRICE, PRICING, SETTINGS, SPENDING, begin, give, has, of

pytestmark = pytest.mark.both_databases

NAMES = sorted(SETTINGS)
HERE = [name for name in NAMES if (bundled("plugins") / name).is_dir()]


def pairs(first, second, both_ways=False):
    """Of those that are installed: a folder that was removed takes its pairs with it."""
    found = [(one, two) for one in first for two in second if one != two]
    if first == second and not both_ways:
        found = list(combinations(first, 2))
    return [pair for pair in found if set(pair) <= set(HERE)]


@pytest.fixture
def pair(request):
    return request.param


@pytest.fixture
def enabled(pair):
    return {name: SETTINGS[name] for name in pair}


@pytest.fixture
def pot(shop):
    return shop.product(PRICE, 50, "POT")


@pytest.fixture
def wang(shop):
    return shop.customer()


def over(what):
    return pytest.mark.parametrize("pair", what, indirect=True, ids="+".join)


# -- two prices: one of them ---------------------------------------------------------------------


@over(pairs(PRICING, PRICING, both_ways=True))
def test_a_line_has_the_price_of_the_plugin_that_is_listed_first(shop, pot, pair):
    line = {}
    for name in pair:
        line |= begin(shop, name, "POT")
    first, second = pair
    quoted = shop.up_to("quoted", [Item("POT", 1, line)])
    assert (quoted.lines[0].source, quoted.lines[0].unit_price) == (first, COSTS[first])
    refused = [problem.code for problem in quoted.problems]
    assert refused == ([f"{second}_other_price"] if second in line else [])
    if refused:
        with pytest.raises(Reject, match=refused[0]):
            shop.up_to("placed", [Item("POT", 1, line)])
    assert shop.fsck() == []


# -- a price, and something that pays of it ------------------------------------------------------


@over(pairs(PRICING, SPENDING) + [(b, a) for a, b in pairs(PRICING, SPENDING)])
def test_half_of_the_price_is_paid_and_comes_back_with_the_goods(shop, pot, wang, pair):
    pricing, spending = sorted(pair, key=PRICING.__contains__, reverse=True)
    line = begin(shop, pricing, "POT")
    give(shop, spending, wang)
    order = shop.up_to(
        "paid", [Item("POT", 2, line)], customer=wang, options={spending: {"spend": "max"}}
    )
    goods = 2 * COSTS[pricing]
    deposit = 6000 if pricing == "trial_then_buy" else 0
    assert (order.goods_kept, order.total) == (goods // 2, goods // 2 + deposit)
    assert has(shop, spending, wang) == 100_000 - goods // 2
    shop.refund(order, {order.lines[0].id: 1})
    assert has(shop, spending, wang) == 100_000 - goods // 4
    shop.cancel(order)
    assert has(shop, spending, wang) == 100_000
    assert shop.seen(order).money_kept == 0
    assert shop.fsck() == []


@over(pairs(["group_buy"], SPENDING))
def test_a_team_that_fails_gives_back_what_paid_of_it(shop, pot, wang, pair):
    line = begin(shop, "group_buy", "POT")
    give(shop, pair[1], wang)
    order = shop.up_to(
        "paid", [Item("POT", 1, line)], customer=wang, options={pair[1]: {"spend": "max"}}
    )
    shop.forward(days=3)
    assert (shop.seen(order).state, shop.seen(order).money_kept) == ("cancelled", 0)
    assert has(shop, pair[1], wang) == 100_000
    assert shop.fsck() == []


@over(pairs(["trial_then_buy"], SPENDING))
def test_what_pays_of_a_fee_counts_when_it_is_bought(shop, pot, wang, pair):
    trials = of("trial_then_buy", "trials")
    line = begin(shop, "trial_then_buy", "POT")
    give(shop, pair[1], wang)
    order = shop.up_to(
        "completed", [Item("POT", 1, line)], customer=wang, options={pair[1]: {"spend": "max"}}
    )
    assert order.total == 500 + 3000
    trials.buy(shop.ctx, trials.of_order(shop.ctx, order.id).id)
    assert shop.seen(order).balance == PRICE - 3000 - 1000
    assert shop.fsck() == []


# -- two that pay --------------------------------------------------------------------------------


@over(pairs(SPENDING, SPENDING, both_ways=True))
def test_both_pay_one_after_the_other_and_both_come_back(shop, pot, wang, pair):
    for name in pair:
        give(shop, name, wang)
    options = {name: {"spend": "max"} for name in pair}
    order = shop.up_to("paid", {pot: 2}, customer=wang, options=options)
    assert order.total == 0
    assert [row.source for row in order.adjustments] == list(pair)
    assert [has(shop, name, wang) for name in pair] == [100_000 - PRICE] * 2
    shop.refund(order, {order.lines[0].id: 1})
    assert [has(shop, name, wang) for name in pair] == [100_000 - PRICE // 2] * 2
    shop.refund(shop.seen(order))
    assert [has(shop, name, wang) for name in pair] == [100_000] * 2
    assert shop.fsck() == []


# -- the former price ----------------------------------------------------------------------------


@pytest.fixture
def pan(shop):
    """It cost 8000 for two months and has cost 7000 since yesterday; 8000 is struck through."""
    then, yesterday = (shop.ctx.at(shop.ctx.now - timedelta(days=days)) for days in (60, 1))
    variant = {"sku": "PAN", "price": PRICE, "compare_at": PRICE, "stock": 50}
    document = {"title": "Pan", "status": "published", "variants": [variant]}
    number = products.create(then, document)
    [made] = products.get(shop.ctx, number)["variants"]
    prices.set_catalogue_price(yesterday, made["id"], 7000)
    return made["id"]


@over(pairs([*PRICING, *SPENDING], ["price_history"]))
def test_only_a_price_that_everybody_has_is_remembered(shop, wang, pan, pair):
    name = pair[0]
    line = begin(shop, name, "PAN") if name in PRICING else {}
    if name in SPENDING:
        give(shop, name, wang)
    options = {name: {"spend": "max"}} if name in SPENDING else {}
    shown = (COSTS[name], 7000) if name == "flash_sale" else (7000, PRICE)
    assert struck(shop) == shown
    shop.up_to("paid", [Item("PAN", 1, line)], customer=wang, options=options)
    assert struck(shop) == shown
    shop.forward(days=1)
    assert struck(shop) == (7000, None if name == "flash_sale" else PRICE)
    [amount] = {
        row[0]
        for row in db.rows(
            "SELECT amount FROM price WHERE variant_id = ? AND source <> 'catalogue'", pan
        )
    } or {None}
    assert amount == (COSTS[name] if name == "flash_sale" else None)
    assert shop.fsck() == []


def struck(shop):
    [variant] = shop.client.get(shop.url("/products/pan")).json["variants"]
    return variant["price"], variant["compare_at"]


# -- the page ------------------------------------------------------------------------------------


def test_the_page_has_every_pair():
    rows = {row[0].replace("`", "") for row in table(text_of(DOCS / "combining.md"))}
    assert rows == {f"{one} + {two}" for one, two in combinations(NAMES, 2)}
