"""`shop trial-then-buy`, as its user reads it."""

import pytest

from shop.carts.quote import Basket, Item
from shop.catalog import products
from shop.orders import order_view, orders
from shop.payments import payments
from shop.pickup import pickup
from shop_plugins.trial_then_buy import offers, trials


@pytest.fixture
def run(own_shop):
    """`run("report")` in a shop of its own: one trial was bought, one runs."""
    return own_shop("trial-then-buy", _fill, trial_then_buy={})


def _fill(ctx):
    variant = {"sku": "POT", "price": 8000, "stock": 9}
    products.create(ctx, {"title": "Pot", "status": "published", "variants": [variant]})
    offer = offers.create(ctx, {"sku": "POT", "fee": 500, "deposit": 2000})
    terms = offers.running(ctx, [offer.id])[offer.id][3]
    options = {"trial_then_buy": {"offer": offer.id, "accept": terms.version}}
    for phone in ("+8613000000001", "+8613000000002"):
        basket = Basket([Item("POT", 1, options)])
        order = orders.place(ctx, orders.Draft(basket, "Wang", phone))
        payments.record(ctx, order.id, "manual", "transfer", order.total)
        pickup.hand_out(ctx, order.id, None)
    trials.buy(ctx, trials.of_order(ctx, order.id).id)
    assert order_view.load(ctx, order.id).balance == 5500


def test_the_report_says_what_trials_brought(run):
    said = run("report")
    assert all(word in said for word in ("POT", "100", "CN¥10.00", "yes")), said


def test_trials_are_listed_by_state(run):
    said = run("trials")
    assert "running" in said
    assert "bought" in said
    assert "running" not in run("trials", "--state", "bought")


def test_an_owner_takes_a_trial_back_and_settles_it(run):
    [line] = [line for line in run("trials", "--state", "running").splitlines() if "Pot" in line]
    trial = line.strip("│┃| ").split()[0]
    assert f"settle {trial}" in run("return", trial, "--note", "a scratch")
    assert "CN¥3.00 of the deposit is kept" in run("settle", trial, "--damage", "300")
    assert trial in run("trials", "--state", "settled")
