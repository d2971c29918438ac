"""`shop referral-rebate`, as its user reads it."""

import pytest

from shop import db
from shop.carts.quote import Basket, Item
from shop.catalog import products
from shop.orders import orders
from shop.payments import payments
from shop.people import accounts
from shop.pickup import pickup
from shop_plugins.referral_rebate import bindings


@pytest.fixture
def run(own_shop):
    """`run("report")` in a shop of its own, where a friend has bought."""
    return own_shop("referral-rebate", _fill, referral_rebate={})


def _fill(ctx):
    variant = {"sku": "PEARS", "price": 10_000, "stock": 9}
    products.create(ctx, {"title": "Pears", "status": "published", "variants": [variant]})
    with db.transaction():
        wang, _ = accounts.find_or_make(ctx, "+8613000000001", "Wang", {})
    option = {"referral_rebate": {"code": bindings.code_of(ctx, wang), "source": "chat"}}
    draft = orders.Draft(Basket([Item("PEARS", 1)], option), "Li", "+8613000000002")
    order = orders.place(ctx, draft)
    payments.record(ctx, order.id, "manual", "transfer", order.total)
    pickup.hand_out(ctx, order.id, None)


def test_an_owner_reads_who_came_through_whom_and_what_it_brought(run):
    said = run("bindings")
    assert all(word in said for word in ("Li", "Wang", "chat", "CN¥5.00")), said
    said = run("explain", "+8613000000001")
    assert all(word in said for word in ("pending", "5% of", "CN¥5.00", "left")), said
    said = run("report")
    assert all(word in said for word in ("sales", "CN¥100.00", "outstanding")), said
