"""What an owner may set of the console."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

NAME = "console"


class ConsoleSettings(Schema):
    low_stock = fields.Integer(
        load_default=5,
        strict=True,
        validate=validate.Range(0, 1_000_000),
        metadata={
            "title": "Low stock",
            "help": "so few left are shown as an alert",
            "unit": "units",
        },
    )
    hours = fields.Integer(
        load_default=12,
        strict=True,
        validate=validate.Range(1, 336),
        metadata={"title": "Hours", "help": "until staff sign in again", "unit": "hours"},
    )
