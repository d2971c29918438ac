"""Every error as an RFC 9457 problem document: `code`, `detail` in the caller's language, facts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import orjson
import peewee
from flask import Flask, Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException

from shop import i18n
from shop.errors import Invalid, PluginFailure, Reject

log = logging.getLogger("shop")

ERRORS = 50
"""mistakes of one request that are named; of more the fact `count` tells how many there are"""
PATHS = 5
"""of which so many paths, cut to so many letters, stand in its `detail`"""
LETTERS = 60

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "timeout",
    409: "conflict",
    411: "length_required",
    412: "precondition_failed",
    413: "too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    431: "headers_too_large",
    500: "internal_error",
    503: "unavailable_service",
}


def problem(
    code: str, status: int, facts: dict[str, Any] | None = None, headers: Any = None
) -> Response:
    locale = _locale()
    facts = facts or {}
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": i18n.say(f"status_{status}", locale),
        "status": status,
        "code": code,
        "detail": _detail(code, locale, facts),
        "request_id": g.get("request_id", "") if has_request_context() else "",
    }
    document |= {name: fact for name, fact in facts.items() if name not in document}
    response = Response(
        orjson.dumps(document, default=str), status, mimetype="application/problem+json"
    )
    for name, value in headers or ():
        response.headers[name] = value
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _detail(code: str, locale: str, facts: dict[str, Any]) -> str:
    """The words of `code`; of input that breaks its schema also where it does."""
    errors = facts.get("errors", ()) if code == "invalid" else ()
    paths = dict.fromkeys(error["path"][:LETTERS] for error in errors if error["path"])
    if not paths:
        return i18n.say(code, locale, **facts)
    return i18n.say("invalid_fields", locale, fields=", ".join([*paths][:PATHS]))


def _locale() -> str:
    if "ctx" in g:
        return str(g.ctx.locale)
    return i18n.negotiate(request.headers.get("Accept-Language", ""), "en")


def flatten(messages: Any) -> tuple[list[dict[str, str]], int]:
    """webargs' nested messages -> (the first `ERRORS` as [{path, message}] in the caller's language,
    how many there are). Only what is shown is translated."""
    shown, count, locale = [], 0, _locale()
    for path, message in _leaves(messages, ""):
        count += 1
        if count <= ERRORS:
            shown.append({"path": path, "message": i18n.translate(str(message), locale)})
    return shown, count


def _leaves(messages: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            here = (
                path if name in ("_schema", "json", "query", "files", "form") else f"{path}.{name}"
            )
            yield from _leaves(inner, here.lstrip("."))
    elif isinstance(messages, list):
        for message in messages:
            yield from _leaves(message, path)
    else:
        yield path, messages


def of_http(error: HTTPException) -> Response:
    """404, 405, 413, 415, 422 and the rest, raised by Flask, Werkzeug or webargs."""
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    if error.response is not None and status < 400:
        return error.response  # type: ignore[return-value]
    headers = [
        pair
        for pair in error.get_headers()
        if pair[0].lower() not in ("content-type", "content-length")
    ]
    if messages := data.get("messages") or data.get("errors"):
        errors, count = flatten(messages)
        facts = Invalid(errors).facts | ({"count": count} if count > len(errors) else {})
        return problem(Invalid(errors).code, status, facts, headers)
    return problem(CODES.get(status, "error"), status, {}, headers)


def of_reject(error: Reject) -> Response:
    headers = []
    if "retry_after" in error.facts:
        headers.append(("Retry-After", str(error.facts["retry_after"])))
    return problem(error.code, error.status, error.facts, headers)


def of_plugin(error: PluginFailure) -> Response:
    log.exception("plugin failed")
    return problem("plugin_failed", 500, {"plugin": error.plugin, "hook": error.hook})


def of_database(error: peewee.PeeweeException) -> Response:
    """The database is away, busy or full: 503, come again. Anything else is a fault of ours."""
    log.exception("database error")
    if isinstance(error, (peewee.OperationalError, peewee.InterfaceError)):
        return problem("unavailable_service", 503, {"retry_after": 2}, [("Retry-After", "2")])
    return problem("internal_error", 500)


def of_anything(error: Exception) -> Response:
    log.exception("unexpected error")
    return problem("internal_error", 500)


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Reject, of_reject)
    app.register_error_handler(PluginFailure, of_plugin)
    app.register_error_handler(peewee.PeeweeException, of_database)
    app.register_error_handler(Exception, of_anything)
