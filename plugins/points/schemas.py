"""The shapes of `/points/…` and `/admin/points/…`."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from shop import Amount, Date, Instant, Schema, Text

from .report import FIGURES


def said(title: str, text: str = "", unit: str = "") -> dict[str, str]:
    """What a console draws of a field."""
    named = {"title": title, "help": text, "unit": unit}
    return {name: word for name, word in named.items() if word}


def count(title: str, text: str = "", unit: str = "points", **options: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata=said(title, text, unit), **options)


def word(title: str, text: str = "", **options: Any) -> fields.String:
    return fields.String(required=True, metadata=said(title, text), **options)


def instant(title: str, *, null: bool = False) -> Instant:
    return Instant(required=True, allow_none=null, metadata=said(title, unit="time"))


def money(title: str, text: str = "", **options: Any) -> fields.Integer:
    return Amount(required=True, metadata=said(title, text), **options)


def nested(schema: type[ma.Schema], title: str, text: str = "", **options: Any) -> fields.Nested:
    return fields.Nested(schema, required=True, metadata=said(title, text), **options)


def many(schema: type[ma.Schema], title: str, text: str = "") -> fields.List:
    return fields.List(fields.Nested(schema), required=True, metadata=said(title, text))


# -- for customers ---------------------------------------------------------------------------


class Rate(Schema):
    points = count("Points")
    per = money("For", "the money that this many points stand for")


class Rules(Schema):
    currency = word("Currency")
    earn = nested(Rate, "Earned", "in lowest terms")
    spend = nested(Rate, "Spent", "in lowest terms")
    available_days = count("Available after", "from the completion of an order", "days")
    expires_days = count("Expire after", "from the completion of an order; 0 is never", "days")
    least_points = count("Least to spend", "the fewest that an order takes")
    least_share = count("Least share", "of an order's goods that points pay, if any do", "percent")
    greatest_share = count("Greatest share", "of an order's goods that points may pay", "percent")
    grace_days = count("Grace", "that expired points have when an order gives them back", "days")
    notice_days = count("Notice", "before points expire; 0 is never", "days")
    words = fields.List(
        fields.String(), required=True, metadata=said("In words", "for people to read")
    )


class Lot(Schema):
    points = count("Points")
    available_at = instant("Available")
    expires_at = instant("Expire", null=True)


class Balance(Schema):
    available = count("Available", "can be spent now")
    pending = count("Pending", "can be spent later")
    debt = count("Owed", "the next points earned pay it first")
    worth = money("Worth", "what those available now pay")
    currency = word("Currency")
    next_expiry = instant("Next expiry", null=True)
    lots = many(Lot, "Lots", "the 100 nearest to expiry")


class Movement(Schema):
    id = count("Number", unit="")
    at = instant("When")
    kind = word("What", "earned, spent, returned, taken_back, granted, taken, expired or undone")
    points = count("Points", "the change")
    debt = count("Of a debt", "owed before (above zero), or owed now (below)")
    source = word("From", "the plugin that booked it")
    order = word("Order", "its number", allow_none=True)
    base = money("Base", "the goods money that earned it", allow_none=True)
    rate = nested(Rate, "Rate", allow_none=True)
    available_at = instant("Available", null=True)
    expires_at = instant("Expire", null=True)
    words = word("In words")


class History(Schema):
    items = many(Movement, "Movements")
    next = fields.String(required=True, allow_none=True)


class PreviewQuery(Schema):
    cart = Text(32, 1, required=True, metadata=said("Cart", "its id"))


class Preview(Schema):
    earns = count("Earns", "when the order completes, as the cart is now")
    spends = count("Spends", "as the cart is now")
    least = count("At least", "that the order takes, if any")
    most = count("At most", "that the order takes")
    have = count("Available", "null if nobody is signed in", allow_none=True)
    currency = word("Currency")
    worth = money("Worth", "what `most` points would pay")


# -- for staff -------------------------------------------------------------------------------


class Holder(Schema):
    id = count("Customer", unit="")
    phone = word("Phone")
    name = word("Name")
    verified_at = instant("Signed in first", null=True)
    available = count("Available")
    pending = count("Pending")
    debt = count("Owed")
    next_expiry = instant("Next expiry", null=True)


class Holders(Schema):
    items = many(Holder, "Customers")
    next = fields.String(required=True, allow_none=True)


class Take(Schema):
    points = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 1_000_000_000),
        metadata=said("Points", unit="points"),
    )
    reason = Text(200, 1, required=True, metadata=said("Reason", "the customer reads it too"))


class Grant(Take):
    expires_days = fields.Integer(
        strict=True,
        validate=validate.Range(0, 3650),
        metadata=said("Expire after", "0 is never; the setting if left out", "days"),
    )


class ReportQuery(Schema):
    first = Date(metadata=said("From", "a day; 29 days before `last` if left out"))
    last = Date(metadata=said("To", "a day; today if left out"))
    by = fields.String(
        load_default="day", validate=validate.OneOf(["day", "month"]), metadata=said("By")
    )


class Figures(Schema):
    issued, spent, returned, taken_back, taken, expired = (
        count(name.replace("_", " ").capitalize()) for name in FIGURES
    )


class PeriodFigures(Figures):
    period = word("Period", "2026-05-01, or 2026-05")


class Outstanding(Schema):
    available = count("Available")
    pending = count("Pending")
    worth = money("Worth", "what all of them would pay today")
    currency = word("Currency")
    debt = count("Owed", "by customers")


class Report(Schema):
    first = fields.Date(required=True, metadata=said("From"))
    last = fields.Date(required=True, metadata=said("To"))
    items = many(PeriodFigures, "Periods")
    total = nested(Figures, "Total")
    outstanding = nested(Outstanding, "Outstanding")
