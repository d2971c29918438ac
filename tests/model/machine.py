"""Everything that can happen to a shop, in any order, told to the shop and to the model alike."""

import itertools
from collections import namedtuple

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from shop import db
from shop.clock import from_us, to_us
from shop.context import Caller
from shop.errors import Reject
from shop.services import (
    carts,
    claims,
    dues,
    fsck,
    holds,
    idempotency,
    ledger,
    orders,
    payments,
    personal_data,
    pickup,
    points,
    prices,
    products,
    refund_list,
    refunds,
    stock,
    suspense,
    timetable,
)
from shop.services.orders import Draft
from shop.services.quote import Basket
from shop.services.quote import Item as Asked
from shop.testing import NOON
from tests.model import seen
from tests.model.goods import HOUR, Cart, Item, Refused, Variant, Window
from tests.model.plugins import POINTS, SEATS, Perks
from tests.model.world import CART_LASTS, World

PHONES = [f"+861300000000{digit}" for digit in range(4)]
START = to_us(NOON)
OWNER = Caller("owner", 1, "anna", frozenset({"*"}))
GUEST = Caller()
KEY_LASTS = 24 * HOUR

Order = namedtuple("Order", "phone items options point window method expected note signed_in")

pick = st.integers(0, 99)
units = st.integers(1, 3)
cost = st.sampled_from([1000, 999, 1234, 101, 1, 0])
method = st.sampled_from(["", "", "at_pickup", "transfer"])
cap = st.sampled_from([2, 1, None])
item = st.tuples(pick, units, st.sampled_from(["", "", "", "a", "b"]))
how_much = st.sampled_from(["whole", "whole", "part", "much", "short"])
RESTOCK = ["restore", "leave", "write_off"]
restock = st.sampled_from(RESTOCK)


def seldom(*values):
    """Mostly nothing, else one of these."""
    return st.sampled_from([0] * 3 * len(values) + list(values))


options = st.builds(
    lambda **chosen: {
        plugin: {name: value for name, value in facts.items() if value}
        for plugin, facts in chosen.items()
    },
    deal=st.fixed_dictionaries(
        {
            "off": seldom(100, 333, 5000),
            "first_off": seldom(1, 700),
            "voucher": seldom(99, 800),
            "fee": seldom(200, 1),
            "deposit": seldom(500),
        }
    ),
    perks=st.fixed_dictionaries(
        {
            "points": seldom(7, 20, 40, 400),
            "prepay": seldom(30, 90, 2000),
            "member": seldom(True),
            "hold": seldom(True),
            "seat": seldom(True),
        }
    ),
)


LIFE = {
    "pay": lambda self, how: self.pay(None, "at_pickup" if how % 2 else "transfer", "whole"),
    "pay part": lambda self, how: self.pay(None, "transfer", "part"),
    "hand out": lambda self, how: self.hand_out(None, 0, None, {} if how % 2 else None),
    "hand out a unit": lambda self, how: self.hand_out(None, how, 1, None),
    "undo": lambda self, how: self.undo(None),
    "undo twice": lambda self, how: (self.undo(None), self.undo(None)),
    "refund a unit": lambda self, how: self.refund_units(None, how, 1, False, 0, RESTOCK[how % 3]),
    "refund units": lambda self, how: self.refund_units(None, how, 2, True, 0, RESTOCK[how % 3]),
    "refund money": lambda self, how: self.refund_amount(None, how, "part", ""),
    "take back": lambda self, how: self.take_back(None, how, RESTOCK[how % 2 * 2]),
    "charge": lambda self, how: self.charge(None, how + 1),
    "cancel": lambda self, how: self.cancel(None, how % 2 == 0),
}
"""What one order can go through, told by a number between 0 and 99."""


