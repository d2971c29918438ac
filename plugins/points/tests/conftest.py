"""A customer with points, in few words."""

import itertools

import pytest

from shop import db
from shop.clock import DAY
from shop.ledger import ledger
from shop.payments import refunds
from shop.pickup import pickup

LOTS = """
SELECT l.key, l.remaining FROM lot l JOIN account a ON a.id = l.account_id
WHERE a.customer_id = ?"""
_numbers = itertools.count(1)


class Person:
    """A customer who has signed in. `give` grants as another plugin would."""

    def __init__(self, shop):
        self.shop, self.id = shop, shop.customer()

    def give(self, points, days=None, key=None):
        ctx = self.shop.ctx
        ends = None if days is None else ctx.now_us + int(days * DAY)
        key = key or f"gift:{next(_numbers)}"
        ledger.grant(ctx, "points", self.id, points, key, "gift", expires_at=ends)
        return key

    @property
    def balance(self):
        return ledger.balance(self.shop.ctx, "points", self.id)

    @property
    def has(self):
        return self.balance["available"]

    @property
    def pending(self):
        return self.balance["pending"]

    @property
    def owes(self):
        return self.balance["debt"]

    def lots(self):
        """What remains, by the key of the grant."""
        return {key: left for key, left in db.rows(LOTS, self.id) if left}

    def order(self, lines=None, spend=None, state="placed", **facts):
        options = {} if spend is None else {"points": {"spend": spend}}
        return self.shop.up_to(state, lines, customer=self.id, options=options, **facts)

    def history(self):
        return ledger.history(self.shop.ctx, self.id, "points", limit=100)["items"]


@pytest.fixture
def enabled():
    return {"points": {}}


@pytest.fixture
def wang(shop):
    return Person(shop)


@pytest.fixture
def another(shop):
    return lambda: Person(shop)


@pytest.fixture
def refund_money(shop):
    """Refund money of the first line, without units."""

    def refund(order, amount, line=0):
        line_id = shop.seen(order).lines[line].id
        key = f"money:{next(_numbers)}"
        refunds.refund(shop.ctx, order.id, key, amounts={("line", line_id): amount})
        return shop.seen(order)

    return refund


@pytest.fixture
def undo(shop):
    return lambda order: pickup.undo(shop.ctx, order.id, "a slip")


@pytest.fixture
def shop(shop):
    """After every test the books are right, but where a control has broken them."""
    yield shop
    if not getattr(shop, "broken", False):
        assert shop.fsck() == []
