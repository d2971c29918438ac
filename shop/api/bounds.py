"""How much of a request is looked at: values, depth and fields, counted before schemas see any of them.

A megabyte holds a hundred thousand small fields, and a schema says something about each. What has more
than any caller needs is refused as a whole, at the price of counting.
"""

from __future__ import annotations

from typing import Any

from flask import Request

from shop.errors import Reject

VALUES = 10_000
"""of a JSON body, all together"""
FIELDS = 500
"""of one object of it"""
DEPTH = 32
BRACKETS = 50_000
"""[ and { in the bytes of a body, in texts too"""
FORM_FIELDS = 1000
PARAMETERS = 200
"""of an address"""
FORM = "application/x-www-form-urlencoded"


def check_text(body: bytes) -> None:
    """400 `too_many_values` for JSON that is not even read: making so many lists and objects costs more than
    counting. No text that a field takes has half as many brackets."""
    if body.count(b"[") + body.count(b"{") > BRACKETS:
        raise Reject("too_many_values", 400, most=VALUES)


def check_document(document: Any) -> None:
    """422 `too_many_values`, `too_many_fields` or `nested_too_deeply` for JSON that no schema needs to see."""
    level, count, depth = [document], 0, 0
    while level:
        count += len(level)
        if count > VALUES:
            raise Reject("too_many_values", most=VALUES)
        if depth > DEPTH:
            raise Reject("nested_too_deeply", most=DEPTH)
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if len(value) > FIELDS:
                    raise Reject("too_many_fields", have=len(value), most=FIELDS)
                below.extend(value.values())
            elif isinstance(value, list):
                if count + len(below) + len(value) > VALUES:
                    raise Reject("too_many_values", most=VALUES)
                below.extend(value)
        level, depth = below, depth + 1


def check_request(request: Request) -> None:
    """The same for the parameters of an address and the fields of a form."""
    if (have := _pairs(request.query_string)) > PARAMETERS:
        raise Reject("too_many_fields", have=have, most=PARAMETERS)
    if request.mimetype == FORM:
        most = request.max_form_memory_size or 0
        if (request.content_length or 0) <= most:  # a longer one is refused when it is read
            have = _pairs(request.get_data(cache=True))
            if have > FORM_FIELDS:
                raise Reject("too_many_fields", have=have, most=FORM_FIELDS)


def _pairs(text: bytes) -> int:
    return text.count(b"&") + 1 if text else 0
