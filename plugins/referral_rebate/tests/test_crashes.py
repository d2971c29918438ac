"""Killed before any statement, a reward is earned, released and taken back once."""

import pytest

from shop.testing import killed_everywhere
from shop_plugins.referral_rebate import rewards

pytestmark = pytest.mark.both_databases


def test_a_reward_that_is_earned_and_released(shop, invited, stride):
    def bought():
        return invited.friend("paid")

    def fetch(order):
        if shop.seen(order).state != "completed":
            shop.hand_out(order)
        shop.forward(minutes=5)

    killed_everywhere(shop, bought, fetch, stride)

    def held():
        [reward] = invited.of(invited.friend())
        rewards.judge(shop.ctx, reward.id, "held", "odd")
        return reward

    def release(reward):
        if rewards.get(shop.ctx, reward.id).state == "held":
            rewards.judge(shop.ctx, reward.id, "granted", "it is well")

    killed_everywhere(shop, held, release, stride)


def test_a_reward_whose_purchase_goes_back(shop, invited, stride):
    def prepare():
        order = invited.friend()
        shop.run_jobs()
        return order

    def back(order):
        order = shop.seen(order)
        if not order.refunded:
            shop.refund(order, {order.lines[0].id: 1})
        shop.forward(minutes=5)

    killed_everywhere(shop, prepare, back, stride)
