"""Around the whole app, as WSGI: what every answer has, cached and failed ones too.

A request id, security headers, CORS for the origins of the config, one line in the log and one
observation in the metrics. `environ["shop.route"]` is the path template that the app matched.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from shop import logs
from shop.api import metrics
from shop.api.catalogue_cache import Kept, respond
from shop.config import Config

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
Headers = list[tuple[str, str]]

SECURITY: Headers = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
]
CSP = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
OF_KEPT = (*SECURITY, CSP)
NO_STORE = ("Cache-Control", "no-store")
EXPOSED = "ETag, Idempotent-Replayed, Location, Retry-After, X-Request-Id"
PREFLIGHT: Headers = [
    ("Access-Control-Allow-Methods", "GET, POST, PATCH, PUT, DELETE"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Accept-Language",
    ),
    ("Access-Control-Max-Age", "600"),
]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Edge:
    def __init__(
        self,
        app: Wsgi,
        config: Config,
        after: Callable[[], None],
        peek: Callable[[Environ], Kept | None] = lambda environ: None,
    ) -> None:
        """`after` is called when a request is over; `peek` finds what is kept for one, which then is
        all that is asked."""
        self.app, self.origins, self.after, self.peek = app, frozenset(config.cors), after, peek

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        began, code = perf_counter(), 500
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        environ["shop.request_id"] = request_id
        origin = self._origin(environ)
        if not origin and (kept := self.peek(environ)) is not None:
            more = (*(kept.policy or OF_KEPT), ("X-Request-Id", request_id))
            status, body = respond(environ, start_response, kept, more)
            _note(environ, status, perf_counter() - began, request_id)
            return body

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            nonlocal code
            code = int(status[:3])
            headers.append(("X-Request-Id", request_id))
            _defaults(headers)
            if origin:
                headers += self._cors(origin)
            return start_response(status, headers, exc_info)

        try:
            if origin and _is_preflight(environ):
                start("204 No Content", PREFLIGHT[:])
                return []
            return self.app(environ, start)
        finally:
            self._over(environ, code, perf_counter() - began, request_id)

    def _origin(self, environ: Environ) -> str:
        """The page's origin, if the config lets it call."""
        origin: str = environ.get("HTTP_ORIGIN", "") if self.origins else ""
        return origin if origin in self.origins else ""

    def _cors(self, origin: str) -> Headers:
        return [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", EXPOSED),
            ("Vary", "Origin"),
        ]

    def _over(self, environ: Environ, status: int, seconds: float, request_id: str) -> None:
        _note(environ, status, seconds, request_id)
        self.after()


def _note(environ: Environ, status: int, seconds: float, request_id: str) -> None:
    """Write the request into the metrics and the log."""
    method, route = environ["REQUEST_METHOD"], environ.get("shop.route", "(none)")
    metrics.observe(method, route, status, seconds)
    logs.access(
        {
            "event": "request", "method": method[:10], "path": route, "status": status,
            "ms": round(seconds * 1000, 1), "request_id": request_id,
        }
    )  # fmt: skip


def _is_preflight(environ: Environ) -> bool:
    return (
        environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    )


def _defaults(headers: Headers) -> None:
    """A policy for what has none of its own; private unless it says how to keep it."""
    names = {name.lower() for name, _ in headers}
    headers += [pair for pair in OF_KEPT if pair[0].lower() not in names]
    if not names & {"cache-control", "etag"}:
        headers.append(NO_STORE)
