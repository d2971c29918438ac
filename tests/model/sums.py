"""What a basket costs, in fractions and small steps: no code of the shop's."""

from dataclasses import dataclass, field
from fractions import Fraction


def split(amount, weights):
    """`amount` (>= 0) by weight: whole parts, then one each to the largest remainders."""
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    parts = [int(part) for part in exact]
    by_rest = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_rest[: amount - sum(parts)]:
        parts[i] += 1
    return parts


@dataclass
class Sum:
    """`lines` are (sku, pool, units, unit price); `taken` [kind, source, amount >= 0, parts]."""

    lines: list[tuple[str, str, int, int]]
    taken: list[tuple[str, str, int, list[int]]] = field(default_factory=list)
    added: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self):
        self.amounts = [units * price for _, _, units, price in self.lines]
        self.left = list(self.amounts)

    def take(self, kind, source, amount, only_first=False):
        """A discount or a spend, no more than is left."""
        over = self.left[:1] if only_first else self.left
        amount = min(amount, sum(over))
        if amount:
            parts = split(amount, over) + [0] * (len(self.left) - len(over))
            self.left = [rest - part for rest, part in zip(self.left, parts, strict=True)]
            self.taken.append((kind, source, amount, parts))

    @property
    def total(self):
        return sum(self.left) + sum(amount for _, amount in self.added)

    @property
    def adjustments(self):
        """(kind, source, signed amount) in the order in which they stand on the order."""
        taken = [(kind, source, -amount) for kind, source, amount, _ in self.taken]
        return taken + [(kind, "deal", amount) for kind, amount in self.added]

    def parts(self, kind):
        """What each line bears of a kind, below zero."""
        borne = [parts for what, _, _, parts in self.taken if what == kind]
        return [-sum(column) for column in zip(*borne, [0] * len(self.lines), strict=True)]


def price(lines, options):
    """The sum of (sku, pool, units, unit price) under the options of an order."""
    deal, perks = options.get("deal", {}), options.get("perks", {})
    made = Sum(lines)
    if not lines:
        return made
    goods = sum(made.amounts)
    made.take("discount", "deal", deal.get("off", 0))
    made.take("discount", "deal", deal.get("first_off", 0), only_first=True)
    made.take("discount", "perks", goods // 10 if perks.get("member") else 0)
    made.take("spend", "deal", deal.get("voucher", 0))
    made.take("spend", "perks", min(perks.get("points", 0), sum(made.left) // 10) * 10)
    made.added = [(kind, deal[kind]) for kind in ("fee", "deposit") if deal.get(kind)]
    return made
