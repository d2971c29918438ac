"""What the emulator does wrong: for every payment of a store, or for one by its page."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from marshmallow import Schema, fields, validate

COUNT = validate.Range(0, 1000)


@dataclass(frozen=True, slots=True)
class Faults:
    """`amount` and `currency`: what is paid instead of what was asked for (0 and "" for no other).
    `late`: seconds until a notice goes out; `copies`: how often it is sent, at once; `hold`: it waits
    for a release; `silent`: it is never sent. `signature`: good, wrong or none; `old`: seconds by
    which it is dated back. `refunds_fail`, `down`: so many refunds, or requests of any kind, are
    answered 500, then 503; `slow`: seconds before any answer; `refunds_later`: a refund is accepted
    now and done with its notice."""

    amount: int = 0
    currency: str = ""
    late: float = 0
    copies: int = 1
    hold: bool = False
    silent: bool = False
    signature: str = "good"
    old: int = 0
    refunds_fail: int = 0
    refunds_later: bool = False
    down: int = 0
    slow: float = 0

    @property
    def forged(self) -> bool:
        """Its notices are no real ones: nobody sends them again."""
        return self.signature != "good" or self.old > 0

    def merged(self, others: dict[str, Any]) -> Faults:
        return replace(self, **others)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class FaultsSchema(Schema):
    """What is left out is no fault."""

    amount = fields.Integer(strict=True, validate=validate.Range(0, 2**53))
    currency = fields.String(validate=validate.Regexp(r"([A-Z]{3})?"))
    late = fields.Float(validate=validate.Range(0, 3600))
    copies = fields.Integer(strict=True, validate=validate.Range(1, 50))
    hold = fields.Boolean()
    silent = fields.Boolean()
    signature = fields.String(validate=validate.OneOf(("good", "wrong", "none")))
    old = fields.Integer(strict=True, validate=validate.Range(0, 10**6))
    refunds_fail = fields.Integer(strict=True, validate=COUNT)
    refunds_later = fields.Boolean()
    down = fields.Integer(strict=True, validate=COUNT)
    slow = fields.Float(validate=validate.Range(0, 60))


ON_THE_PAGE: dict[str, dict[str, Any]] = {
    "right": {},
    "late": {"late": 20},
    "double": {"copies": 2},
    "silent": {"silent": True},
    "short": {"amount": 1},
    "currency": {"currency": "XTS"},
    "wrong_key": {"signature": "wrong"},
    "old": {"old": 600},
}
"""what a person may choose when paying"""
