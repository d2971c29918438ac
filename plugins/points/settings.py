"""What the owner writes under `[stores.<code>.plugins.points]`, and what a customer may ask for."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shop import Schema, money

NAME = "points"
UNIT = "points"
"""what the ledger counts; other plugins grant it too"""
MAX = "max"


def _whole(default: int, least: int, most: int, title: str, text: str, unit: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=default,
        validate=validate.Range(least, most),
        metadata={"title": title, "help": text, "unit": unit},
    )


class PointsSettings(Schema):
    """`earn_per_unit` points for every `earn_unit` of the currency; `spend_per_unit` points pay
    `spend_unit` of it. Units are whole ones: yuan, not fen."""

    earn_per_unit = _whole(
        1, 0, 10_000, "Points earned", "for every earn_unit of goods money kept", "points"
    )
    earn_unit = _whole(1, 1, 10_000, "… for every", "units of the currency", "currency units")
    available_days = _whole(
        7, 0, 365, "Available after", "days from the completion of the order", "days"
    )
    expires_days = _whole(
        365, 0, 3650, "Expire after", "days from the completion of the order; 0 is never", "days"
    )
    spend_per_unit = _whole(
        100, 1, 1_000_000, "Points spent", "that pay spend_unit at checkout", "points"
    )
    spend_unit = _whole(1, 1, 10_000, "… pay", "units of the currency", "currency units")
    least_points = _whole(
        100, 0, 1_000_000_000, "Least to spend", "the fewest points that one order takes", "points"
    )
    least_share = _whole(
        0, 0, 100, "Least share", "of an order's goods that points pay, if any do", "percent"
    )
    greatest_share = _whole(
        50, 0, 100, "Greatest share", "of an order's goods that points may pay", "percent"
    )
    grace_days = _whole(
        14, 0, 365, "Grace", "that expired points get which an order gives back", "days"
    )
    notice_days = _whole(
        7, 0, 90, "Notice", "days before points expire that a customer is told; 0 is never", "days"
    )
    notice_hour = _whole(10, 0, 23, "Hour of the notice", "by the store's clock", "hour of the day")

    @validates_schema(skip_on_field_errors=True)
    def sensible(self, data: dict[str, Any], **_: Any) -> None:
        if data["least_share"] > data["greatest_share"]:
            raise ValidationError("above greatest_share", "least_share")
        if 0 < data["expires_days"] <= data["available_days"]:
            raise ValidationError("points would expire before they are available", "expires_days")
        worth = data["earn_per_unit"] * data["spend_unit"]
        if worth > data["spend_per_unit"] * data["earn_unit"]:
            raise ValidationError("an order would earn more than it costs", "earn_per_unit")


class Spend(fields.Field):
    """A number of points, or "max": as many as the order takes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int | str:
        if value == MAX or (type(value) is int and 0 <= value <= money.MAX):
            return value
        raise ValidationError(f'a whole number of points from 0 to {money.MAX}, or "{MAX}"')


class PointsOptions(Schema):
    """`options.points` of a cart or an order."""

    spend = Spend(metadata={"title": "Points to spend", "help": 'a number, or "max"'})
