"""A wallet of points as plain Python: what the state machine compares the real one with."""

from __future__ import annotations

from dataclasses import dataclass, field

FOREVER = float("inf")


class Refused(Exception):
    """Nothing was taken."""


@dataclass
class Lot:
    """`gone` is what expired in it; `back` what was taken back of its grant."""

    amount: int
    left: int
    due: int
    ends: float
    gone: int = 0
    back: int = 0


@dataclass
class Spent:
    """`took` is [(key of the lot, points)] in the order of taking, `out` what is not back."""

    took: list[tuple[str, int]]
    out: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.out = dict(self.took)

    @property
    def amount(self) -> int:
        return sum(points for _, points in self.took)


class Wallet:
    def __init__(self) -> None:
        self.now, self.owed = 0, 0
        self.lots: dict[str, Lot] = {}
        self.spends: dict[str, Spent] = {}

    def open(self) -> dict[str, Lot]:
        """Lots that hold something, nearest to expiry first."""
        for lot in self.lots.values():
            if lot.ends <= self.now:
                lot.gone += lot.left
                lot.left = 0
        held = [(lot.ends, place, key) for place, (key, lot) in enumerate(self.lots.items())
                if lot.left]  # fmt: skip
        return {key: self.lots[key] for _, _, key in sorted(held)}

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.open().values() if lot.due <= self.now)

    @property
    def pending(self) -> int:
        return sum(lot.left for lot in self.open().values() if lot.due > self.now)

    def grant(self, key: str, points: int, due: int, ends: float) -> None:
        """A debt is paid first."""
        pays = min(points, self.owed)
        self.owed -= pays
        self.lots[key] = Lot(points, points - pays, due, ends)

    def spend(self, key: str, points: int) -> None:
        if points > self.available:
            raise Refused
        due = {name: lot for name, lot in self.open().items() if lot.due <= self.now}
        self.spends[key] = Spent(self._take(due, points))

    def give_back(self, key: str, total: int, grace: int) -> None:
        """So that `total` of the spend is back, the lot taken last first."""
        self.open()
        spent = self.spends[key]
        missing = total - (spent.amount - sum(spent.out.values()))
        for name, _ in reversed(spent.took):
            points = min(max(missing, 0), spent.out[name])
            if points:
                lot = self.lots[name]
                lot.left += points
                lot.ends = self.now + grace if lot.ends <= self.now else lot.ends
                spent.out[name] -= points
                missing -= points

    def claw_back(self, key: str, total: int) -> None:
        """So that `total` of the grant is gone: from its own lot, from others, then as a debt."""
        held, own = self.open(), self.lots[key]
        missing = max(0, total - own.back - own.gone)
        own.back += missing
        first = {key: own, **held} if own.left else held
        taken = sum(points for _, points in self._take(first, missing))
        self.owed += missing - taken

    @staticmethod
    def _take(lots: dict[str, Lot], points: int) -> list[tuple[str, int]]:
        took = []
        for name, lot in lots.items():
            part = min(points, lot.left)
            if part:
                lot.left -= part
                points -= part
                took.append((name, part))
        return took
