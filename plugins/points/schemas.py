"""The shapes of `/points/…` and `/admin/points/…`."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from shop import Amount, Instant, Schema, Text

from .report import FIGURES


def _count(text: str = "", **options: object) -> ma.fields.Integer:
    meta = {"unit": "points"} | ({"help": text} if text else {})
    return ma.fields.Integer(required=True, metadata=meta, **options)


def _percent(text: str) -> ma.fields.Integer:
    return ma.fields.Integer(required=True, metadata={"unit": "percent", "help": text})


def _days(text: str) -> ma.fields.Integer:
    return ma.fields.Integer(required=True, metadata={"unit": "days", "help": text})


# -- for customers ---------------------------------------------------------------------------


class Rate(Schema):
    points = _count()
    per = Amount(required=True, metadata={"help": "the money that this many points stand for"})


class Rules(Schema):
    currency = ma.fields.String(required=True)
    earn = ma.fields.Nested(Rate, required=True, metadata={"help": "in lowest terms"})
    spend = ma.fields.Nested(Rate, required=True, metadata={"help": "in lowest terms"})
    available_days = _days("after the completion of an order what it earned can be spent")
    expires_days = _days("after the completion what it earned expires; 0 is never")
    least_points = _count("the fewest that an order takes")
    least_share = _percent("of an order's goods that points pay at least, if any do")
    greatest_share = _percent("of an order's goods that points pay at most")
    grace_days = _days("that expired points have when an order gives them back")
    notice_days = _days("before they expire a customer is told; 0 is never")
    words = ma.fields.List(
        ma.fields.String(), required=True, metadata={"help": "the rules for people to read"}
    )


class Lot(Schema):
    points = _count()
    available_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)


class Balance(Schema):
    available = _count("can be spent now")
    pending = _count("can be spent later")
    debt = _count("that the next points earned pay first")
    worth = Amount(required=True, metadata={"help": "what those available now pay"})
    currency = ma.fields.String(required=True)
    next_expiry = Instant(required=True, allow_none=True)
    lots = ma.fields.List(
        ma.fields.Nested(Lot), required=True, metadata={"help": "the 100 nearest to expiry"}
    )


class Movement(Schema):
    id = ma.fields.Integer(required=True)
    at = Instant(required=True)
    kind = ma.fields.String(
        required=True,
        metadata={"help": "earned, spent, returned, taken_back, granted, taken, expired or undone"},
    )
    points = _count("the change")
    debt = _count("what of it was owed before (above zero), or is owed now (below)")
    source = ma.fields.String(required=True)
    order = ma.fields.String(required=True, allow_none=True, metadata={"help": "its number"})
    base = Amount(
        required=True, allow_none=True, metadata={"help": "the goods money that earned it"}
    )
    rate = ma.fields.Nested(Rate, required=True, allow_none=True)
    available_at = Instant(required=True, allow_none=True)
    expires_at = Instant(required=True, allow_none=True)
    words = ma.fields.String(required=True)


class History(Schema):
    items = ma.fields.List(ma.fields.Nested(Movement), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class PreviewQuery(Schema):
    cart = Text(32, 1, required=True, metadata={"help": "the id of a cart"})


class Preview(Schema):
    earns = _count("when the order completes, as the cart is now")
    spends = _count("that the cart spends now")
    least = _count("that the order takes, if any")
    most = _count("that the order takes")
    have = _count("that the customer could spend; null if nobody is signed in", allow_none=True)
    currency = ma.fields.String(required=True)
    worth = Amount(required=True, metadata={"help": "what `most` points would pay"})


# -- for staff -------------------------------------------------------------------------------


class Holder(Schema):
    id = ma.fields.Integer(required=True)
    phone = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    verified_at = Instant(required=True, allow_none=True)
    available = _count()
    pending = _count()
    debt = _count()
    next_expiry = Instant(required=True, allow_none=True)


class Holders(Schema):
    items = ma.fields.List(ma.fields.Nested(Holder), required=True)
    next = ma.fields.String(required=True, allow_none=True)


def _some_points() -> ma.fields.Integer:
    return ma.fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 1_000_000_000),
        metadata={"title": "Points", "unit": "points"},
    )


def _reason() -> ma.fields.String:
    return Text(
        200, 1, required=True, metadata={"title": "Reason", "help": "the customer reads it too"}
    )


class Grant(Schema):
    points = _some_points()
    reason = _reason()
    expires_days = ma.fields.Integer(
        strict=True,
        validate=validate.Range(0, 3650),
        metadata={"title": "Expire after", "unit": "days", "help": "0 is never"},
    )


class Take(Schema):
    points = _some_points()
    reason = _reason()


class ReportQuery(Schema):
    first = ma.fields.Date(metadata={"title": "From", "help": "a day; 30 days ago if left out"})
    last = ma.fields.Date(metadata={"title": "To", "help": "a day; today if left out"})
    by = ma.fields.String(
        load_default="day", validate=validate.OneOf(["day", "month"]), metadata={"title": "By"}
    )


class Figures(Schema):
    issued, spent, returned, taken_back, expired = (_count() for _ in FIGURES)


class PeriodFigures(Figures):
    period = ma.fields.String(required=True, metadata={"help": "2026-05-01, or 2026-05"})


class Outstanding(Schema):
    available = _count()
    pending = _count()
    worth = Amount(required=True, metadata={"help": "what all of them would pay today"})
    currency = ma.fields.String(required=True)
    debt = _count("that customers owe")


class Report(Schema):
    first = ma.fields.Date(required=True)
    last = ma.fields.Date(required=True)
    items = ma.fields.List(ma.fields.Nested(PeriodFigures), required=True)
    total = ma.fields.Nested(Figures, required=True)
    outstanding = ma.fields.Nested(Outstanding, required=True)
