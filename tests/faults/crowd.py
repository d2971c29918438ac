"""Customers and a clerk on a real server who do not give up: what is not answered is sent again with
its key, until it is. In the end everything they were told is true, and nothing happened twice."""

import itertools
import threading
import time
from collections import Counter

import httpx

from shop import db
from shop.ops import fsck
from shop.people import auth
from tests.live import key
from tests.live import wanted as order_of
from tests.tools.waiting import wait_for

LATER = {502, 503, 504}
PATIENCE = 60
"""seconds after which what is not answered is a failure"""
UNITS, PRICE = 2, 1000


def owner_token(ctx):
    [staff] = db.insert(
        "staff",
        "store, name, role, password_hash, totp_secret, totp_last, points, active, version, created_at",
        (ctx.code, "owner", "owner", "", "", 0, "[]", 1, 1, 1),
    )
    return auth.issue(ctx, staff=staff, scopes=auth.OWNER_SCOPES)


class Crowd:
    """`with Crowd(live, token) as crowd: <the fault>`; then `crowd.prove(ctx, stock)`."""

    def __init__(self, live, token, buyers=3, sku="SCARCE"):
        self.live, self.sku = live, sku
        self.owner = {"Authorization": f"Bearer {token}"}
        self.statuses, self.reads = Counter(), Counter()
        self.orders, self.odd, self.slowest = {}, [], 0.0
        """orders: {key of the order: [its number, what was done with it]}"""
        self._stopping, self._numbers = threading.Event(), itertools.count(1)
        works = [self._buy] * buyers + [self._read]
        self._threads = [threading.Thread(target=self._go_on, args=(work,)) for work in works]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self._stopping.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
        if kind is None:
            assert not any(thread.is_alive() for thread in self._threads)
            if self.odd:
                raise ExceptionGroup("what was not to be", self.odd)

    def done(self):
        """How many were bought and seen to."""
        return sum(len(deeds) > 1 for _, deeds in list(self.orders.values()))

    def after(self, count):
        """Wait until so many more orders have been seen to."""
        wanted = self.done() + count
        wait_for(lambda: self.odd or self.done() >= wanted)

    # -- what they do ----------------------------------------------------------------------------

    def _go_on(self, work):
        try:
            with httpx.Client(base_url=self.live.url, timeout=30) as client:
                while not self._stopping.is_set():
                    work(client)
        except Exception as error:
            self.odd.append(error)

    def _read(self, client):
        try:
            self.reads[client.get("/products?limit=1").status_code] += 1
        except httpx.TransportError:
            self.reads["away"] += 1
        time.sleep(0.02)

    def _buy(self, client):
        number, mine = next(self._numbers), key()
        body = order_of(self.sku, UNITS, f"+86130{number:08}")
        order = self._send(client, "/orders", body, mine)
        deeds = ["place"]
        self.orders[mine["Idempotency-Key"]] = (order["number"], deeds)
        path = f"/admin/orders/{order['number']}"
        if number % 5 == 0:
            self._send(client, f"/orders/{order['number']}/cancel", {}, self._as(order["token"]))
            deeds.append("cancel")
            return
        paid = {"provider": "manual", "method": "at_pickup", "amount": UNITS * PRICE}
        self._send(client, f"{path}/payments", paid, self.owner)
        deeds.append("pay")
        if number % 3 == 0:
            lines = [{"line": order["lines"][0]["id"], "quantity": 1}]
            refund = {"lines": lines, "reason": "soft", "restock": "restore"}
            self._send(client, f"{path}/refunds", refund, self.owner)
            deeds.append("refund")
        if number % 2 == 0:
            self._send(client, f"/admin/pickups/{order['pickup']['code']}/hand-out", {}, self.owner)
            deeds.append("hand out")

    @staticmethod
    def _as(token):
        return {"Authorization": f"Bearer {token}"}

    def _send(self, client, path, body, headers):
        """The document that answers it, however often it has to be sent."""
        headers = key() | headers
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            began = time.monotonic()
            try:
                answer = client.post(path, json=body, headers=headers)
            except httpx.TransportError:
                self.statuses["away"] += 1
                time.sleep(0.1)
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.statuses[answer.status_code] += 1
            if answer.status_code in (200, 201):
                return answer.json()
            if answer.status_code in LATER:
                assert answer.headers["Retry-After"]
            elif answer.status_code != 409 or answer.json()["code"] != "request_in_flight":
                raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
            time.sleep(0.1)
        raise AssertionError(f"{path} was not answered in {PATIENCE} s")

    # -- and what is true then -------------------------------------------------------------------

    def prove(self, ctx, units):
        """Everyone's order is there once, with what was done to it; of `units` the rest is left."""
        told = {number: set(deeds) for number, deeds in self.orders.values()}
        assert len(told) == len(self.orders), "a number was given to two"
        deeds = Counter(deed for done in told.values() for deed in done)
        assert len(told) > 3, self.statuses
        one = f"{UNITS * PRICE}"
        found = db.rows(
            "SELECT number, state, paid, refunded,"
            " (SELECT SUM(handed_out) FROM order_line WHERE order_id = orders.id) FROM orders"
        )
        assert {row[0] for row in found} == set(told), "what was told and what is differ"
        for number, state, paid, refunded, handed in found:
            done = told[number]
            kept = UNITS - ("refund" in done)
            assert (state == "cancelled") == ("cancel" in done), number
            assert paid == ("pay" in done) * int(one), number
            assert refunded == ("refund" in done) * PRICE, number
            assert handed == ("hand out" in done) * kept, number
        gone = UNITS * (len(told) - deeds["cancel"]) - deeds["refund"]
        assert db.value("SELECT SUM(on_hand) FROM stock") == units - gone
        found = [*fsck.run(ctx), *fsck.whole()]
        assert not found, found
