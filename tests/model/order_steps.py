"""What customers do: carts, orders, changes of mind."""

from collections import namedtuple

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import precondition, rule

from shop import db
from shop.carts import carts
from shop.carts.quote import Basket
from shop.carts.quote import Item as Asked
from shop.context import Caller
from shop.errors import Reject
from shop.orders import orders
from shop.orders.orders import Draft
from tests.model.both import GUEST, Both
from tests.model.chances import PHONES, item, method, options, pick
from tests.model.goods import Cart, Item
from tests.model.world import CART_LASTS

Order = namedtuple("Order", "phone items options point window method expected note signed_in")


class OrderSteps(Both):
    @rule(items=st.lists(item, max_size=2), chosen=options)
    def open_cart(self, items, chosen):
        cart = Cart(id=carts.create(self.shop.context(GUEST)))
        self.world.carts.append(cart)
        cart.expires = self.world.now + CART_LASTS
        self._patch(cart, chosen)
        for goods in items:
            self._fill(cart, goods)

    @precondition(lambda self: self.world.carts)
    @rule(number=pick, goods=item, chosen=options)
    def change_cart(self, number, goods, chosen):
        cart = self.world.carts[-1 - number % len(self.world.carts)]
        if self._lost(cart):
            return
        self._fill(cart, goods)
        self._patch(cart, chosen)
        view = carts.view(self.shop.context(GUEST), cart.id)
        priced = self.world.priced(cart.items, chosen)
        shown = [(line["sku"], line["quantity"]) for line in view["lines"]]
        assert shown == [(line.sku, line.quantity) for line in cart.items]
        assert view["total"] == priced.total
        assert [problem["code"] for problem in view["problems"]] == self.world.short(priced)

    @precondition(lambda self: self.world.carts)
    @rule(number=pick, quantity=st.integers(0, 4))
    def change_cart_line(self, number, quantity):
        cart = self.world.carts[-1 - number % len(self.world.carts)]
        if self._lost(cart) or not cart.items:
            return
        guest, place = self.shop.context(GUEST), number % len(cart.items)
        line = carts.view(guest, cart.id)["lines"][place]["id"]
        if quantity:
            carts.change(guest, cart.id, line, {"quantity": quantity})
            old = cart.items[place]
            cart.items[place] = Item(old.sku, quantity, old.pool)
        else:
            carts.remove(guest, cart.id, line)
            del cart.items[place]
        cart.expires = self.world.now + CART_LASTS

    def _lost(self, cart):
        if cart.used or cart.expires <= self.world.now:
            with pytest.raises(Reject, match="not_found"):
                carts.view(self.shop.context(GUEST), cart.id)
            return True
        return False

    def _patch(self, cart, chosen):
        carts.patch(self.shop.context(GUEST), cart.id, {"options": chosen})
        cart.options, cart.expires = chosen, self.world.now + CART_LASTS

    def _fill(self, cart, goods):
        wanted = self._item(goods)
        carts.add(self.shop.context(GUEST), cart.id, _asked(wanted))
        cart.add(wanted)

    def _item(self, goods):
        number, quantity, pool = goods
        return Item(self.variant(number)[0], quantity, pool)

    @precondition(lambda self: self.world.carts)
    @rule(
        who=pick, number=pick, where=st.sampled_from(["window", "home"]), window=pick,
        method=method, expected=st.sampled_from([None, 0, 0, 1]),
    )  # fmt: skip
    def order_cart(self, who, number, where, window, method, expected):
        cart = self.world.carts[-1 - number % len(self.world.carts)]
        asked = self._wanted(who, cart.items, cart.options, where, window, method, expected, "")
        self._place(asked, cart)

    @rule(
        who=pick, items=st.lists(item, min_size=1, max_size=3), chosen=options,
        where=st.sampled_from(["window", "window", "home", "gate", "wrong", ""]), window=pick,
        method=method, expected=st.sampled_from([None, None, 0, 1]), signed_in=st.booleans(),
        note=st.sampled_from(["", "", "", "", "refuse me"]),
    )  # fmt: skip
    def place(self, who, items, chosen, where, window, method, expected, signed_in, note):
        goods = [self._item(goods) for goods in items]
        asked = self._wanted(who, goods, chosen, where, window, method, expected, note)
        self._place(asked._replace(signed_in=signed_in))

    def _wanted(self, who, items, chosen, where, window, method, expected, note):
        point, choice = "", None
        if where in ("window", "wrong") and self.world.windows:
            choice = self.world.windows[-1 - window % len(self.world.windows)]
        if where in ("home", "gate", "wrong"):
            point = "home" if where == "wrong" else where
        phone = PHONES[who % len(PHONES)]
        return Order(phone, items, chosen, point, choice, method, expected, note, False)

    def _place(self, asked, cart=None):
        known = self.world.customer(asked.phone)
        caller = Caller("customer", known.id) if known and asked.signed_in else GUEST
        total = self.world.priced(asked.items, asked.options).total
        expected = None if asked.expected is None else total + asked.expected

        def work(ctx):
            basket = Basket([_asked(one) for one in asked.items], asked.options)
            if cart:
                basket, _ = carts.basket(ctx, cart.id)
            draft = Draft(
                basket, "Wang", asked.phone, asked.point or None,
                asked.window.id if asked.window else None, "", asked.method, expected, asked.note,
                cart.id if cart else None,
            )  # fmt: skip
            return {"id": orders.place(ctx, draft).id}

        made = self.both(
            lambda: self.world.place(asked, cart), lambda: self.once(caller, "place", work)
        )
        if made:
            self._bind(made[1], made[0]["id"])
            self.focus = made[1]

    def _bind(self, order, order_id):
        """Tell the model by which numbers the shop knows the order and its rows."""
        order.id = order_id
        order.customer.id, order.number = db.row(
            "SELECT customer_id, number FROM orders WHERE id = ?", order_id
        )
        for rows, table in ((order.lines, "order_line"), (order.adjustments, "order_adjustment")):
            ids = db.rows(f"SELECT id FROM {table} WHERE order_id = ? ORDER BY id", order_id)
            for row, (number,) in zip(rows, ids, strict=True):
                row.id = number

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, by_customer=st.booleans())
    def cancel(self, number, by_customer):
        order = self.chosen(number, lambda o: o.open() and not o.touched)
        if by_customer:
            self.both(
                lambda: self.world.cancel_by_customer(order),
                lambda: orders.cancel_by_customer(self.shop.context(GUEST), order.id),
            )
        else:
            self.both(
                lambda: self.world.cancel(order, "owner"),
                lambda: orders.cancel(self.ctx, order.id, "owner"),
            )


def _asked(wanted):
    return Asked(
        wanted.sku, wanted.quantity, {"deal": {"pool": wanted.pool}} if wanted.pool else {}
    )
