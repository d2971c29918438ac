"""What the owner writes under `[stores.<code>.plugins.group_buy]`, and what a customer sends."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shop import Schema, Text

NAME = "group_buy"
MARK = "{team}"


def _whole(default: int, most: int, title: str, text: str, unit: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=default,
        validate=validate.Range(1, most),
        metadata={"title": title, "help": text, "unit": unit},
    )


def _has_mark(link: str) -> None:
    if link and MARK not in link:
        raise ValidationError(f"a link with {MARK} where the team's code stands")


class GroupBuySettings(Schema):
    hours = _whole(24, 24 * 60, "Hours", "that a team has, unless its campaign says it", "hours")
    unpaid_minutes = _whole(
        15, 1440, "Unpaid", "minutes that a seat is kept for who has not paid", "minutes"
    )
    link = fields.String(
        load_default="",
        validate=[validate.Length(max=500), _has_mark],
        metadata={
            "title": "Link",
            "help": "of a team's page at the front end, with {team} for its code",
        },
    )


class GroupBuyOptions(Schema):
    """`options.group_buy` of a line: open a team of a campaign, or join one by its code."""

    open = fields.Integer(
        strict=True, validate=validate.Range(1, 2**63 - 1), metadata={"title": "Campaign"}
    )
    join = Text(32, 1, metadata={"title": "Team"})

    @validates_schema
    def _one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError("open a team, or join one")
