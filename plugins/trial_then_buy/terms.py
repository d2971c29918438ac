"""What a trial costs in every branch, known before anybody agrees. Amounts are minor units."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Terms:
    """Of one unit; `full` is the price of who buys, `overdue` what happens to who does not come:
    remind or charge."""

    offer: int
    fee: int
    deposit: int
    full: int
    days: int
    fee_counts: bool
    overdue: str

    @property
    def version(self) -> str:
        """Another as soon as anything of it is another."""
        return hashlib.sha256(orjson.dumps(asdict(self))).hexdigest()[:12]

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"version": self.version}

    def branches(self, units: int = 1) -> dict[str, Any]:
        """{pay_now, bought, returned, damaged, not_returned}: what `units` cost at once, and for
        each end {more: still to be paid, back: given back, total: paid in all}."""
        pay_now = (self.fee + self.deposit) * units
        more, back = to_buy(self, units, self.deposit * units, self.fee * units)

        def end(more: int, back: int) -> dict[str, int]:
            return {"more": more, "back": back, "total": pay_now + more - back}

        bought = end(more, back)
        return {
            "pay_now": pay_now,
            "bought": bought,
            "returned": end(0, self.deposit * units),
            "damaged": end(0, 0),
            "not_returned": end(more if self.overdue == "charge" else 0, 0),
        }


def of(document: dict[str, Any]) -> Terms:
    """As they stand on an order's line."""
    return Terms(**{name: document[name] for name in Terms.__slots__})


def to_buy(terms: Terms, units: int, deposit: int, fee: int) -> tuple[int, int]:
    """(charge, give back) of who buys, when `deposit` and `fee` are what the shop holds of them."""
    rest = terms.full * units - deposit - (fee if terms.fee_counts else 0)
    return max(0, rest), min(deposit, max(0, -rest))
