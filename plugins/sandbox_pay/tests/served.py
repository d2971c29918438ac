"""A served shop with its emulator, used as customers and staff use it: over HTTP."""

import time
from functools import cached_property

from shop import db
from shop.clock import Clock
from shop.testing.live import key, wanted


def until(seen, seconds=180):
    """Wait for `seen()` to be true; what it was."""
    deadline = time.monotonic() + seconds
    while not (found := seen()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found, seen
    return found


class Served:
    """`shop` looks at the same database from the process of the test."""

    def __init__(self, shop, live, emulator):
        self.shop, self.live, self.emulator = shop, live, emulator

    @cached_property
    def owner(self):
        return self.shop.bearer()

    def call(self, method, path, status=200, **options):
        with self.live.client() as client:
            answer = client.request(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def buy(self, sku="", method="card"):
        """A guest's order of 1000, to be paid by card; {number, token …}."""
        sku = sku or self.shop.product(1000, 10).sku
        body = wanted(sku) | {"payment": {"provider": "sandbox_pay", "method": method}}
        return self.call("POST", "/orders", 201, json=body, headers=key())

    def begin(self, order, method="card", status=201):
        """Begin to pay it."""
        url = f"/orders/{order['number']}/payments?token={order['token']}"
        body = {"provider": "sandbox_pay", "method": method}
        return self.call("POST", url, status, json=body)

    def paid(self, **form):
        """An order that was paid at the emulator, as it is then."""
        order = self.buy()
        self.emulator.pay(self.begin(order), **form)
        until(lambda: self.order(order)["state"] == "paid")
        return self.order(order)

    def order(self, order):
        return self.call("GET", f"/admin/orders/{order['number']}", headers=self.owner)

    def payments(self, order):
        url = f"/admin/orders/{order['number']}/payments"
        return self.call("GET", url, headers=self.owner)["items"]

    def suspense(self):
        return self.call("GET", "/admin/suspense", headers=self.owner)["items"]

    def events(self, kind):
        url = f"/admin/events?kind={kind}"
        return [event["data"] for event in self.call("GET", url, headers=self.owner)["items"]]

    def refund(self, order, amount):
        line = order["lines"][0]["id"]
        body = {"amounts": [{"line": line, "amount": amount}]}
        url = f"/admin/orders/{order['number']}/refunds"
        return self.call("POST", url, 201, json=body, headers=self.owner | key())

    def refunds(self):
        return self.call("GET", "/admin/refunds", headers=self.owner)["items"]

    def later(self, **by):
        """Do what is due so long from now, as if that time had passed."""
        self.shop.clock.at = Clock().now()
        self.shop.forward(**by)

    def told(self, count):
        """Wait until the shop has answered so many notices; the answers."""

        def all_there():
            found = self.emulator.answers()
            return found if len(found) >= count and all(found) else None

        return until(all_there)

    def order_id(self, order):
        return db.value("SELECT id FROM orders WHERE number = ?", order["number"])
