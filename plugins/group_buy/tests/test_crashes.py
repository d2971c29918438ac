"""Killed before any statement, a team is complete or refunded all the same."""

import pytest

from shop.stock import stock
from shop.testing import killed_everywhere

pytestmark = pytest.mark.both_databases


def test_a_deadline_that_passes_refunds_each_member_once(shop, teamed, stride):
    stock.adjust(shop.ctx, "BOX", 10_000, "a lorry")

    def prepare():
        shop.run_jobs()
        campaign = teamed.make(hours=1, ends=shop.ctx.now_us + 10**13)
        team = teamed.team(teamed.opens(campaign=campaign))
        teamed.joins(team)
        teamed.joins(team, state="placed")
        return team

    killed_everywhere(shop, prepare, lambda team: shop.forward(hours=2), stride)


def test_the_last_member_who_pays_completes_it(shop, teamed, stride):
    stock.adjust(shop.ctx, "BOX", 10_000, "a lorry")

    def prepare():
        shop.run_jobs()
        team = teamed.team(teamed.opens(campaign=teamed.make(ends=shop.ctx.now_us + 10**13)))
        teamed.joins(team)
        return teamed.joins(team, state="placed")

    def act(order):
        """He pays what is open: of a payment that was kept nothing is."""
        teamed.shop.pay(order)
        shop.forward(minutes=5)

    killed_everywhere(shop, prepare, act, stride)