class Machine(RuleBasedStateMachine):
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

    # -- the owner's goods and windows ---------------------------------------------------------

    @initialize(first=cost, second=cost, chosen=st.lists(options, min_size=3, max_size=3))
    def begin(self, first, second, chosen):
        """A small shop with goods of three kinds, a pool, a window, and some orders."""
        self.new_product(first, 9, True)
        self.new_product(second, 9, True)
        self.new_product(500, 0, False)
        self.open_pool(0, "a", 3)
        self.new_window(3)
        self.new_window(1)
        for number, wanted in enumerate(chosen):
            goods = [(number, 2, ""), (number + 1, 1, "a" if number == 2 else "")]
            self.place(number // 2, goods, wanted, "window", 1, "", 0, False, "")
            if self.world.orders and number:
                self.pay(0, "transfer", "whole")

    @rule(price=cost, units=st.integers(0, 9), tracked=st.sampled_from([True, True, False]))
    def new_product(self, price, units, tracked):
        if len(self.skus) < 6:
            sku = f"SKU-{len(self.skus)}"
            products.create(self.ctx, {"title": sku, "status": "published",
                                       "variants": [self._variant(sku, price, units, tracked)]})  # fmt: skip
            self._known(sku)

    @rule(number=pick, price=cost, units=st.integers(0, 9))
    def new_variant(self, number, price, units):
        if len(self.skus) < 6:
            product = db.value("SELECT product_id FROM variant WHERE id = ?",
                               self.variant(number)[1])  # fmt: skip
            sku = f"SKU-{len(self.skus)}"
            first = products.get(self.ctx, product)["variants"]
            named = [{"sku": v["sku"], "options": [v["sku"]]} for v in first]
            added = self._variant(sku, price, units, True) | {"options": [sku]}
            sizes = [{"name": "size", "values": [*(v["sku"] for v in first), sku]}]
            products.update(self.ctx, product, {"options": sizes, "variants": [*named, added]})
            self._known(sku)

    def _variant(self, sku, price, units, tracked):
        self.world.variants[sku] = Variant(sku, price, tracked, {"main": units if tracked else 0})
        stocked = {"stock": units} if tracked else {"tracked": False}
        return {"sku": sku, "price": price} | stocked

    def _known(self, sku):
        self.skus[sku] = db.value("SELECT id FROM variant WHERE sku = ?", sku)

    @rule(number=pick, delta=st.integers(-4, 9))
    def change_stock(self, number, delta):
        sku, _ = self.variant(number)
        self.both(
            lambda: self.world.variants[sku].change(delta),
            lambda: stock.adjust(self.ctx, sku, delta, "counted"),
        )

    @rule(number=pick, price=cost)
    def change_price(self, number, price):
        sku, variant = self.variant(number)
        prices.set_catalogue_price(self.ctx, variant, price)
        self.world.variants[sku].price = price

    @rule(number=pick, pool=st.sampled_from("ab"), units=units)
    def open_pool(self, number, pool, units):
        sku, variant = self.variant(number)
        self.both(
            lambda: self.world.variants[sku].open_pool(f"deal:{pool}", units),
            lambda: stock.open_pool(self.ctx, f"deal:{pool}", {variant: units}),
        )

    @rule(pool=st.sampled_from("ab"))
    def close_pool(self, pool):
        stock.close_pool(self.ctx, f"deal:{pool}")
        for variant in self.world.variants.values():
            variant.close_pool(f"deal:{pool}")

    @rule(cap=cap)
    def new_window(self, cap):
        now = self.world.now
        window = Window("gate", now + 5 * HOUR, now + 7 * HOUR, now + 3 * HOUR, cap)
        point = db.value("SELECT id FROM pickup_point WHERE code = 'gate'")
        made = timetable.create(self.ctx, point, window.starts, window.ends, window.cut_off, cap)
        window.id = made["id"]
        self.world.windows.append(window)

    @precondition(lambda self: self.world.windows)
    @rule(number=pick, cap=cap, retire=st.booleans())
    def change_window(self, number, cap, retire):
        window = self.world.windows[-1 - number % len(self.world.windows)]
        if retire:
            timetable.retire(self.ctx, window.id, window.version)
            window.retired = True
        else:
            timetable.change(self.ctx, window.id, window.version, {"capacity": cap})
            window.cap = cap
        window.version += 1

    @rule(cap=st.integers(0, 3))
    def change_seats(self, cap):
        claims.set_cap(self.ctx, SEATS, cap)
        self.world.seats.cap = cap

    # -- carts and orders ----------------------------------------------------------------------

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
        assert {problem["code"] for problem in view["problems"]} == (
            {"out_of_stock"} if self.world.short(priced) else set()
        )

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

    # -- money ---------------------------------------------------------------------------------

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, method=st.sampled_from(["at_pickup", "transfer"]), how=how_much)
    def pay(self, number, method, how):
        order = self.chosen(number, lambda o: o.balance > 0)
        owed = order.balance if order.balance > 0 else 3
        amount = {"whole": owed, "part": owed // 3, "much": owed + 7, "short": owed - 1}[how] or 1

        def work(ctx):
            return payments.record(ctx, order.id, "manual", method, amount)

        paid = self.both(
            lambda: self.world.pay(order, method, amount),
            lambda: self.once(OWNER, "pay", work),
        )
        if paid:
            answer, odd = paid
            assert (answer["state"], answer["balance"]) == (order.state, order.balance)
            assert (answer["suspense"] is None) == (odd is None)
            if odd:
                odd.id = answer["suspense"]["id"]

    @precondition(lambda self: self.world.orders)
    @rule(number=pick)
    def pay_cash(self, number):
        self.pay(number, "at_pickup", "whole")

    @precondition(lambda self: self.world.suspense)
    @rule(number=pick, apply=st.booleans(), other=st.booleans())
    def settle_suspense(self, number, apply, other):
        odd = self.world.suspense[-1 - number % len(self.world.suspense)]
        order = self.chosen(number, lambda o: o.balance > 0) if other else odd.order
        if apply:
            self.both(
                lambda: self.world.apply(odd, order),
                lambda: suspense.apply(self.ctx, odd.id, order.number),
            )
        else:
            self.both(lambda: self.world.return_odd(odd), lambda: suspense.refund(self.ctx, odd.id))

    @precondition(lambda self: self.world.orders)
    @rule(
        number=pick, which=pick, units=units, all_lines=st.booleans(), more=seldom(1, 400),
        restock=restock,
    )  # fmt: skip
    def refund_units(self, number, which, units, all_lines, more, restock):
        """`more` is money of a line beside its units."""
        order = self.chosen(number, lambda o: o.paid > o.refunded)
        one = which % len(order.lines)
        left = [line.quantity - line.refunded for line in order.lines]
        wanted = {i: min(units, left[i] or 1) for i in (range(len(left)) if all_lines else [one])}
        self._refund(order, wanted, {("line", one): more} if more else {}, restock)

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, which=pick, how=how_much, source=seldom("perks"))
    def refund_amount(self, number, which, how, source):
        order = self.chosen(number, lambda o: o.paid > o.refunded)
        held = order.held()
        named = list(held)[-1 - which % len(held)]
        all_ = held[named]
        amount = {"whole": all_, "part": (all_ + 2) // 3, "much": all_ + 1, "short": all_ - 1}[how]
        self._refund(order, {}, {named: amount}, "leave", source or "")

    def _refund(self, order, units, amounts, restock, source=""):
        key = f"refund:{next(self.numbers)}"
        rows = {"line": order.lines, "adjustment": order.adjustments, "charge": order.charges}

        def real():
            return refunds.refund(
                self.ctx, order.id, key, restock=restock, source=source,
                lines={order.lines[place].id: count for place, count in units.items()},
                amounts={(kind, rows[kind][i].id): money for (kind, i), money in amounts.items()},
            )  # fmt: skip

        made = self.both(
            lambda: self.world.refund(order, key, units, amounts, restock, source), real
        )
        if made:
            made[1].id = made[0]
            self.again.append((None, real, made[0]))

    @rule(number=pick)
    def confirm_refund(self, number):
        found = [refund for order in self.world.orders for refund in order.refunds]
        if found:
            refund = found[-1 - number % len(found)]
            refund_list.confirm(self.ctx, refund.id)
            for part in refund.parts:
                part[2] = "done"

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, amount=st.integers(1, 500))
    def charge(self, number, amount):
        order, key = self.chosen(number, lambda o: o.paid_for), f"charge:{next(self.numbers)}"
        due = self.world.now + HOUR

        def real():
            return dues.charge(self.ctx, order.id, key, "core", "damage", amount, due)

        made = self.both(lambda: self.world.charge(order, key, amount), real)
        if made:
            order.charges[-1].id = made[0]
            self.again.append((None, real, made[0]))

    @precondition(lambda self: self.again)
    @rule(number=pick)
    def repeat(self, number):
        """Any call that moved money or made an order, with its key, is answered as before."""
        self.again = [call for call in self.again if not call[0] or call[0] > self.world.now]
        if self.again:
            _, call, answer = self.again[-1 - number % len(self.again)]
            assert call() == answer

    # -- at the point --------------------------------------------------------------------------

    @precondition(lambda self: self.world.orders)
    @rule(
        number=pick, which=pick, units=st.sampled_from([None, None, 1, 1, 2]),
        payment=st.sampled_from([None, None, {}, {"method": "transfer"}, {"amount": 1}]),
    )  # fmt: skip
    def hand_out(self, number, which, units, payment):
        order = self.chosen(number, lambda o: o.open() and not o.hold)
        place = which % len(order.lines)
        asked = units and {place: units}

        def work(ctx):
            lines = asked and {order.lines[place].id: units}
            return {"state": pickup.hand_out(ctx, order.id, lines, payment).state}

        self.both(
            lambda: self.world.hand_out(order, asked, payment),
            lambda: self.once(OWNER, "hand_out", work),
        )

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, paying=st.booleans())
    def hand_out_all(self, number, paying):
        self.hand_out(number, 0, None, {} if paying else None)

    @precondition(lambda self: self.world.orders)
    @rule(number=pick)
    def undo(self, number):
        order = self.chosen(number, lambda o: o.hand_outs)
        self.both(lambda: self.world.undo(order), lambda: pickup.undo(self.ctx, order.id, "a slip"))

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, which=pick, how=st.sampled_from(["restore", "write_off"]))
    def take_back(self, number, which, how):
        order = self.chosen(number, lambda o: any(line.can_return for line in o.lines))
        line = order.lines[which % len(order.lines)]
        self.both(
            lambda: self.world.take_back(line, 1, how),
            lambda: stock.take_back(self.ctx, line.id, 1, how, "back"),
        )

    @precondition(lambda self: self.world.orders)
    @rule(number=pick, seat=st.booleans())
    def let_go(self, number, seat):
        order = self.chosen(number, lambda o: o in self.world.seats.orders if seat else o.hold)
        if seat:
            held = order in self.world.seats.orders
            assert claims.release(self.ctx, SEATS, f"order:{order.id}") == held
            if held:
                self.world.seats.orders.remove(order)
        else:
            assert holds.release(self.ctx, order.id, "perks") == order.hold
            order.hold = False

    @precondition(lambda self: self.world.orders)
    @rule(
        number=pick,
        acts=st.lists(st.tuples(st.sampled_from(sorted(LIFE)), pick), min_size=2, max_size=4),
    )
    def live(self, number, acts):
        """One order lives through several things in a row."""
        self.chosen(number, lambda o: o.state != "cancelled")
        for act, how in acts:
            LIFE[act](self, how)
            self.shop_and_model_agree()

    # -- customers and time --------------------------------------------------------------------

    @precondition(lambda self: self.world.customers)
    @rule(number=pick)
    def erase(self, number):
        busy = [order.customer for order in self.world.orders if order.open()]
        idle = [customer for customer in self.world.customers if customer not in busy]
        found = idle if idle and number < 80 else self.world.customers
        customer = found[-1 - number % len(found)]
        self.both(
            lambda: self.world.erase(customer),
            lambda: personal_data.erase(self.ctx, customer.id),
        )

    @precondition(lambda self: self.world.customers)
    @rule(number=pick, amount=st.integers(1, 60), due=st.sampled_from([0, 2]),
          ends=st.sampled_from([None, 4, 30]))  # fmt: skip
    def give_points(self, number, amount, due, ends):
        customer = self.world.customers[-1 - number % len(self.world.customers)]
        key, now = f"gift:{next(self.numbers)}", self.world.now
        due, ends = due * HOUR, ends and ends * HOUR

        def real():
            booked = ledger.grant(
                self.ctx, POINTS, customer.id, amount, key, "test", available_at=now + due,
                expires_at=ends and now + ends,
            )  # fmt: skip
            return booked.id, booked.wallet, booked.debt

        self.world.give_points(customer, amount, due, ends)
        self.again.append((None, real, real()))

    @precondition(lambda self: not self.world.behind)
    @rule()
    def break_reaction(self):
        Perks.broken = self.world.broken = True

    @precondition(lambda self: self.world.orders)
    @rule(number=pick)
    def expire_again(self, number):
        """A job runs at least once; an order that is not due stays as it is."""
        order = self.chosen(number, lambda o: o.open())
        orders.expire(self.ctx, {"order": order.id})

    @rule(hours=st.sampled_from([1, 2, 3, 7, 23, 24, 25, 200]))
    def time_goes_on(self, hours):
        self.shop.run_jobs()
        self.world.run_jobs(new_hour=False)
        self.shop.clock.forward(hours=hours)
        self.world.now += hours * HOUR
        self.shop.run_jobs()
        self.world.run_jobs(new_hour=True)
        self._name_refunds()

    # -- and after each of it ------------------------------------------------------------------

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


def _asked(wanted):
    return Asked(
        wanted.sku, wanted.quantity, {"deal": {"pool": wanted.pool}} if wanted.pool else {}
    )


def forget():
    """Empty every table, for the next history."""
    tables = [f'"{name}"' for name in db.database.get_tables() if not name.startswith("schema_")]
    filled = [name for name in tables if db.value(f"SELECT 1 FROM {name} LIMIT 1")]
    if db.is_postgres():
        if filled:
            db.run(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")
        return
    db.run("PRAGMA foreign_keys = 0")
    with db.transaction():
        for name in filled:
            db.run(f"DELETE FROM {name}")
    db.run("PRAGMA foreign_keys = 1")
