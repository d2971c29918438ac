"""Killed before any statement, a trial ends in one way, to the cent."""

import pytest

from shop import Conflict
from shop.stock import stock
from shop.testing import killed_everywhere
from shop_plugins.trial_then_buy import offers, trials

pytestmark = pytest.mark.both_databases


@pytest.fixture
def pots(tried):
    """Plenty of them, and as many trials at once."""
    stock.adjust(tried.shop.ctx, "POT", 10_000, "a lorry")
    offers.change(tried.shop.ctx, tried.offer.id, tried.offer.version, {"units": 1000})
    return tried


def once(work):
    """What a clerk does who sees that it is done already."""
    try:
        work()
    except Conflict as refusal:
        if not refusal.code.startswith("trial_then_buy_not_"):
            raise


def test_a_hand_out_begins_it(shop, pots, stride):
    def act(order):
        if shop.seen(order).state != "completed":
            shop.hand_out(order)
        shop.forward(minutes=5)

    killed_everywhere(shop, lambda: pots.order("paid"), act, stride)


def test_it_is_bought(shop, pots, stride):
    killed_everywhere(
        shop, pots.trial, lambda trial: once(lambda: trials.buy(shop.ctx, trial.id)), stride
    )


def test_it_is_brought_back(shop, pots, stride):
    def prepare():
        trial = pots.trial()
        trials.returned(shop.ctx, trial.id)
        return trial

    killed_everywhere(
        shop, pots.trial, lambda trial: once(lambda: trials.returned(shop.ctx, trial.id)), stride
    )
    killed_everywhere(
        shop, prepare, lambda trial: once(lambda: trials.settle(shop.ctx, trial.id)), stride
    )


def test_it_is_never_brought_back(shop, pots, stride):
    killed_everywhere(shop, pots.trial, lambda _: shop.forward(days=60), stride)
