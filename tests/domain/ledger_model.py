"""The ledger of one customer as plain Python: what tests compare the real one with."""

from dataclasses import dataclass, field


class Refused(Exception):
    pass


@dataclass
class Lot:
    amount: int
    remaining: int
    due: int
    expires: int | None
    lapsed: int = 0


@dataclass
class Move:
    """`lots` maps a grant's key to the change of its lot, in the order of booking."""

    kind: str
    of: str | None = None
    lots: dict[str, int] = field(default_factory=dict)
    debt: int = 0


class Wallet:
    def __init__(self):
        self.now, self.owed = 0, 0
        self.lots: dict[str, Lot] = {}
        self.moves: dict[str, Move] = {}

    def open(self):
        """Keys of lots that hold something, nearest to expiry first; what has expired is gone."""
        for lot in self.lots.values():
            if lot.expires is not None and lot.expires <= self.now:
                lot.lapsed += lot.remaining
                lot.remaining = 0
        order = list(self.lots)
        held = [key for key, lot in self.lots.items() if lot.remaining]
        far = float("inf")
        return sorted(
            held,
            key=lambda k: (far if self.lots[k].expires is None else self.lots[k].expires,
                           order.index(k)),
        )  # fmt: skip

    def _book(self, key, move):
        if any(self.lots[lot].remaining + change < 0 for lot, change in move.lots.items()):
            raise Refused
        if self.owed - move.debt < 0:
            raise Refused
        for lot, change in move.lots.items():
            self.lots[lot].remaining += change
        self.owed -= move.debt
        self.moves[key] = move
        return sum(move.lots.values()), move.debt

    def _family(self, key):
        return [m for k, m in self.moves.items() if k == key or m.of == key]

    def _net(self, key):
        lots: dict[str, int] = {}
        for move in self._family(key):
            for lot, change in move.lots.items():
                lots[lot] = lots.get(lot, 0) + change
        return lots, sum(move.debt for move in self._family(key))

    def available(self):
        return sum(self.lots[k].remaining for k in self.open() if self.lots[k].due <= self.now)

    def pending(self):
        return sum(self.lots[k].remaining for k in self.open() if self.lots[k].due > self.now)

    def next_expiry(self):
        ends = [self.lots[k].expires for k in self.open()]
        return min((end for end in ends if end is not None), default=None)

    def grant(self, key, amount, due, expires):
        pays = min(self.owed, amount)
        self.lots[key] = Lot(amount, 0, due, expires)
        lots = {key: amount - pays} if amount > pays else {}
        return self._book(key, Move("grant", None, lots, pays))

    def spend(self, key, amount):
        if amount > self.available():
            raise Refused
        lots = {}
        for lot in (k for k in self.open() if self.lots[k].due <= self.now):
            if amount:
                lots[lot] = -min(amount, self.lots[lot].remaining)
                amount += lots[lot]
        return self._book(key, Move("spend", None, lots))

    def give_back(self, key_of, total, key, grace):
        self.open()
        spent = -sum(self.moves[key_of].lots.values())
        out, _ = self._net(key_of)
        left = min(total, spent) - (spent + sum(out.values()))
        lots = {}
        for lot in reversed(self.moves[key_of].lots):
            if left > 0 and out[lot] < 0:
                lots[lot] = min(left, -out[lot])
                left -= lots[lot]
        if not lots:
            return 0, 0
        for lot in lots:
            expires = self.lots[lot].expires
            if grace and expires is not None and expires <= self.now:
                self.lots[lot].expires = self.now + grace
        return self._book(key, Move("give_back", key_of, lots))

    def claw_back(self, key_of, total, key):
        others = [k for k in self.open() if k != key_of]
        net, debt = self._net(key_of)
        lot = self.lots[key_of]
        clawed = lot.amount - sum(net.values()) - debt
        wanted = min(total, lot.amount) - clawed - lot.lapsed
        if wanted <= 0:
            return 0, 0
        lots = {}
        for name in [key_of, *others]:
            take = min(wanted, self.lots[name].remaining)
            if take:
                lots[name] = -take
                wanted -= take
        return self._book(key, Move("claw_back", key_of, lots, -wanted))

    def undo(self, key):
        self.open()
        move = self.moves[key]
        lots, debt = self._net(key)
        lots = {lot: -change for lot, change in lots.items() if change}
        if not lots and not debt:
            return 0, 0
        return self._book(f"{key}:undo", Move("undo", move.of or key, lots, -debt))
