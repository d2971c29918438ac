"""What points are worth, in whole numbers: no fraction is ever rounded but the one of an order."""

from __future__ import annotations

from math import gcd
from typing import Any, NamedTuple

from shop import Context, money


class Rate(NamedTuple):
    """`points` for `minor` units of money, in lowest terms: both are whole, and neither is zero
    but the points of a shop where nothing is earned."""

    points: int
    minor: int

    def earned(self, base: int) -> int:
        """Points for goods money, rounded down."""
        return min(max(base, 0) * self.points // self.minor, money.MAX)

    def whole(self, points: int) -> int:
        """The most of these points that are worth whole minor units."""
        return points - points % self.points

    def worth(self, points: int) -> int:
        """What points pay, in minor units; a rest that pays no whole one pays nothing."""
        return points // self.points * self.minor

    def paying(self, amount: int) -> int:
        """The most points that pay no more than `amount`."""
        return amount // self.minor * self.points

    def costing(self, amount: int) -> int:
        """The fewest points that pay `amount` or more."""
        return -(-amount // self.minor) * self.points

    def exactly(self, amount: int) -> int:
        """The points that pay just this; ValueError for an amount between two of them."""
        if amount % self.minor:
            raise ValueError(f"no number of points is worth {amount}")
        return self.paying(amount)


def rate(points: int, units: int, currency: str) -> Rate:
    """`points` for `units` of a currency: 100 for 1 CNY is 1 for 1 fen."""
    minor = units * 10 ** money.precision(currency)
    common = gcd(points, minor)
    return Rate(points // common, minor // common)


def earning(ctx: Context, settings: Any) -> Rate:
    return rate(settings.earn_per_unit, settings.earn_unit, ctx.store.currency)


def spending(ctx: Context, settings: Any) -> Rate:
    return rate(settings.spend_per_unit, settings.spend_unit, ctx.store.currency)
