"""What the ledger holds of an order: its points spent, its points earned, and what came back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shop import Context, db

from . import notes
from .rates import Rate
from .settings import UNIT

BOOKED = """
SELECT m.order_id, m.id, m.of_id, m.key, m.reason, -SUM(e.amount)
FROM movement m JOIN entry e ON e.movement_id = m.id JOIN account a ON a.id = e.account_id
WHERE m.order_id IN (??) AND m.store || '' = ? AND a.role = 'issued' AND a.unit = ?
GROUP BY m.order_id, m.id, m.of_id, m.key, m.reason ORDER BY m.id"""


@dataclass(slots=True)
class Booked:
    """A grant or a spend: `amount` and what of it came `back`, both >= 0."""

    key: str
    amount: int
    reason: str
    back: int = 0

    @property
    def kept(self) -> int:
        return self.amount - self.back

    @property
    def rate(self) -> Rate | None:
        """At which it was earned."""
        facts = notes.read(self.reason)
        points, per = facts.get("points"), facts.get("per")
        if isinstance(points, int) and isinstance(per, int) and points and per:
            return Rate(points, per)
        return None


@dataclass(slots=True)
class OfOrder:
    spent: Booked | None = None
    earned: list[Booked] = field(default_factory=list)
    """the oldest first: one for each time that the order was completed"""


def spend_key(order_id: int) -> str:
    return f"points:spend:{order_id}"


def earn_key(order_id: int, number: int | str) -> str:
    return f"points:earn:{order_id}:{number}"


def of_orders(ctx: Context, ids: Iterable[int]) -> dict[int, OfOrder]:
    """{order id: its bookings}, in one statement; of other plugins' movements nothing."""
    found = {order_id: OfOrder() for order_id in ids}
    roots: dict[int, tuple[Booked, int]] = {}
    for order_id, number, of, key, reason, amount in db.rows(
        BOOKED, db.many(found), ctx.code, UNIT
    ):
        if of in roots:
            root, sign = roots[of]
            root.back -= sign * amount
        elif key == spend_key(order_id):
            spent = found[order_id].spent = Booked(key, -amount, reason)
            roots[number] = spent, -1
        elif key.startswith(earn_key(order_id, "")):
            earned = Booked(key, amount, reason)
            found[order_id].earned.append(earned)
            roots[number] = earned, 1
    return found
