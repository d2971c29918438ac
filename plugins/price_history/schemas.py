"""The shapes of `/price-history/…` and `/admin/price_history/…`."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from shop import Amount, Instant, Page, Schema, Text

from .reasons import REASONS


def said(title: str, text: str = "", unit: str = "") -> dict[str, str]:
    """What a console draws of a field."""
    named = {"title": title, "help": text, "unit": unit}
    return {name: word for name, word in named.items() if word}


def word(title: str, text: str = "", unit: str = "", **options: Any) -> fields.String:
    return fields.String(required=True, metadata=said(title, text, unit), **options)


def number(title: str, text: str = "", unit: str = "", **options: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata=said(title, text, unit), **options)


def money(title: str, text: str = "", *, null: bool = False) -> fields.Integer:
    return Amount(required=True, allow_none=null, metadata=said(title, text))


def instant(title: str, text: str = "", *, null: bool = False, **options: Any) -> Instant:
    return Instant(required=True, allow_none=null, metadata=said(title, text, "time"), **options)


def nested(schema: type[ma.Schema], title: str, text: str = "", **options: Any) -> fields.Nested:
    return fields.Nested(schema, required=True, metadata=said(title, text), **options)


def many(schema: type[ma.Schema], title: str, text: str = "") -> fields.List:
    return fields.List(fields.Nested(schema), required=True, metadata=said(title, text))


def texts(title: str) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(), values=fields.String(), required=True,
        metadata=said(title, "by language"),
    )  # fmt: skip


def why() -> fields.String:
    return word("Reason", validate=validate.OneOf(REASONS))


# -- for everyone ----------------------------------------------------------------------------


class Lowest(Schema):
    amount = money("Amount")
    begins = instant("From", data_key="from")
    ends = instant("Until", "null: still in force", null=True, data_key="to")


class ShownVariant(Schema):
    sku = word("SKU", unit="sku")
    price = money("Price")
    reduced_since = instant("Reduced since", "null: it is no reduced price", null=True)
    begins = instant(
        "From", "when the days looked at begin, or the first price after", data_key="from"
    )
    ends = instant("Until", "when the price was reduced, else now", data_key="to")
    lowest = nested(Lowest, "Lowest price", "in those days", allow_none=True)


class ShownProduct(Schema):
    handle = word("Handle")
    days = number("Days", "that are looked back", "days")
    now = instant("Now", "the shop's clock")
    variants = many(ShownVariant, "Variants")


# -- for staff -------------------------------------------------------------------------------


class PriceRow(Schema):
    amount = money("Amount")
    source = word("From whom", '"catalogue", or the plugin that set it')
    begins = instant("From", data_key="from")
    ends = instant("Until", "null: until further notice", null=True, data_key="to")


class Window(Schema):
    days = number("Days", unit="days")
    begins = instant("From", data_key="from")
    ends = instant("Until", "when the price was reduced, else now", data_key="to")


class Why(Schema):
    id = number("Number")
    sku = word("SKU", unit="sku")
    title = word("Product")
    handle = word("Handle")
    price = money("Price")
    source = word("Set by", '"catalogue", or the plugin whose price is in force')
    wished = money(
        "Wished", "what would be struck through if nobody objected; null: nothing", null=True
    )
    compare_at = money("Shown", "what is struck through; null: nothing", null=True)
    reference = money(
        "Reference", "the most that may be struck through; null: nothing may", null=True
    )
    reduced_since = instant("Reduced since", "null: it is no reduced price", null=True)
    window = nested(Window, "Looked at")
    lowest = nested(PriceRow, "Decides", "the lowest price that was in force", allow_none=True)
    reason = why()
    words = texts("In words")


class WhyOne(Why):
    history = many(PriceRow, "Prices", "the latest 50, the newest first")


class WhyPage(Schema):
    items = many(Why, "Variants")
    next = fields.String(required=True, allow_none=True)


class WhyQuery(Page):
    q = Text(200, metadata=said("Search", "words of the product, or a SKU"))
    reason = fields.String(validate=validate.OneOf(REASONS), metadata=said("Reason"))
    hidden = fields.Boolean(
        allow_none=True, metadata=said("Hidden", "true: only those not shown; false: only shown")
    )


class ReasonCount(Schema):
    reason = why()
    words = texts("In words")
    count = number("Variants")


class Report(Schema):
    profile = word("Law")
    days = number("Days", "that are looked back", "days")
    wished = number("Wished", "variants at which something would be struck through")
    shown = number("Shown", "those at which something is")
    lowered = number("Lowered", "those of them at which it is less than was wished")
    hidden = number("Hidden", "those at which nothing is")
    reasons = many(ReasonCount, "Reasons")
