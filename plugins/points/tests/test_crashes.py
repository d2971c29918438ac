"""Killed before any statement, points are earned, spent, given back and forgotten once."""

import pytest

from shop.payments import refunds
from shop.testing import killed_everywhere

pytestmark = pytest.mark.both_databases


def test_points_that_expire(shop, another, stride):
    def prepare():
        person = another()
        person.give(30, days=1)
        person.give(20, days=9000)  # none of those made before it ends meanwhile
        return person

    killed_everywhere(shop, prepare, lambda _: shop.forward(hours=30), stride)


def test_a_sale_that_earns_and_a_refund_that_takes_back(shop, another, stride):
    def prepare():
        person = another()
        person.give(500)
        return person.order(spend=300, state="placed")

    def complete(order):
        shop.hand_out(shop.pay(order)) if shop.seen(order).state != "completed" else None
        shop.forward(minutes=5)

    killed_everywhere(shop, prepare, complete, stride)

    def completed():
        order = prepare()
        complete(order)
        return order

    def give_back(order):
        lines = {order.lines[0].id: 1}
        refunds.refund(
            shop.ctx, order.id, f"of:{order.id}", lines=lines, reason="x", restock="restore"
        )
        shop.forward(minutes=5)

    killed_everywhere(shop, completed, give_back, stride)
