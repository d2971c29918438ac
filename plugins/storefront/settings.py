"""What an owner may set of the storefront."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

NAME = "storefront"


class StorefrontSettings(Schema):
    footer = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"title": "Footer", "help": "a line below every page: a licence, a telephone"},
    )
