"""The documents of the API: what is sent and what is answered."""

from __future__ import annotations

from datetime import date
from typing import Any

import marshmallow as ma
from marshmallow import validate

from shop import Amount, Flag, Instant, Name, Page, Quantity, Text, Titled, i18n

from .sales import STATES
from .settings import SOLD_OUT

MOST_ITEMS = 200


def Limit(title: str) -> ma.fields.Integer:
    return ma.fields.Integer(
        strict=True, allow_none=True, validate=validate.Range(1, 1_000_000),
        metadata={"title": title, "help": "null: no limit"},
    )  # fmt: skip


TIME_OF_DAY = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d\Z", error="a time of day, 00:00 to 23:59")


def _of_calendar(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ma.ValidationError("a date") from None


def Day(**options: Any) -> ma.fields.String:
    checks: list[Any] = [validate.Regexp(r"^\d{4}-\d{2}-\d{2}\Z"), _of_calendar]
    meta = {"format": "date", **options.pop("metadata", {})}
    return ma.fields.String(validate=checks, metadata=meta, **options)


class Words(Titled):
    name = Name(255, 1)


class NewItem(Titled):
    """`price` may be left out where `one_price` is given."""

    sku = Text(64, 1, required=True, metadata={"title": "SKU", "unit": "sku"})
    price = Amount(metadata={"title": "Price in the sale"})
    quantity = Quantity(required=True, metadata={"title": "Units", "help": "set apart from stock"})


class Terms(Titled):
    """What a sale and a series have in common."""

    name = Name(255, 1, metadata={"title": "Name"})
    translations = ma.fields.Dict(
        keys=ma.fields.String(validate=validate.OneOf(i18n.LOCALES)),
        values=ma.fields.Nested(Words),
        metadata={"title": "In other languages"},
    )
    items = ma.fields.List(
        ma.fields.Nested(NewItem),
        validate=validate.Length(1, MOST_ITEMS),
        metadata={"title": "Items"},
    )
    one_price = Amount(
        metadata={"title": "One price", "help": "of every item that has none of its own"}
    )
    tag = Text(
        64, allow_none=True, metadata={"title": "For customers with the tag", "help": "null: all"}
    )
    per_customer = Limit("Units per customer")
    per_order = Limit("Units per order")
    when_sold_out = ma.fields.String(
        validate=validate.OneOf(SOLD_OUT), metadata={"title": "When sold out"}
    )
    prepay = Flag(metadata={"title": "Money first"})

    @ma.post_load
    def one_price_for_all(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Every item gets its price; without items there is nothing that `one_price` could mean."""
        price = data.pop("one_price", None)
        if "items" not in data:
            if price is not None:
                raise ma.ValidationError("needs items", "one_price")
            return data
        for place, item in enumerate(data["items"]):
            if item.setdefault("price", price) is None:
                raise ma.ValidationError({"items": {place: {"price": ["missing"]}}})
        return data


class SaleChanges(Terms):
    starts = Instant(metadata={"title": "Starts", "unit": "time"})
    ends = Instant(metadata={"title": "Ends", "unit": "time"})
    announce = Flag(metadata={"title": "Announce", "help": "before the start"})


class NewSale(SaleChanges):
    name = Name(255, 1, required=True, metadata={"title": "Name"})
    starts = Instant(metadata={"title": "Starts", "unit": "time", "help": "left out: now"})
    ends = Instant(required=True, metadata={"title": "Ends", "unit": "time"})
    items = ma.fields.List(
        ma.fields.Nested(NewItem), required=True, validate=validate.Length(1, MOST_ITEMS)
    )


class AdminItem(Titled):
    sku = ma.fields.String(required=True, metadata={"unit": "sku"})
    price = Amount(required=True)
    normal_price = Amount(required=True)
    quantity = ma.fields.Integer(required=True, metadata={"help": "units set apart in all"})
    left = ma.fields.Integer(required=True)
    rest = ma.fields.Integer(
        required=True, allow_none=True, metadata={"help": "went back to stock at the end"}
    )


class AdminSale(Titled):
    id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    translations = ma.fields.Dict(required=True)
    state = ma.fields.String(required=True, validate=validate.OneOf(STATES))
    starts = Instant(required=True)
    ends = Instant(required=True)
    tag = ma.fields.String(required=True, allow_none=True)
    per_customer = ma.fields.Integer(required=True, allow_none=True)
    per_order = ma.fields.Integer(required=True, allow_none=True)
    when_sold_out = ma.fields.String(required=True)
    prepay = ma.fields.Boolean(required=True)
    announce_at = Instant(required=True, allow_none=True)
    announced_at = Instant(required=True, allow_none=True)
    ended_at = Instant(required=True, allow_none=True)
    series = ma.fields.Integer(required=True, allow_none=True)
    items = ma.fields.List(ma.fields.Nested(AdminItem), required=True)
    problem = ma.fields.String(
        required=True, allow_none=True, metadata={"help": "goods of it that were deleted"}
    )
    version = ma.fields.Integer(required=True)


class AdminSalePage(Titled):
    items = ma.fields.List(ma.fields.Nested(AdminSale), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class SaleQuery(Page):
    state = ma.fields.String(validate=validate.OneOf(STATES))
    series = ma.fields.Integer(validate=validate.Range(1, 2**62))


class Announcement(Titled):
    texts = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.String(), required=True,
        metadata={"help": "by language"},
    )  # fmt: skip


class SeriesChanges(Terms):
    weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=validate.Range(1, 7)),
        validate=validate.Length(1, 7),
        metadata={"title": "Weekdays", "help": "Monday is 1"},
    )
    at = ma.fields.String(
        validate=TIME_OF_DAY,
        metadata={"title": "Begins at", "help": "by the store's clock, 20:00"},
    )
    minutes = ma.fields.Integer(
        strict=True, validate=validate.Range(1, 1380), metadata={"title": "Minutes"}
    )
    first_day = Day(metadata={"title": "First day"})
    last_day = Day(allow_none=True, metadata={"title": "Last day", "help": "null: until stopped"})


class NewSeries(SeriesChanges):
    name = Name(255, 1, required=True, metadata={"title": "Name"})
    items = ma.fields.List(
        ma.fields.Nested(NewItem), required=True, validate=validate.Length(1, MOST_ITEMS)
    )
    weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=validate.Range(1, 7)),
        required=True,
        validate=validate.Length(1, 7),
    )
    at = ma.fields.String(
        required=True,
        validate=TIME_OF_DAY,
    )
    minutes = ma.fields.Integer(required=True, strict=True, validate=validate.Range(1, 1380))
    first_day = Day(required=True)


class SeriesItem(Titled):
    sku = ma.fields.String(required=True)
    price = Amount(required=True)
    quantity = ma.fields.Integer(required=True)


class Slot(Titled):
    day = ma.fields.String(required=True)
    starts = Instant(required=True)
    ends = Instant(required=True)


class AdminSeries(Titled):
    id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    translations = ma.fields.Dict(required=True)
    weekdays = ma.fields.List(ma.fields.Integer(), required=True)
    at = ma.fields.String(required=True)
    minutes = ma.fields.Integer(required=True)
    first_day = ma.fields.String(required=True)
    last_day = ma.fields.String(required=True, allow_none=True)
    items = ma.fields.List(ma.fields.Nested(SeriesItem), required=True)
    tag = ma.fields.String(required=True, allow_none=True)
    per_customer = ma.fields.Integer(required=True, allow_none=True)
    per_order = ma.fields.Integer(required=True, allow_none=True)
    when_sold_out = ma.fields.String(required=True)
    prepay = ma.fields.Boolean(required=True)
    next_slot = ma.fields.Nested(Slot, required=True, allow_none=True)
    problem = ma.fields.Dict(
        required=True,
        allow_none=True,
        metadata={"help": "why the last slot could not be made, or the next cannot"},
    )
    stopped_at = Instant(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class AdminSeriesPage(Titled):
    items = ma.fields.List(ma.fields.Nested(AdminSeries), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class SeriesQuery(Page):
    stopped = ma.fields.Boolean(load_default=False, metadata={"help": "stopped ones too"})
