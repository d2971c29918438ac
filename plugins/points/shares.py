"""How much of the points spent on an order has to come back: the frozen allocation, replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shop import money
from shop.services.order_view import LineView


def to_return(points: int, lines: Sequence[LineView], paid: Mapping[int, int]) -> int:
    """Points of `points` that belong to what was refunded so far.

    `paid` is what points paid of each line, {line id: minor units > 0}: the points are split by
    it once, by largest remainder. Of a line's part comes back what its money did, or its units
    if those are more (money rounds, and a line that points paid whole has none): all of it when
    either is back whole, so parts add up to all.
    """
    split = money.allocate(points, [paid.get(line.id, 0) for line in lines])
    return sum(_of_line(part, line) for part, line in zip(split, lines, strict=True))


def _of_line(points: int, line: LineView) -> int:
    by_units = money.share(points, line.quantity, 0, line.refunded)
    if line.net <= 0:
        return by_units
    return max(by_units, money.share(points, line.net, 0, line.refunded_amount))
