"""Wang has a code; friends come with it and buy."""

from functools import cached_property

from shop import Caller, db
from shop.clock import DAY
from shop.ledger import ledger
from shop.orders import order_view
from shop.people import accounts
from shop_plugins.referral_rebate import bindings, explaining, rewards


class Invited:
    """A referrer with a code, and orders of friends, in a line."""

    def __init__(self, shop, phone="+8613000000100"):
        self.shop = shop
        self.wang = shop.customer(phone)
        self.code = bindings.code_of(shop.ctx, self.wang)

    @cached_property
    def pears(self):
        return self.shop.product(10_000, 1000, "PEARS")

    @property
    def ctx(self):
        return self.shop.ctx

    def options(self, code=None, **more):
        return {"referral_rebate": {"code": code or self.code} | more}

    def friend(self, state="completed", units=1, code=None, **facts):
        """The first order of a new customer who comes with a code."""
        options = self.options(code, **facts.pop("option", {}))
        return self.shop.up_to(state, {self.pears: units}, options=options, **facts)

    def again(self, order, state="completed", units=1, **facts):
        """One more order of the customer of an order."""
        phone = accounts.get(self.ctx, order.customer_id)["phone"]
        return self.shop.up_to(state, {self.pears: units}, phone=phone, **facts)

    def refund(self, order, units=1):
        order = order_view.load(self.ctx, order.id)
        self.shop.refund(order, {order.lines[0].id: units})

    def has(self, customer=None):
        """(available, pending, debt)"""
        found = ledger.balance(self.ctx, "credit", customer or self.wang)
        return found["available"], found["pending"], found["debt"]

    def of(self, order):
        return rewards.of_order(self.ctx, order.id)

    def binding(self, order):
        return bindings.of_invitee(self.ctx, order.customer_id)

    def wait(self):
        self.shop.forward(seconds=7 * DAY // 1_000_000)

    def caller(self, customer):
        return Caller("customer", customer, "Wang", frozenset({"me:read", "me:write"}))

    def adds_up(self, customers=None):
        """Every customer's explanation is what the ledger has."""
        for customer in customers or self._others():
            explained = explaining.explain(self.ctx, customer, 1000)
            available, pending, debt = self.has(customer)
            sums = explained["sums"]
            assert sum(sums.values()) == available + pending - debt
            booked = sum(item["booked"] for item in explained["items"])
            assert booked == sums["rewards"] + sums["taken_back"]

    def _others(self):
        return {row[0] for row in db.rows("SELECT id FROM customer WHERE erased_at IS NULL")}
