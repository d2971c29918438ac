"""What the owner may write under `[stores.<code>.plugins.price_history]`."""

from __future__ import annotations

from typing import Any, NamedTuple

from marshmallow import ValidationError, fields, validate, validates_schema

from shop import Schema
from shop.clock import DAY

NAME = "price_history"
MOST_DAYS = 365
PROFILES = {"CN": (7, 1), "EU": (30, 30)}
"""(days of the window, days that a variant must have been on sale) by profile"""


class PriceHistorySettings(Schema):
    profile = fields.String(
        load_default="CN",
        validate=validate.OneOf(list(PROFILES)),
        metadata={"title": "Law", "help": "CN looks back 7 days, EU 30"},
    )
    days = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, MOST_DAYS),
        metadata={
            "title": "Window",
            "help": "more days than the profile looks back",
            "unit": "days",
        },
    )
    least_days = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, MOST_DAYS),
        metadata={
            "title": "On sale before",
            "help": "days that something was on sale before its price may be called reduced;"
            " left out: 1 in the profile CN, 30 in EU",
            "unit": "days",
        },
    )
    progressive = fields.Boolean(
        load_default=False,
        metadata={
            "title": "Progressive reductions",
            "help": "whether a price that falls several times running is compared with that before"
            " the first fall; only in the profile EU, where your country allows it",
        },
    )
    tell_lowest = fields.Boolean(
        load_default=True,
        metadata={
            "title": "Tell the lowest price",
            "help": "whether variants at which a reduction is shown carry the lowest price before",
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def sensible(self, data: dict[str, Any], **_: Any) -> None:
        least, _ = PROFILES[data["profile"]]
        if data["days"] is not None and data["days"] < least:
            raise ValidationError(f"the profile {data['profile']} looks back {least} days", "days")
        if (data["least_days"] or 0) > (data["days"] or least):
            raise ValidationError("more than the days that are looked back", "least_days")
        if data["progressive"] and data["profile"] != "EU":
            raise ValidationError("only in the profile EU", "progressive")


class Rules(NamedTuple):
    """What the settings come to. `window` and `least` are microseconds."""

    days: int
    window: int
    least: int
    progressive: bool


def rules(settings: Any) -> Rules:
    days, least = PROFILES[settings.profile]
    days = settings.days or days
    least = least if settings.least_days is None else settings.least_days
    return Rules(days, days * DAY, least * DAY, settings.progressive)
