"""What the owner may write under `[stores.<code>.plugins.price_history]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from marshmallow import ValidationError, fields, validate, validates_schema

from shop import Context, Schema
from shop.clock import DAY

from .countries import EEA

NAME = "price_history"
MOST_DAYS = 365
PROFILES = {"CN": (7, 1), "EU": (30, 30)}
"""(days of the window, days that a variant must have been on sale) by profile"""
COUNTRIES = {"CN": "CN"} | dict.fromkeys(EEA, "EU")
"""the profile by the store's country"""
STRICTEST = "EU"
"""for countries that have no profile"""


class PriceHistorySettings(Schema):
    profile = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.OneOf(list(PROFILES)),
        metadata={
            "title": "Law",
            "help": "CN looks back 7 days, EU 30; left out: that of the store's country",
        },
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
        if data["profile"] is not None:
            for field, message in mistakes(data, data["profile"]):
                raise ValidationError(message, field)


class Rules(NamedTuple):
    """What the settings come to. `window` and `least` are microseconds."""

    days: int
    window: int
    least: int
    progressive: bool
    profile: str


def mistakes(data: Mapping[str, Any], profile: str) -> list[tuple[str, str]]:
    """[(field, message)]: what of the settings does not go with a profile."""
    window, _ = PROFILES[profile]
    if data["days"] is not None and data["days"] < window:
        return [("days", f"the profile {profile} looks back {window} days")]
    if (data["least_days"] or 0) > (data["days"] or window):
        return [("least_days", "more than the days that are looked back")]
    if data["progressive"] and profile != "EU":
        return [("progressive", "only in the profile EU")]
    return []


def profile_of(settings: Any, country: str) -> str:
    """The profile that is set, else that of the country."""
    return settings.profile or COUNTRIES.get(country, STRICTEST)


def rules(settings: Any, country: str) -> Rules:
    """What counts in a store of this country (`store.country`)."""
    profile = profile_of(settings, country)
    days, least = PROFILES[profile]
    days = settings.days or days
    least = least if settings.least_days is None else settings.least_days
    return Rules(days, days * DAY, least * DAY, settings.progressive, profile)


def of_store(ctx: Context) -> Rules:
    return rules(ctx.settings(NAME), ctx.store.country)
