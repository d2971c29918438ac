"""What a quote is made of: what is asked for, what plugins answer, what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shop import money
from shop.data.frozen import EMPTY, FrozenList


@dataclass(frozen=True, slots=True)
class Item:
    """What is asked for. A cart line has an `id` and the `title` it was put in with; it is `gone`
    once its variant was deleted."""

    sku: str
    quantity: int
    options: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    title: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Basket:
    """What a quote depends on beside the store and the time. `point` and `window` are ids."""

    items: list[Item]
    options: dict[str, Any] = field(default_factory=dict)
    customer_id: int | None = None
    point: int | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class LinePrice:
    """A plugin's price per unit of a line. `pool` is where its units come from (None: main);
    `offer` (JSON) is kept on the order's line."""

    amount: int
    label: str = ""
    pool: str | None = None
    offer: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`kind`: discount or spend (amount < 0), fee or deposit (amount > 0). `lines` are the
    indexes that a discount or spend is split over (None: all). `source` is filled in."""

    kind: str
    amount: int
    label: str = ""
    key: str = ""
    lines: tuple[int, ...] | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the basket cannot be ordered as it is. `line` is an index; None concerns it all."""

    code: str
    line: int | None = None
    status: int = 422
    facts: dict[str, Any] = field(default_factory=dict)


class QuoteLine(NamedTuple):
    """`available` counts the units of its pool; None if untracked."""

    index: int  # type: ignore[assignment]
    id: int
    variant_id: int
    product_id: int
    sku: str
    title: str
    quantity: int
    unit_price: int
    options: dict[str, Any]
    cost: int | None
    tracked: bool
    available: int | None
    label: str = ""
    source: str = "catalogue"
    pool: str = "main"
    offer: dict[str, Any] = EMPTY

    @property
    def amount(self) -> int:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Quote:
    """`subtotal` is goods at line prices; `total` what is to be paid. It cannot be changed, nor
    what it is made of."""

    lines: list[QuoteLine]
    currency: str
    options: dict[str, Any]
    customer_id: int | None
    point: int | None
    window: int | None
    adjustments: list[Adjustment] = field(default_factory=FrozenList)
    problems: list[Problem] = field(default_factory=FrozenList)

    @property
    def subtotal(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def total(self) -> int:
        return self.subtotal + sum(item.amount for item in self.adjustments)

    def left(self, lines: tuple[int, ...] | None = None) -> int:
        """Goods money that discounts and spends so far have left on `lines` (None: on all)."""
        shares = self.shares()
        return sum(
            line.amount + sum(part[line.index] for part in shares)
            for line in self.lines
            if lines is None or line.index in lines
        )

    def shares(self) -> list[list[int]]:
        """Per adjustment its share of each line, by largest remainder: frozen at placement.
        Fees and deposits are not split: their shares are zero."""
        rest = [line.amount for line in self.lines]
        split = []
        for item in self.adjustments:
            part = [0] * len(rest)
            if item.kind in ("discount", "spend"):
                over = range(len(rest)) if item.lines is None else item.lines
                parts = money.allocate(item.amount, [rest[i] for i in over])
                for i, amount in zip(over, parts, strict=True):
                    part[i] = amount
                    rest[i] += amount
            split.append(part)
        return split
