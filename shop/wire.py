"""What gunicorn says of a request that it cannot read, made to fit this API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from gunicorn import util
from gunicorn.http import message
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import BadRequest

CODES = {400: "bad_request", 413: "too_large", 414: "uri_too_long", 431: "headers_too_large"}


def adapt() -> None:
    """For this process and those it forks."""
    util.write_error = write_problem
    message.RFC9112_TARGET_INVALID = PLAIN_WORDS


PLAIN_WORDS = re.compile(r"[\x00-\x20\x7f]")
"""What an address may not hold: `?q=苹果` is taken as people type it, where gunicorn would
refuse all that is not percent-encoded. Spaces and control characters stay refused, so that no
request can be read as two."""


def write_problem(sock: Any, status_int: int, reason: str, mesg: str) -> None:
    """A request that cannot be read is answered by a problem document, not by HTML."""
    body = orjson.dumps(
        {
            "type": "about:blank",
            "title": reason,
            "status": status_int,
            "code": CODES.get(status_int, "internal_error"),
            "detail": mesg or reason,
            "request_id": "",
        }
    )
    head = (
        f"HTTP/1.1 {status_int} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(sock, head.encode("latin1") + body)


class Readable:
    """In front of `app`: a body in chunks that breaks off or breaks the rules of chunks is 400, not an
    unexpected error. gunicorn closes the connection then, since nobody knows where the next request begins."""

    def __init__(self, app: Callable[[dict[str, Any], Any], Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Chunks(environ["wsgi.input"])
        return self.app(environ, start_response)


class _Chunks:
    def __init__(self, body: Any) -> None:
        self.body = body

    def read(self, size: int = -1) -> bytes:
        return self._of(self.body.read, size)

    def readline(self, size: int = -1) -> bytes:
        return self._of(self.body.readline, size)

    def _of(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return read(size)
        except (ParseException, NoMoreData) as error:
            raise BadRequest(f"the body cannot be read: {error}") from None
