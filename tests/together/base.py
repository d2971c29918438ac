"""One shop with every plugin that comes along, its people, and how a step of its history is made."""

import itertools
from collections import Counter
from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from shop import db
from shop.carts.quote import Basket
from shop.context import Caller
from shop.errors import Reject
from shop.jobs import idempotency
from shop.orders import order_view, orders
from shop.orders.orders import Draft
from shop.payments import payments
from shop.people import auth, login
from shop.testing import NOON
from shop.testing.crashes import Crash, dying, restart
from tests.together.cash import Cash
from tests.tools.emptying import forget

OWNER = Caller("owner", 1, "anna", frozenset({"*"}))
WAYS = [("", ""), ("manual", "transfer"), ("signed_pay", "card"), ("signed_pay", "card")]


@dataclass(eq=False)
class Person:
    """A phone; `id` once the shop knows it, `verified` once its owner has proved that it is his."""

    phone: str
    id: int = 0
    verified: bool = False

    @property
    def caller(self):
        if self.id and self.verified:
            return Caller("customer", self.id, "Wang", frozenset(auth.CUSTOMER_SCOPES))
        return Caller()


class Base(Cash, RuleBasedStateMachine):
    """`shop` is set by the test. `tally` counts what happened over all histories, so that a test
    can tell whether its histories were about anything."""

    shop, tally = None, Counter()

    def __init__(self):
        super().__init__()
        forget()
        self.shop.clock.at = NOON
        self.open_the_cash_book()
        self.numbers = itertools.count(1)
        self.people = [Person(f"+861300000000{digit}") for digit in range(5)]
        self.orders, self.begun, self.gone = [], [], {}
        for person in self.people[:2]:
            person.id, person.verified = self.shop.customer(person.phone), True
        self.goods = {"APPLE": 1000, "PEAR": 2500, "JAM": 990, "POT": 8000}
        for sku, price in self.goods.items():
            facts = {"stock": None} if sku == "JAM" else {"stock": 12}
            self.shop.product(price, sku=sku, **facts)
        for begin in self.parts("begin"):
            begin()

    def parts(self, what):
        """The methods `<what>_<plugin>` of those that take part."""
        return [getattr(self, name) for name in sorted(dir(self)) if name.startswith(f"{what}_")]

    # -- a step ----------------------------------------------------------------------------------

    def step(self, data, what, caller, work, death=None):
        """The document that `work(ctx)` answers, under a key; None if the shop refuses. Sometimes
        the process dies in it, and the client that got no answer sends it once more."""
        key = f"step-of-a-history-{next(self.numbers)}"

        def send():
            ctx = self.shop.context(caller)
            answer = idempotency.once(ctx, what, key, b"{}", lambda: (201, work(ctx)))
            return answer[1]

        return self.survived(data, what, send)

    def survived(self, data, what, send):
        """What `send()` answers, if need be at the second try; None if the shop refuses."""
        dies = None
        if not data.draw(st.integers(0, 9)):
            dies = data.draw(st.integers(0, 90))
        try:
            try:
                with dying(dies):
                    answer = send()
            except Crash:
                self.tally["crash"] += 1
                restart(self.shop)
                self.check()
                answer = send()
        except Reject as refusal:
            self.tally[f"{what}: {refusal.code}"] += 1
            return None
        self.tally[what] += 1
        return answer

    def check(self):
        for part in self.parts("holds"):
            part()

    # -- orders ----------------------------------------------------------------------------------

    @property
    def ctx(self):
        return self.shop.context(OWNER)

    def place(self, data, person, items):
        """The new order, paid with what the plugins offer at the checkout; None if refused."""
        options = {}
        for choose in self.parts("checkout"):
            name = choose.__name__.removeprefix("checkout_")
            if chosen := choose(data, person):
                options[name] = chosen
        provider, method = data.draw(st.sampled_from(WAYS))
        draft = Draft(
            Basket(items, options), "Wang", person.phone, provider=provider, method=method
        )
        made = self.step(
            data, "place", person.caller, lambda ctx: {"id": orders.place(ctx, draft).id}
        )
        if made is None:
            return None
        order = self.seen(made["id"])
        person.id = order.customer_id
        self.orders.append(order.id)
        if data.draw(st.booleans()):
            self.receive(data, order)
        return self.seen(order.id)

    def receive(self, data, order):
        """All that is owed for an order comes, by hand."""
        if order.balance > 0:
            self.pays(data, order, order.balance)

    def pays(self, data, order, amount):
        with self.comes_in(amount):
            if not self.step(
                data, "pay", OWNER,
                lambda ctx: payments.record(ctx, order.id, "manual", "transfer", amount),
            ):  # fmt: skip
                self.no()

    def seen(self, order_id):
        return order_view.load(self.ctx, order_id)

    def some(self, data, fits):
        """One of the orders that fit, the latest first; None if none does."""
        found = [order for order in order_view.load_many(self.ctx, self.orders) if fits(order)]
        if not found:
            return None
        found.sort(key=lambda order: -order.id)
        return found[data.draw(st.integers(0, len(found) - 1))]

    def sign_in(self, person):
        if person.id and not person.verified:
            with db.transaction():
                db.change(login.VERIFY, self.ctx.now_us, person.id, self.ctx.code)
            person.verified = True
