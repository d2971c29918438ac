"""Whatever it did, and whatever is taken back, the books balance."""

from __future__ import annotations

from shop import db
from shop.errors import Conflict
from shop.orders import order_view
from shop.orders.order_view import OrderView
from shop.testing.contract.base import Base, orders_of
from shop.testing.under_test import Shop


class Books(Base):
    def test_the_books_balance_after_use(self, shop: Shop):
        self.used(shop)
        assert shop.fsck() == []
        shop.forward(days=400)
        assert shop.fsck() == []

    def test_each_invariant_of_its_own_is_broken_by_hand_and_named(self, shop: Shop):
        own = {check.name: check for check in self.plugin.invariants}
        assert set(own) == set(self.breakers), (
            "each of `invariants` needs its statement in `breakers`"
        )
        self.used(shop)
        for name, check in own.items():
            assert name.startswith(f"{self.plugin.name}_")
            with db.database.atomic() as transaction:
                assert db.change(self.breakers[name]), f"{name}: its breaker changes nothing"
                assert [found.check for found in check.run(shop.ctx)][:1] == [name]
                transaction.rollback()
            assert check.run(shop.ctx) == []

    def test_the_books_balance_when_everything_is_taken_back(self, shop: Shop):
        self.used(shop)
        take_back(shop)
        assert shop.fsck() == []
        shop.forward(days=400)
        assert shop.fsck() == []


def take_back(shop: Shop, orders: list[OrderView] | None = None) -> None:
    """Cancel every order that can be, refund the others whole."""
    if orders is None:
        orders = order_view.load_many(shop.ctx, orders_of(shop))
    for order in orders:
        try:
            if order.state != "cancelled":
                shop.cancel(order)
        except Conflict:
            shop.refund(order)
    shop.run_jobs()
