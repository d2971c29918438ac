"""A shop and its model side by side: told the same, compared after every step."""

import itertools

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant

from shop import db
from shop.clock import from_us, to_us
from shop.context import Caller
from shop.errors import Reject
from shop.jobs import idempotency
from shop.ops import fsck
from shop.pickup import points
from shop.stock import claims
from shop.testing import NOON
from tests.model import seen
from tests.model.goods import HOUR, Refused
from tests.model.plugins import SEATS, Perks
from tests.model.world import World
from tests.tools.emptying import forget

START = to_us(NOON)
OWNER = Caller("owner", 1, "anna", frozenset({"*"}))
GUEST = Caller()
KEY_LASTS = 24 * HOUR


class Both(RuleBasedStateMachine):
    """`shop` is set by the test; `every` is how many steps pass from one fsck to the next."""

    shop, every = None, 1

    def __init__(self):
        super().__init__()
        forget()
        self.shop.clock.at = NOON
        Perks.broken = False
        self.world = World(START)
        self.numbers = itertools.count()
        self.steps = 0
        self.again = []
        self.focus, self.refused = None, ""
        self.skus = {}
        self.gone = {}
        for code in ("gate", "home"):
            points.create(self.ctx, code, {"name": code})
        claims.set_cap(self.ctx, SEATS, self.world.seats.cap)

    @property
    def ctx(self):
        return self.shop.context(OWNER)

    def both(self, model, real):
        """(answer, expected) of a call that both take; nothing if both refuse by the same code."""
        try:
            expected, refused = model(), ""
        except Refused as refusal:
            expected, refused = None, refusal.code
        self.refused = refused
        if not refused:
            return real(), expected
        with pytest.raises(Reject) as caught:
            real()
        assert caught.value.code == refused
        return None

    def once(self, caller, operation, work):
        """`work` answers a document, under a key that may come again."""
        key, ctx = f"key-of-this-test-{next(self.numbers)}", self.shop.context(caller)

        def send():
            ctx = self.shop.context(caller)
            return idempotency.once(ctx, operation, key, b"{}", lambda: (201, work(ctx)))

        answer = send()
        assert not answer[2]
        self.again.append((to_us(ctx.now) + KEY_LASTS, send, (*answer[:2], True)))
        return answer[1]

    def chosen(self, number, fits):
        """One of the orders, mostly one that fits, often the one before; the latest first."""
        if number is not None and not (number < 40 and self.focus and fits(self.focus)):
            found = [order for order in self.world.orders if fits(order)] if number < 80 else []
            found = found or self.world.orders
            self.focus = found[-1 - number % len(found)]
        return self.focus

    def variant(self, number):
        """(SKU, real id)"""
        skus = list(self.skus)
        return skus[number % len(skus)], self.skus[skus[number % len(skus)]]

    def _name_refunds(self):
        """The refunds that the shop made by itself."""
        for order in self.world.orders:
            for refund in order.refunds:
                if not refund.id:
                    refund.id = db.value(
                        "SELECT id FROM refund WHERE key = ?", f"cancel:{order.id}"
                    )

    @invariant()
    def shop_and_model_agree(self):
        self._name_refunds()
        assert from_us(self.world.now) == self.shop.clock.now()
        differs = seen.differences(seen.in_shop(self.ctx), seen.in_model(self.world))
        assert not differs, differs
        assert Perks.broken == self.world.broken

    @invariant()
    def books_are_right(self):
        self.steps += 1
        if self.steps % self.every == 0:
            assert fsck.run(self.ctx) == []

    def teardown(self):
        assert fsck.run(self.ctx) == []
