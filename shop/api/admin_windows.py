"""Pickup windows, for staff: one by one, or for many days by a daily pattern."""

from __future__ import annotations

from datetime import time
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api.base import Blueprint, answer, check_match, ctx, etag
from shop.api.fields import Date, Instant, Page, Schema, Text
from shop.clock import rfc3339, to_us
from shop.pickup import pickup, points, timetable, window_pattern
from shop.pickup.window_pattern import EVERY_DAY, Slot

blp = Blueprint("admin_windows", __name__, admin=True, description="Pickup windows, for staff")

WRITE = "windows:write"
TIMES = ("starts", "ends", "cut_off", "retired_at")


def Capacity(**options: Any) -> ma.fields.Integer:
    return ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(0, 1_000_000),
        metadata={"title": "Capacity", "help": "orders at most; empty for no limit"},
        **options,
    )


class WindowFacts(Schema):
    starts = Instant(metadata={"title": "Starts", "unit": "time"})
    ends = Instant(metadata={"title": "Ends", "unit": "time"})
    cut_off = Instant(
        metadata={"title": "Cut-off", "unit": "time", "help": "orders are taken until then"}
    )
    capacity = Capacity()


class NewWindow(Schema):
    point = Text(32, 1, required=True, metadata={"title": "Pickup point", "help": "its code"})
    starts = Instant(required=True, metadata={"title": "Starts", "unit": "time"})
    ends = Instant(required=True, metadata={"title": "Ends", "unit": "time"})
    cut_off = Instant(
        metadata={"title": "Cut-off", "unit": "time", "help": "left out: when it starts"}
    )
    capacity = Capacity(load_default=None)


def ClockTime(**options: Any) -> ma.fields.String:
    """`17:00` on the store's own clocks."""
    return ma.fields.String(
        validate=validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d\Z", error="like 17:00"), **options
    )


class WindowSlot(Schema):
    starts = ClockTime(required=True, metadata={"title": "From"})
    ends = ClockTime(required=True, metadata={"title": "To", "help": "may be on the next day"})
    cut_off = ClockTime(metadata={"title": "Cut-off", "help": "left out: when it starts"})
    days_before = ma.fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, 30),
        metadata={"title": "Days before", "help": "how long before the day the cut-off is"},
    )
    weekdays = ma.fields.List(
        ma.fields.Integer(strict=True, validate=validate.Range(1, 7)),
        load_default=list(EVERY_DAY),
        validate=validate.Length(1, 7),
        metadata={"title": "Weekdays", "help": "Monday is 1"},
    )
    capacity = Capacity(load_default=None)


class WindowPattern(Schema):
    point = Text(32, 1, required=True, metadata={"title": "Pickup point", "help": "its code"})
    days = ma.fields.Integer(
        strict=True, required=True, validate=validate.Range(1, 92), metadata={"title": "Days"}
    )
    start = Date(metadata={"title": "First day", "help": "left out: today"})
    slots = ma.fields.List(
        ma.fields.Nested(WindowSlot), required=True, validate=validate.Length(1, 10)
    )


class WindowHours(Schema):
    starts = Instant(required=True)
    ends = Instant(required=True)


class Window(Schema):
    id = ma.fields.Integer(required=True)
    point = ma.fields.String(required=True)
    starts = Instant(required=True)
    ends = Instant(required=True)
    cut_off = Instant(required=True)
    capacity = ma.fields.Integer(required=True, allow_none=True)
    used = ma.fields.Integer(required=True, metadata={"help": "orders in it"})
    version = ma.fields.Integer(required=True)
    retired_at = Instant(required=True, allow_none=True)
    slot = ma.fields.Nested(
        WindowHours,
        required=True,
        allow_none=True,
        metadata={"help": "the hours that a pattern made it for"},
    )
    exception = ma.fields.String(
        required=True, allow_none=True, validate=validate.OneOf(["deleted", "moved"]),
        metadata={"help": "why a pattern makes no other window for its slot"},
    )  # fmt: skip


