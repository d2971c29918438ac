"""The documents of the API."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from shop import Flag, Page, Schema, Text, Titled

from .deliveries import STATES

KIND = validate.Regexp(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")


def count(text: str, unit: str = "", **options: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata={"help": text, "unit": unit}, **options)


def word(text: str, **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"help": text}, **options)


def time(text: str, **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"help": text, "unit": "time"}, **options)


def kinds(**options: Any) -> fields.List:
    return fields.List(
        fields.String(validate=KIND), validate=validate.Length(0, 50),
        metadata={"title": "Events", "help": "like order.paid; empty: all"}, **options,
    )  # fmt: skip


class NewEndpoint(Titled):
    url = Text(2000, 8, required=True, metadata={"title": "Address", "help": "https://…"})
    note = Text(255, load_default="", metadata={"title": "Note", "help": "whose it is"})
    kinds = kinds(load_default=list)


class EndpointChanges(Titled):
    url = Text(2000, 8, metadata={"title": "Address", "help": "https://…"})
    note = Text(255, metadata={"title": "Note", "help": "whose it is"})
    kinds = kinds()
    active = Flag(metadata={"help": "whether it is told anything"})


class Endpoint(Titled):
    id = count("its number")
    url, note = word("where requests go"), word("whose it is")
    kinds = kinds(required=True)
    active = fields.Boolean(required=True, metadata={"help": "whether it is told anything"})
    why_off = word("staff, or gone: it answered 410")
    old_secret_until = time("that the secret before signs too", allow_none=True)
    at = time("of its making")


class EndpointWithSecret(Endpoint):
    secret = word("signs what it is sent; told once")


class Endpoints(Schema):
    items = fields.List(fields.Nested(Endpoint), required=True)
    next = fields.String(required=True, allow_none=True)


class Delivery(Titled):
    id = count("its number")
    endpoint = count("of the receiver")
    webhook_id = word("by which the receiver knows it again")
    kind = word("of the event")
    state = word("", validate=validate.OneOf(STATES))
    tries = count("since it was sent first, or again by hand")
    status = count("of the last answer; 0: none")
    error = word("of the last try")
    at = time("of the event's notice")
    tried_at = time("of the last try", allow_none=True)


class Deliveries(Schema):
    items = fields.List(fields.Nested(Delivery), required=True)
    next = fields.String(required=True, allow_none=True)


class DeliveryQuery(Page):
    state = fields.String(validate=validate.OneOf(["", *STATES]), load_default="")
    endpoint = fields.Integer(validate=validate.Range(0, 2**53), load_default=0)
