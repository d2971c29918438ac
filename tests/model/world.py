"""The whole shop as plain Python: told what is asked of it, it changes, or says what to refuse."""

from dataclasses import dataclass, field

from tests.domain import ledger_model
from tests.model.bought import Fee, Line, Odd, Order
from tests.model.desk import Desk
from tests.model.goods import HOUR, Cart, Refused, Seats, Variant, Window
from tests.model.plugins import DUE, JOINING, LASTS, RATE, WORTH
from tests.model.sums import price

MOST_UNPAID = 3
CART_LASTS = 30 * 24 * HOUR


@dataclass(eq=False)
class Customer:
    phone: str
    wallet: ledger_model.Wallet
    erased: bool = False
    id: int = 0


@dataclass
class World(Desk):
    now: int
    variants: dict[str, Variant] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)
    seats: Seats = field(default_factory=lambda: Seats(2))
    carts: list[Cart] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    suspense: list[Odd] = field(default_factory=list)
    received: list[tuple[Order, str, int]] = field(default_factory=list)
    broken: bool = False
    behind: dict[Order, None] = field(default_factory=dict)
    """orders whose reaction failed: settled when the jobs run"""
    moves: int = 0

    # -- placing -------------------------------------------------------------------------------

    def customer(self, phone):
        return next((c for c in self.customers if c.phone == phone and not c.erased), None)

    def priced(self, items, options):
        lines = []
        for item in items:
            variant = self.variants[item.sku]
            pool = f"deal:{item.pool}" if item.pool else "main"
            amount = variant.price // 2 if item.pool else variant.price
            lines.append((item.sku, pool if variant.tracked else "", item.quantity, amount))
        return price(lines, options)

    def short(self, priced):
        """What is said, line by line, where a pool holds fewer units than they want of it."""
        wanted, said = {}, []
        for sku, pool, units, _ in priced.lines:
            wanted[sku, pool] = wanted.get((sku, pool), 0) + units
            if pool and self.variants[sku].pools.get(pool, 0) < wanted[sku, pool]:
                said.append("out_of_stock" if pool == "main" else "sold_out")
        return said

    def pickup(self, point, window):
        """The window chosen, None without one."""
        if window is None:
            if not point:
                raise Refused("pickup_required")
            if any(w.point == point and not w.retired for w in self.windows):
                raise Refused("window_required")
            return None
        if window.retired or (point and window.point != point):
            raise Refused("window_unknown")
        if window.cut_off <= self.now:
            raise Refused("window_closed")
        if window.full:
            raise Refused("window_full")
        return window

    def place(self, asked, cart=None):
        """`asked`: phone, items, options, point, window, method, expected (added to the right
        total, None: not said), note."""
        if cart and (cart.used or cart.expires <= self.now):
            raise Refused("not_found")
        customer = self.customer(asked.phone)
        mine = [order for order in self.orders if customer and order.customer is customer]
        guest = customer is None or not asked.signed_in
        waiting = [
            order for order in mine if order.state == "pending" and (guest or not order.guest)
        ]
        if len(waiting) >= MOST_UNPAID:
            raise Refused("too_many_unpaid_orders")
        window = self.pickup(asked.point, asked.window)
        priced = self.priced(asked.items, asked.options)
        if not asked.items:
            raise Refused("cart_empty")
        if said := self.short(priced):
            raise Refused(said[0])
        if asked.expected:
            raise Refused("quote_changed")
        perks = dict(asked.options.get("perks", {}))
        if not priced.total:
            perks.pop("prepay", None)  # nothing is to come
        points = sum(t[2] for t in priced.taken if t[:2] == ("spend", "perks")) // WORTH
        self._check_plugins(asked, perks, customer, points)
        if customer is None:
            customer = Customer(asked.phone, ledger_model.Wallet())
            self.customers.append(customer)
            self._wallet(customer).grant("join", JOINING, self.now, None)
        order = self._order(asked, customer, window, priced, perks)
        if points:
            order.points = points
            self._wallet(customer).spend(f"spend:{id(order)}", points)
        if cart:
            cart.used = True
        self._settle(order)
        return order

    def _check_plugins(self, asked, perks, customer, points):
        if perks.get("seat"):
            self.seats.check(customer)
        if perks.get("prepay") and asked.method == "at_pickup":
            raise Refused("prepay_required")
        if points > (self._wallet(customer).available() if customer else JOINING):
            raise Refused("insufficient_balance")
        if asked.note == "refuse me":
            raise Refused("refused_by_perks")

    def _order(self, asked, customer, window, priced, perks):
        prepay = perks.get("prepay")
        method = asked.method or ("transfer" if prepay else "at_pickup")
        minutes = [prepay] if prepay else []
        minutes += [24 * 60] if asked.method == "transfer" else []
        lines = [
            Line(sku, pool, units, amount, discount, spend)
            for (sku, pool, units, amount), discount, spend in zip(
                priced.lines, priced.parts("discount"), priced.parts("spend"), strict=True
            )
        ]
        order = Order(
            customer,
            method,
            self.now + min(minutes) * HOUR // 60 if minutes else None,
            window,
            lines,
            [Fee(*adjustment) for adjustment in priced.adjustments],
            priced.total,
            bool(perks.get("hold")),
            phone=asked.phone,
            guest=not (customer.id and asked.signed_in),
        )
        for line in lines:
            if line.pool:
                self.variants[line.sku].pools[line.pool] -= line.quantity
        if window:
            window.orders.append(order)
        if perks.get("seat"):
            self.seats.orders.append(order)
        self.orders.append(order)
        return order

    # -- what plugins do -----------------------------------------------------------------------

    def _wallet(self, customer):
        customer.wallet.now = self.now
        return customer.wallet

    def points(self, customer):
        """What the customer has, as `ledger.balance` says it."""
        wallet = self._wallet(customer)
        return {
            "available": wallet.available(),
            "pending": wallet.pending(),
            "debt": wallet.owed,
            "next_expiry": wallet.next_expiry(),
        }

    def give_points(self, customer, amount, due, ends):
        self._wallet(customer).grant(self._key(), amount, self.now + due, ends and self.now + ends)

    def _tell(self, order, kind):
        """An event of the order, and the reaction to it."""
        order.events.append(kind)
        if order in self.behind:
            return
        if self.broken:
            self.broken = False
            self.behind[order] = None
        else:
            self._react(order)

    def _react(self, order):
        wallet = self._wallet(order.customer)
        if order.points:
            units = sum(line.quantity for line in order.lines)
            back = order.points * sum(line.refunded for line in order.lines) // units
            back = order.points if order.state == "cancelled" else back
            wallet.give_back(f"spend:{id(order)}", back, self._key(), 0)
        deserved = order.goods_kept // RATE if order.state == "completed" else 0
        missing = deserved - sum(granted - clawed for _, granted, clawed in order.grants)
        if missing > 0:
            key = self._key()
            wallet.grant(key, missing, self.now + DUE, self.now + LASTS)
            order.grants.append([key, missing, 0])
        for grant in reversed(order.grants):
            less = min(max(0, -missing), grant[1] - grant[2])
            if less:
                changed = wallet.claw_back(grant[0], grant[2] + less, self._key())
                grant[2] -= sum(changed)
                missing += less

    def _key(self):
        self.moves += 1
        return f"move:{self.moves}"

    # -- states --------------------------------------------------------------------------------

    def _settle(self, order):
        if order.state == "pending" and order.paid >= order.total:
            order.state, order.pay_by = "paid", None
            self._tell(order, "paid")
        if order.state == "paid" and order.done:
            order.state = "completed"
            self._tell(order, "completed")

    def cancel(self, order, reason):
        if order.touched or not order.open():
            raise Refused("not_cancellable")
        order.state, order.reason, order.pay_by = "cancelled", reason, None
        for line in order.lines:
            self.variants[line.sku].give(line.pool, line.quantity - line.withdrawn)
        for taken in [self.seats.orders, *(window.orders for window in self.windows)]:
            if order in taken:
                taken.remove(order)
        order.hold = False
        if order.paid > order.refunded:
            order.book_refund("cancel", order.spread(), "leave", reason == "owner")
            self._tell(order, "refunded")
        self._tell(order, "cancelled")

    def cancel_by_customer(self, order):
        if order.state == "paid" and order.window and order.window.cut_off <= self.now:
            raise Refused("too_late_to_cancel")
        self.cancel(order, "customer")

    def run_jobs(self, new_hour):
        """What is due by now: failed reactions, orders that nobody paid or, looked at when the
        hour is new, that nobody fetched."""
        self._catch_up()
        late = [o for o in self.orders if o.state == "pending" and o.pay_by is not None]
        for order in sorted(late, key=lambda order: order.pay_by):
            if order.pay_by <= self.now:
                self.cancel(order, "expired")
        if new_hour:
            self._follow_up()
        self._catch_up()

    def _catch_up(self):
        for order in list(self.behind):
            self._react(order)
        self.behind.clear()

    def _follow_up(self):
        over = [o for o in self.orders if o.open() and o.window and o.window.ends <= self.now]
        for order in over:
            if order.reminded is None and not order.hold:
                order.reminded = self.now
                order.events.append("reminder")
        for order in over:
            waits = order.reminded is not None and order.reminded <= self.now - 24 * HOUR
            if waits and not order.hold and not order.touched:
                self.cancel(order, "no_show")

    def erase(self, customer):
        if any(order.customer is customer and order.open() for order in self.orders):
            raise Refused("open_orders")
        customer.erased = True
