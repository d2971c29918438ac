"""Marshmallow fields with this API's bounds: strict integers, amounts, instants, phones."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import validate

from shop import letters, money
from shop.clock import EARLIEST, LATEST, rfc3339, to_us

PRINTABLE = validate.Regexp(
    r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*\Z",
    error="control characters are not allowed",
)


class Schema(ma.Schema):
    """Fields in the order written; an unknown one is refused. Of `exactly_one` a body names one, which
    OpenAPI says, too."""

    exactly_one: ClassVar[tuple[str, ...]] = ()

    class Meta:
        unknown = ma.RAISE

    @ma.validates_schema
    def _names_one(self, data: dict[str, Any], **_: Any) -> None:
        if self.exactly_one and sum(name in data for name in self.exactly_one) != 1:
            choices = ", ".join(self.exactly_one)
            raise ma.ValidationError(f"exactly one of {choices}", self.exactly_one[-1])


class Titled(Schema):
    """For staff, whose forms are drawn from it: every field has a title, its name in words unless it
    says another."""

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field) -> None:
        title = field_name.replace("_", " ").capitalize()
        field_obj.metadata = {"title": title, **field_obj.metadata}


def Quantity(**options: Any) -> ma.fields.Integer:
    """Units, at least 1. `true`, "1e3" and 1.5 are refused; the store's limit comes later."""
    return ma.fields.Integer(strict=True, validate=validate.Range(1, 1_000_000), **options)


def Amount(least: int = 0, **options: Any) -> ma.fields.Integer:
    """An amount in minor units."""
    meta = {"unit": "money", **options.pop("metadata", {})}
    return ma.fields.Integer(
        strict=True, validate=validate.Range(least, money.MAX), metadata=meta, **options
    )


def Text(most: int = 255, least: int = 0, **options: Any) -> ma.fields.String:
    """A string without control characters, of bounded length."""
    checks: list[Any] = [validate.Length(least, most), PRINTABLE, _unicode]
    return ma.fields.String(validate=checks, **options)


class Name(ma.fields.String):
    """What somebody or something is called, of at most `most` letters: without marks of direction or
    of no width, and with something to see. With `least` 0 a name that shows nothing is empty."""

    def __init__(self, most: int = 255, least: int = 0, **options: Any) -> None:
        self.least = least
        super().__init__(validate=[validate.Length(least, most), PRINTABLE, _unicode], **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = letters.tidied(super()._deserialize(value, attr, data, **kwargs))
        if letters.is_seen(text):
            return text
        if self.least:
            raise ma.ValidationError("a name with at least one letter that can be seen")
        return ""


def _unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ma.ValidationError("not valid Unicode") from None


class Flag(ma.fields.Boolean):
    """true or false in a JSON body, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def Date(**options: Any) -> ma.fields.Date:
    """A day of the calendar, from 1970 to 2999."""
    return ma.fields.Date(validate=validate.Range(EARLIEST, LATEST), **options)


class Instant(ma.fields.Field):
    """RFC 3339 in and out, from 1970 to 2999; inside it is microseconds."""

    BOUNDS = range(
        *(to_us(datetime.combine(day, time(), UTC)) for day in (EARLIEST, LATEST + timedelta(1)))
    )

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return rfc3339(to_us(value) if isinstance(value, datetime) else value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        try:
            instant = to_us(datetime.fromisoformat(value))
        except (TypeError, ValueError, OverflowError):
            raise ma.ValidationError("an RFC 3339 time with its offset") from None
        if instant not in self.BOUNDS:
            raise ma.ValidationError(f"a time of the years {EARLIEST.year} to {LATEST.year}")
        return instant


class Page(Schema):
    """The query of every list."""

    limit = ma.fields.Integer(load_default=20, validate=validate.Range(1, 100))
    after = Text(200)
