"""The cash book of the histories, in plain Python: what customers paid in, and what the payment
service has really sent back. The shop's own books must say the same."""

from contextlib import contextmanager

from shop import db

IN = """
SELECT (SELECT COALESCE(SUM(amount), 0) FROM payment WHERE state = 'accepted')
  + (SELECT COALESCE(SUM(amount - applied), 0) FROM suspense)"""
OUT = """
SELECT (SELECT COALESCE(SUM(r.amount), 0) FROM refund_part r JOIN payment p ON p.id = r.payment_id
    WHERE r.state = 'done' AND p.provider = 'signed_pay')
  + (SELECT COALESCE(SUM(refunded), 0) FROM suspense WHERE provider = 'signed_pay')"""


class Cash:
    """`shop` is the machine's."""

    def open_the_cash_book(self):
        self.paid_in, self.on_its_way, self.told_of = 0, 0, set()
        self.service.refunded.clear()

    @property
    def service(self):
        """The payment service, which is outside of the shop: it remembers what it sent back."""
        [provider] = self.shop.ctx.plugins.by_name["signed_pay"].providers
        return provider

    @contextmanager
    def comes_in(self, amount, payment=None):
        """Money is on its way, and there afterwards: unless `no()` is called. Of one `payment` of the
        service the first notice is money, any later one is the same money."""
        known = payment is not None and payment in self.told_of
        self.told_of.add(payment)
        self.on_its_way = 0 if known else amount
        yield
        self.paid_in, self.on_its_way = self.paid_in + self.on_its_way, 0

    def no(self):
        self.on_its_way = 0

    def holds_cash(self):
        assert db.value(IN) in (self.paid_in, self.paid_in + self.on_its_way)

    def ends_cash(self):
        assert db.value(OUT) == sum(amount for _, amount in self.service.refunded.values())
