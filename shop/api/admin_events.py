"""What happened in the store, as the events that its transactions wrote."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shop.api.base import Blueprint, ctx
from shop.api.fields import Instant, Page, Schema, Text
from shop.jobs import event_log

blp = Blueprint("admin_events", __name__, admin=True, description="What happened")


class EventQuery(Page):
    kind = Text(64, load_default="", metadata={"title": "Kind", "help": "like order.paid"})
    order = Text(16, load_default="", metadata={"title": "Order", "help": "its number"})


class EventRow(Schema):
    id = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True)
    order = ma.fields.String(required=True, allow_none=True, metadata={"help": "its number"})
    customer = ma.fields.Integer(required=True, allow_none=True)
    data = ma.fields.Dict(required=True)
    at = Instant(required=True)


class EventPage(Schema):
    items = ma.fields.List(ma.fields.Nested(EventRow), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/events", needs="events:read")
@blp.arguments(EventQuery, location="query")
@blp.response(200, EventPage)
def admin_list_events(query: dict[str, Any]) -> Any:
    """Events, the newest first"""
    return event_log.find(ctx(), **query)
