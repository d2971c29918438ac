"""The part of the model where staff takes money, gives it back, and hands goods over."""

from tests.model.bought import Fee, Odd, Paid
from tests.model.goods import Refused


class Desk:
    """Of a `World`."""

    def pay(self, order, method, amount):
        """The money in suspense, if not all of it could be applied."""
        applied = min(amount, max(0, order.balance))
        if applied < amount and method == "at_pickup" and order.state != "cancelled":
            raise Refused("over_balance")
        reason = (
            "late" if order.state == "cancelled" else "excess" if order.balance > 0 else "double"
        )
        odd = None
        if applied:
            self._accept(order, method, applied)
        if applied < amount:
            odd = Odd(order, reason, amount - applied, method, amount - applied)
            self.suspense.append(odd)
        return odd

    def _accept(self, order, method, amount):
        order.payments.append(Paid(method, amount))
        self.received.append((order, method, amount))
        self._settle(order)

    def apply(self, odd, order):
        if not odd.rest:
            raise Refused("suspense_settled")
        if order.state == "cancelled":
            raise Refused("order_cancelled")
        amount = min(odd.rest, order.balance)
        if amount <= 0:
            raise Refused("nothing_to_pay")
        odd.applied += amount
        odd.back, odd.last = 0, "applied"
        self._accept(order, odd.method, amount)

    def return_odd(self, odd):
        if not odd.rest:
            raise Refused("suspense_settled")
        odd.refunded += odd.rest
        odd.back, odd.last = 0, "refunded"

    def charge(self, order, key, amount):
        if not order.paid_for:
            raise Refused("order_not_paid")
        order.charges.append(Fee("charge", "core", amount, key=key))
        order.total += amount
        self._tell(order, "charged")

    def refund(self, order, key, units, amounts, restock, source=""):
        """`units` {line's place: units}, `amounts` {(kind, place): money}; by staff, or by the
        plugin `source`."""
        if order.state == "cancelled":
            raise Refused("order_cancelled")
        if order.state == "pending" and not order.paid:
            raise Refused("nothing_paid")
        rows = order.by_units(units) + order.by_amounts(amounts)
        if not rows:
            raise Refused("nothing_to_refund")
        if order.refunded + sum(row[3] for row in rows) > order.paid:
            raise Refused("over_refund")
        rows = order.merged(rows)
        if restock != "leave":
            for place, count in units.items():
                line = order.lines[place]
                if line.can_return + min(count, line.waiting) < count:
                    raise Refused("not_returnable")
        refund = order.book_refund(key, rows, restock, not source)
        if restock != "leave":
            for place, count in units.items():
                self._return(order.lines[place], count, restock)
        self._tell(order, "refunded")
        self._settle(order)
        return refund

    def take_back(self, line, units, how):
        if line.can_return < units:
            raise Refused("not_returnable")
        self._return(line, units, how)

    def _return(self, line, units, how):
        line.returned += units
        if how == "restore":
            self.variants[line.sku].give(line.pool, units)

    # -- handing out ---------------------------------------------------------------------------

    def hand_out(self, order, units, payment):
        """`units` {line's place: units}, None: all that waits; `payment` {method, amount} or
        None."""
        if order.state == "cancelled":
            raise Refused("order_cancelled")
        if order.hold:
            raise Refused("held")
        if units is None:
            units = {i: line.waiting for i, line in enumerate(order.lines) if line.waiting}
        if not units or any(order.lines[i].waiting < count for i, count in units.items()):
            raise Refused("nothing_waiting")
        if payment is not None:
            if order.balance <= 0:
                raise Refused("already_paid")
            if payment.get("amount", order.balance) != order.balance:
                raise Refused("balance_differs")
            self._accept(order, payment.get("method", "at_pickup"), order.balance)
        if order.balance > 0:
            raise Refused("unpaid")
        for place, count in units.items():
            order.lines[place].hand_out(count)
        order.hand_outs.append(units)
        self._tell(order, "handed_out")
        self._settle(order)

    def undo(self, order):
        if order.state == "cancelled":
            raise Refused("order_cancelled")
        if not order.hand_outs:
            raise Refused("nothing_to_undo")
        last = order.hand_outs[-1]
        for place, units in last.items():
            line = order.lines[place]
            if line.can_return < max(0, units - line.refunded_out):
                raise Refused("goods_came_back")
        order.hand_outs.pop()
        for place, units in last.items():
            order.lines[place].undo(units)
        if order.state == "completed":
            order.state = "paid"
        self._tell(order, "undone")
        self._settle(order)
