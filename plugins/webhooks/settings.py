"""What the owner writes under `[stores.<code>.plugins.webhooks]`."""

from __future__ import annotations

from marshmallow import fields, validate

from shop import Schema

NAME = "webhooks"


def _whole(default: int, least: int, most: int, text: str, unit: str) -> fields.Integer:
    return fields.Integer(
        strict=True, load_default=default, validate=validate.Range(least, most),
        metadata={"help": text, "unit": unit},
    )  # fmt: skip


class WebhooksSettings(Schema):
    """How long receivers have, and how long things are kept."""

    seconds = _whole(10, 1, 25, "that a receiver has to answer", "seconds")
    overlap_hours = _whole(24, 0, 720, "that an old secret signs beside a new one", "hours")
    keep_days = _whole(30, 1, 3650, "that deliveries are kept", "days")
    endpoints = _whole(10, 1, 100, "the most receivers of the store", "count")
