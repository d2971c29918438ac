"""What the owner writes under `[stores.<code>.plugins.referral_rebate]`, and what a customer sends.

Pay for recruiting is forbidden, and so is what looks like it: a second hop, pay by the head, cash, an
entry fee. None of them can be configured; a file that tries is refused with the reason.
"""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shop import Schema, Text, money

NAME = "referral_rebate"
UNIT = "credit"
MAX, MARK = "max", "{code}"
LAW = "禁止传销条例 article 7"
FORBIDDEN = (
    (r"level|hop|depth|second|tier|generation|downline|team|upline",
     "who invited the inviter is paid nothing: a reward has one hop"),
    (r"head|signup|sign_up|per_invite|per_join|register|recruit",
     "heads are not paid for: a reward follows from goods that were bought and kept"),
    (r"cash|withdraw|payout|transfer|bank",
     "credit is not paid out: it is a rebate on goods of this shop"),
    (r"fee|entry|deposit|buy_in", "to invite costs nothing: there is no entry fee"),
)  # fmt: skip


def _whole(default: int, least: int, most: int, title: str, text: str, unit: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=default,
        validate=validate.Range(least, most),
        metadata={"title": title, "help": text, "unit": unit},
    )


def _flag(default: bool, title: str, text: str) -> fields.Boolean:
    return fields.Boolean(load_default=default, metadata={"title": title, "help": text})


def _has_mark(link: str) -> None:
    if link and MARK not in link:
        raise ValidationError(f"a link with {MARK} where the code stands")


class ReferralRebateSettings(Schema):
    """Percent are whole ones, of goods money that the shop keeps; amounts are minor units."""

    rate = _whole(5, 0, 50, "Rate", "of the goods money kept of a friend's order", "percent")
    rates = fields.Dict(
        keys=Text(255, 1),
        values=fields.Integer(strict=True, validate=validate.Range(0, 50)),
        load_default=dict,
        metadata={
            "title": "Rates",
            "help": 'of some products, by handle or SKU: {"pears" = 8}',
            "unit": "percent",
        },
    )
    first_only = _flag(True, "First order only", "else all orders while the binding lasts")
    bind_days = _whole(90, 1, 3650, "Binding", "that an invitation lasts", "days")
    per_order = _whole(0, 0, money.MAX, "Most of an order", "0: no limit", "money")
    per_month = _whole(
        0, 0, money.MAX, "Most of a month", "of a referrer, by the store's calendar; 0: no limit",
        "money",
    )  # fmt: skip
    newcomer = _whole(0, 0, money.MAX, "Newcomer", "gets this for the first order", "money")
    newcomer_least = _whole(0, 0, money.MAX, "Newcomer's least", "goods money for that", "money")
    pending_days = _whole(7, 0, 365, "Pending", "from the completion until it can be spent", "days")
    expires_days = _whole(365, 1, 3650, "Expires", "after the completion", "days")
    greatest_share = _whole(
        50, 0, 100, "Greatest share", "of an order's goods that credit may pay", "percent"
    )
    grace_days = _whole(
        14, 0, 365, "Grace", "that expired credit gets which an order gives back", "days"
    )
    until_principal = _flag(
        False, "Until the principal is back", "friends' orders pay back what one has bought oneself"
    )
    link = fields.String(
        load_default="",
        validate=[validate.Length(max=500), _has_mark],
        metadata={"title": "Link", "help": "that customers share, with {code} for theirs"},
    )

    @validates_schema(skip_on_field_errors=True)
    def sensible(self, data: dict[str, Any], **_: Any) -> None:
        if data["expires_days"] <= data["pending_days"]:
            raise ValidationError("credit would expire before it is available", "expires_days")

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        """Say why what is forbidden is no setting."""
        messages = error.messages
        if not isinstance(messages, dict) or not isinstance(data, dict):
            return
        for key in set(messages) & set(data):
            if key not in self.fields and (reason := forbidden(str(key))):
                messages[key] = [reason]
            elif key == "rate" and isinstance(data[key], list | dict):
                messages[key] = [f"{FORBIDDEN[0][1]} ({LAW})"]


def forbidden(key: str) -> str:
    """Why there is no such setting; empty if it is only unknown."""
    for pattern, reason in FORBIDDEN:
        if re.search(pattern, key, re.IGNORECASE):
            return f"{reason} ({LAW})"
    return ""


class Spend(fields.Field):
    """An amount in minor units, or "max": as much as the order takes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int | str:
        if value == MAX or (type(value) is int and 0 <= value <= money.MAX):
            return value
        raise ValidationError(f'minor units from 0 to {money.MAX}, or "{MAX}"')


class ReferralRebateOptions(Schema):
    """`options.referral_rebate` of a cart, an order or a login."""

    code = Text(32, 1, metadata={"title": "Code", "help": "of who invited"})
    source = Text(64, metadata={"title": "Source", "help": "where the link was found"})
    spend = Spend(metadata={"title": "Credit to spend", "help": 'minor units, or "max"'})
