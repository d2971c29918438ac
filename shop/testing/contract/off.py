"""Off, it leaves no trace in behaviour, and what it did stays readable."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from shop import db
from shop.errors import Conflict, Invalid
from shop.jobs import events
from shop.orders import order_view
from shop.testing.contract.base import Base, differences, orders_of, snapshot
from shop.testing.under_test import Shop

LAST_JOB = "SELECT COALESCE(MAX(id), 0) FROM job WHERE plugin = ?"
LAST_EVENT = "SELECT COALESCE(MAX(id), 0) FROM event"
CANCELLED = (
    "SELECT id FROM event WHERE store = ? AND id > ? AND kind = 'order.cancelled' ORDER BY id"
)
KINDS = "SELECT kind FROM event WHERE store = ? AND order_id = ? ORDER BY id"
OF_THE_ROW = {
    "id", "number", "customer_id", "product_id", "variant_id", "pickup_code", "contact_phone",
    "updated_at",
}  # fmt: skip
"""what tells one order from another that is just like it"""


class Off(Base):
    def test_off_its_routes_answer_404(self, shop: Shop):
        off = shop.without(self.name)
        mine = {blueprint.name for blueprint in (*self.plugin.blueprints, *self.plugin.pages)}
        headers = off.bearer()
        for rule in off.app.url_map.iter_rules():
            if rule.endpoint.rpartition(".")[0] not in mine:
                continue
            values = dict.fromkeys(rule.arguments, 1) | {"store": off.store}
            _, path = rule.build(values) or ("", "")
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                answer = off.client.open(path, method=method, json={}, headers=headers)
                assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"

    def test_off_the_description_has_nothing_of_it(self, shop: Shop):
        off = shop.without(self.name).client.get(shop.url("/openapi.json")).json
        never = shop.client.get("/api/v1/never/openapi.json").json
        assert off["paths"] == never["paths"]
        assert off["tags"] == never["tags"]
        assert off["components"] == never["components"]

    def test_off_its_options_are_refused(self, shop: Shop):
        off, goods = shop.without(self.name), shop.product()
        given: dict[str, Any] = {self.name: {}}
        for basket in (
            off.basket({goods: 1}, options=given),
            off.basket({goods: 1}, line_options=given),
        ):
            with pytest.raises(Invalid):
                off.quote(basket)

    def test_off_a_shop_is_as_if_it_had_never_been(self, shop: Shop):
        self.used(shop)
        off = shop.without(self.name)
        known = {**off.ctx.plugins.by_name, **off.ctx.plugins.off.by_name}
        owes = known[self.name].open_work(off.ctx)
        last = db.value(LAST_JOB, self.name)
        for (step, here), (_, there) in zip(story(off), story(off.of("never")), strict=True):
            assert here == there, f"{step}: not as in a store that never had {self.name}"
        if not owes:
            made = db.rows("SELECT name FROM job WHERE plugin = ? AND id > ?", self.name, last)
            assert not made, f"off, and with nothing left to do, it made jobs: {made}"

    def test_off_prices_are_the_catalogues(self, shop: Shop):
        self.used(shop)
        off = shop.without(self.name)
        for product in off.client.get(off.url("/products?limit=100")).json["items"]:
            for variant in product["variants"]:
                price = db.value("SELECT price FROM variant WHERE store = ? AND sku = ?",
                                 off.store, variant["sku"])  # fmt: skip
                assert variant["price"] == price, f"{variant['sku']} still at its price"
                assert self.name not in variant["extensions"]
            assert self.name not in product["extensions"]

    def test_off_history_is_readable_and_the_shop_sells(self, shop: Shop):
        self.used(shop)
        off = shop.without(self.name)
        self._reads_and_sells(off)
        off.forward(days=2)
        self._reads_and_sells(off)

    def test_on_again_it_goes_on_where_it_was(self, shop: Shop):
        self.used(shop)
        shop.without(self.name).forward(days=2)
        on = shop.reloaded()
        on.run_jobs()
        self._reads_and_sells(on)
        self.use(on)
        assert on.fsck() == []

    def test_an_order_cancelled_while_it_is_off_is_settled(self, shop: Shop):
        self.used(shop)
        off = shop.without(self.name)
        last = db.value(LAST_EVENT)
        for order in order_view.load_many(off.ctx, orders_of(off)):
            if order.state in ("pending", "paid"):
                with suppress(Conflict):
                    off.cancel(order)
        off.run_jobs()
        assert off.fsck() == []
        on = shop.reloaded()
        on.run_jobs()
        if dict(on.ctx.plugins.calls("order_changed")).get(self.name):
            for (event_id,) in db.rows(CANCELLED, on.store, last):
                self._knows(on, event_id)
        self._reads_and_sells(on)

    def _knows(self, shop: Shop, event_id: int) -> None:
        before = snapshot()
        with db.transaction():
            events.react(shop.ctx, self.name, {"event": event_id})
        missed = differences(before, snapshot())
        assert not missed, (
            "an order was cancelled while it was off, and it was not told: let open_work list what"
            f" order_changed has yet to settle, whatever the order's state\n{missed}"
        )

    def _reads_and_sells(self, shop: Shop) -> None:
        staff, client = shop.bearer(), shop.client
        for order in order_view.load_many(shop.ctx, orders_of(shop)):
            answer = client.get(shop.url(f"/admin/orders/{order.number}"), headers=staff)
            assert answer.status_code == 200, f"order {order.number}: {answer.text}"
            assert answer.json["total"] == order.total
            mine = shop.headers_of(order.customer_id)
            assert client.get(shop.url("/me/balances"), headers=mine).status_code == 200
        shop.up_to("placed")
        assert shop.fsck() == []


def story(shop: Shop) -> list[tuple[str, Any]]:
    """What a plain order goes through, told without what differs from order to order."""
    goods = shop.product(1234, stock=9, sku="PLAIN-AND-NEW")
    listed = shop.client.get(shop.url("/products?q=plain")).json["items"]
    told = [("in the catalogue", listed), ("quoted", shop.quote(shop.basket({goods: 3})))]
    order = shop.order({goods: 3})
    for step in (shop.seen, shop.pay, shop.hand_out, shop.refund):
        order = step(order)
        told.append((step.__name__, order))
    told.append(("cancelled", shop.cancel(shop.order({goods: 1}))))
    shop.run_jobs()
    told.append(("its events", [kind for (kind,) in db.rows(KINDS, shop.store, order.id)]))
    return [(step, _plain(found)) for step, found in told]


def _plain(value: Any) -> Any:
    """Lists and dicts of it, without what tells one row from another."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name not in OF_THE_ROW}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
