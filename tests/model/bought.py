"""One order as plain Python: its units, its money and its states."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.goods import Refused
from tests.model.sums import split


@dataclass
class Line:
    """Every unit waits, is out (kept, or refunded since), or is withdrawn."""

    sku: str
    pool: str
    quantity: int
    unit_price: int
    discount: int
    spend: int
    waiting: int = 0
    kept_out: int = 0
    refunded_out: int = 0
    withdrawn: int = 0
    returned: int = 0
    refunded_amount: int = 0
    id: int = 0

    def __post_init__(self):
        self.waiting = self.quantity

    @property
    def net(self):
        return self.quantity * self.unit_price + self.discount + self.spend

    @property
    def kept(self):
        return self.net - self.refunded_amount

    @property
    def out(self):
        return self.kept_out + self.refunded_out

    @property
    def refunded(self):
        return self.withdrawn + self.refunded_out

    def worth(self, units):
        """Of the next `units` to be refunded: so much of the rest as they are of the units left."""
        left = self.quantity - self.refunded
        return int(Fraction(self.kept) * Fraction(units, left))

    def refund(self, units):
        stay = min(units, self.waiting)
        self.waiting -= stay
        self.withdrawn += stay
        self.kept_out -= units - stay
        self.refunded_out += units - stay

    def hand_out(self, units):
        self.waiting -= units
        self.kept_out += units

    def undo(self, units):
        """Those refunded since are with the shop now; the others wait again."""
        back = min(units, self.refunded_out)
        self.refunded_out -= back
        self.withdrawn += back
        self.kept_out -= units - back
        self.waiting += units - back

    @property
    def can_return(self):
        return self.out + self.withdrawn - self.returned


@dataclass
class Fee:
    """An adjustment or a charge."""

    kind: str
    source: str
    amount: int
    refunded: int = 0
    id: int = 0
    key: str = ""


@dataclass
class Paid:
    method: str
    amount: int
    back: int = 0


@dataclass
class Refund:
    """`rows` are [kind, place, units, amount]; `parts` [payment's place, amount, state]."""

    key: str
    amount: int
    restock: str
    rows: list
    parts: list
    id: int = 0

    @property
    def state(self):
        return "pending" if any(part[2] == "pending" for part in self.parts) else "done"


@dataclass(eq=False)
class Order:
    customer: object
    method: str
    pay_by: int | None
    window: object
    lines: list[Line]
    adjustments: list[Fee]
    total: int
    hold: bool = False
    phone: str = ""
    guest: bool = True
    points: int = 0
    state: str = "pending"
    reason: str = ""
    reminded: int | None = None
    charges: list[Fee] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    hand_outs: list[dict] = field(default_factory=list)
    events: list[str] = field(default_factory=lambda: ["placed"])
    grants: list[list] = field(default_factory=list)
    """[key, granted, clawed back] of the points it earned"""
    id: int = 0
    number: str = ""

    @property
    def paid(self):
        return sum(payment.amount for payment in self.payments)

    @property
    def refunded(self):
        return sum(refund.amount for refund in self.refunds)

    @property
    def balance(self):
        return 0 if self.state == "cancelled" else self.total - self.paid

    @property
    def goods_kept(self):
        return sum(line.kept for line in self.lines)

    @property
    def done(self):
        return not any(line.waiting for line in self.lines)

    @property
    def touched(self):
        return any(line.out for line in self.lines)

    def held(self):
        """{(kind, place): money it could still give back}; a charge gives what was paid of it."""
        held = {("line", i): line.kept for i, line in enumerate(self.lines)}
        for i, fee in enumerate(self.adjustments):
            if fee.kind in ("fee", "deposit"):
                held["adjustment", i] = fee.amount - fee.refunded
        owed = self.dues()
        for i, charge in enumerate(self.charges):
            held["charge", i] = charge.amount - charge.refunded - owed[i]
        return held

    def dues(self):
        """What is open of each charge: payments pay the oldest first, so the newest wait."""
        left, owed = max(0, self.total - self.paid), []
        for charge in reversed(self.charges):
            owed.append(min(left, charge.amount))
            left -= owed[-1]
        return owed[::-1]

    def open(self):
        return self.state in ("pending", "paid")

    @property
    def paid_for(self):
        return self.state in ("paid", "completed")

    def by_units(self, units):
        rows = []
        for place, count in units.items():
            line = self.lines[place]
            if not 0 < count <= line.quantity - line.refunded:
                raise Refused("over_refund")
            rows.append(["line", place, count, line.worth(count)])
        return rows

    def by_amounts(self, amounts):
        held = self.held()
        for named, amount in amounts.items():
            if named not in held:
                raise Refused("unknown_row")
            if not 0 < amount <= held[named]:
                raise Refused("over_refund")
        return [[*named, 0, amount] for named, amount in amounts.items()]

    def merged(self, rows):
        """One row for units and money of one line, which hold only so much together."""
        sums = {}
        for kind, place, units, amount in rows:
            before = sums.get((kind, place), (0, 0))
            sums[kind, place] = before[0] + units, before[1] + amount
        for (kind, place), (_, amount) in sums.items():
            if kind == "line" and amount > self.lines[place].kept:
                raise Refused("over_refund")
        return [[*named, units, amount] for named, (units, amount) in sums.items()]

    def spread(self):
        """All that is kept, over the rows that hold something."""
        held = {named: left for named, left in self.held().items() if left}
        parts = split(self.paid - self.refunded, list(held.values()))
        return [[*named, 0, part] for named, part in zip(held, parts, strict=True) if part]

    def book_refund(self, key, rows, restock, at_counter):
        """`at_counter`: staff stands there to hand cash over."""
        amount = sum(row[3] for row in rows)
        if self.refunded + amount > self.paid:
            raise Refused("over_refund")
        for kind, place, units, money in rows:
            if kind == "line":
                self.lines[place].refund(units)
                self.lines[place].refunded_amount += money
            else:
                row = (self.adjustments if kind == "adjustment" else self.charges)[place]
                row.refunded += money
        refund = Refund(key, amount, restock, rows, self._parts(amount, at_counter))
        self.refunds.append(refund)
        return refund

    def _parts(self, amount, at_counter):
        """Back by the payments it came by, the latest first."""
        parts = []
        for place in reversed(range(len(self.payments))):
            payment = self.payments[place]
            take = min(amount, payment.amount - payment.back)
            if take:
                payment.back += take
                amount -= take
                at_once = at_counter and payment.method == "at_pickup"
                state = "done" if at_once else "pending"
                parts.append([place, take, state])
        return parts


@dataclass(eq=False)
class Odd:
    """Money in suspense."""

    order: Order
    reason: str
    amount: int
    method: str
    back: int
    applied: int = 0
    refunded: int = 0
    last: str = ""
    id: int = 0

    @property
    def rest(self):
        return self.amount - self.applied - self.refunded

    @property
    def state(self):
        return "open" if self.rest else self.last
