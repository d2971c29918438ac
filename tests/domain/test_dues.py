"""What is owed after an order was paid, and what is owed no more."""

import pytest

from shop.errors import NotFound
from shop.payments import dues, payments

pytestmark = pytest.mark.both_databases


@pytest.fixture
def order(shop):
    yield shop.up_to("completed", {1000: 1})
    assert shop.fsck() == []


def charge(shop, order, key, amount):
    return dues.charge(shop.ctx, order.id, key, "core", "damage", amount, shop.ctx.now_us)


def owed(shop, order):
    return shop.seen(order).balance


def test_a_due_that_is_waived_is_owed_no_more(shop, order):
    charge(shop, order, "a", 500)
    assert dues.waive(shop.ctx, order.id, "a") == 500
    assert owed(shop, order) == 0
    assert dues.show(shop.ctx)["items"] == []
    assert dues.waive(shop.ctx, order.id, "a") == 0


def test_what_was_paid_of_it_stays(shop, order):
    charge(shop, order, "a", 500)
    charge(shop, order, "b", 300)
    payments.record(shop.ctx, order.id, "manual", "transfer", 800)
    charge(shop, order, "c", 200)
    assert [dues.waive(shop.ctx, order.id, key) for key in "abc"] == [0, 0, 200]
    assert (owed(shop, order), shop.seen(order).money_kept) == (0, 1800)


def test_the_other_dues_stay(shop, order):
    charge(shop, order, "a", 500)
    charge(shop, order, "b", 300)
    assert dues.waive(shop.ctx, order.id, "b") == 300
    assert owed(shop, order) == 500


def test_a_charge_that_nobody_made_cannot_be_waived(shop, order):
    with pytest.raises(NotFound):
        dues.waive(shop.ctx, order.id, "x")