class WindowList(Schema):
    items = ma.fields.List(ma.fields.Nested(Window), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class RepeatedWindows(WindowList):
    exceptions = ma.fields.List(
        ma.fields.Nested(Window), required=True,
        metadata={"help": "deleted or moved before: their slots were not made again"},
    )  # fmt: skip


class WindowQuery(Page):
    point = Text(32, load_default="", metadata={"help": "code of a pickup point"})
    past = ma.fields.Boolean(load_default=False, metadata={"help": "those that ended too"})
    retired = ma.fields.Boolean(load_default=False, metadata={"help": "retired ones too"})
    exceptions = ma.fields.Boolean(
        load_default=False, metadata={"help": "only those that were deleted or moved"}
    )


class WindowReady(Schema):
    orders = ma.fields.Integer(required=True, metadata={"help": "customers told just now"})


@blp.get("/windows", needs="pickups:read")
@blp.arguments(WindowQuery, location="query")
@blp.response(200, WindowList)
def admin_list_windows(query: dict[str, Any]) -> Response:
    """Pickup windows, by their start"""
    page = timetable.page(ctx(), **query)
    return answer(page | {"items": [_document(window) for window in page["items"]]})


@blp.post("/windows", needs=WRITE)
@blp.arguments(NewWindow)
@blp.response(201, Window)
def admin_create_window(body: dict[str, Any]) -> Response:
    """Open a pickup window"""
    point = points.named(ctx(), body["point"])
    cut_off = body.get("cut_off", body["starts"])
    window = timetable.create(
        ctx(), point.id, body["starts"], body["ends"], cut_off, body["capacity"]
    )
    return _answer(window, 201)


@blp.post("/windows/repeat", needs=WRITE)
@blp.arguments(WindowPattern)
@blp.response(201, RepeatedWindows)
def admin_repeat_windows(body: dict[str, Any]) -> Response:
    """Open windows on the coming days by a daily pattern; what exists, was deleted or moved stays"""
    point = points.named(ctx(), body["point"])
    slots = [_slot(**slot) for slot in body["slots"]]
    asked = (ctx(), point.id, slots, body["days"], body.get("start"))
    made = [_document(window) for window in window_pattern.repeat(*asked)]
    exceptions = [_document(window) for window in window_pattern.exceptions(*asked)]
    return answer({"items": made, "next": None, "exceptions": exceptions}, 201)


@blp.get("/windows/<int:window_id>", needs="pickups:read")
@blp.response(200, Window)
def admin_get_window(window_id: int) -> Response:
    """A pickup window"""
    return _answer(timetable.view(ctx(), [timetable.get(ctx(), window_id)])[0])


@blp.patch("/windows/<int:window_id>", needs=WRITE, match=True)
@blp.arguments(WindowFacts)
@blp.response(200, Window)
def admin_change_window(body: dict[str, Any], window_id: int) -> Response:
    """Change times or capacity; the orders in it stay"""
    seen = timetable.get(ctx(), window_id).version
    check_match(window_id, seen)
    return _answer(timetable.change(ctx(), window_id, seen, body))


@blp.delete("/windows/<int:window_id>", needs=WRITE, match=True)
@blp.response(204)
def admin_retire_window(window_id: int) -> Response:
    """Offer a pickup window no more, and keep patterns from making it again; its orders stay"""
    seen = timetable.get(ctx(), window_id).version
    check_match(window_id, seen)
    timetable.retire(ctx(), window_id, seen)
    return Response(status=204)


@blp.post("/windows/<int:window_id>/restore", needs=WRITE)
@blp.response(200, Window)
def admin_restore_window(window_id: int) -> Response:
    """Offer a deleted or moved window again, at the hours that a pattern made it for"""
    return _answer(timetable.restore(ctx(), window_id))


@blp.post("/windows/<int:window_id>/ready", needs="pickups:write")
@blp.response(200, WindowReady)
def admin_window_ready(window_id: int) -> Response:
    """Tell all customers of a window that their orders lie ready, but those on hold"""
    window = timetable.get(ctx(), window_id)
    return answer({"orders": pickup.window_ready(ctx(), window.id)})


def _slot(starts: str, ends: str, cut_off: str | None = None, **facts: Any) -> Slot:
    closing = None if cut_off is None else time.fromisoformat(cut_off)
    return Slot(time.fromisoformat(starts), time.fromisoformat(ends), closing, **facts)


def _document(window: dict[str, Any]) -> dict[str, Any]:
    times = {name: window[name] and rfc3339(to_us(window[name])) for name in TIMES}
    slot = window["slot"] and {k: rfc3339(to_us(at)) for k, at in window["slot"].items()}
    return window | times | {"slot": slot}


def _answer(window: dict[str, Any], status: int = 200) -> Response:
    return answer(_document(window), status, ETag=etag(window["id"], window["version"]))
