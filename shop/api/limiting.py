"""flask-limiter smooths the traffic of one peer; what must be exact is counted in the database.

A page counts once, by the request that asked for it; what it then asks of the API in the same process
(`shop.api.local`) is not counted again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import limits
from flask import Flask, Response, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded

from shop.api.local import CONTEXT
from shop.api.problems import problem
from shop.config import Config
from shop.people.attempts import network_of

GENEROUS = 100
"""times the limits, in the demo"""
READS = frozenset({"GET", "HEAD", "OPTIONS"})
FREE = frozenset({"/healthz", "/readyz", "/metrics"})


def register(app: Flask, config: Config) -> Callable[[str], bool]:
    """`rate_limits`: on, generous or off. Counted per worker, or in Redis when given. The answer says
    whether a peer may have one more answer of the catalogue built; what is kept is not counted."""
    if config.rate_limits == "off":
        return lambda peer: True
    times = GENEROUS if config.rate_limits == "generous" else 1
    limiter = Limiter(
        key_func=peer,
        application_limits=[
            ApplicationLimit(limit_provider=f"{config.limits.requests_per_minute * times}/minute"),
            ApplicationLimit(
                limit_provider=f"{config.limits.writes_per_minute * times}/minute",
                scope="writes",
                exempt_when=lambda: request.method in READS,
            ),
        ],
        storage_uri=config.redis or "memory://",
        swallow_errors=True,
    )
    limiter.request_filter(lambda: request.path in FREE or CONTEXT in request.environ)
    limiter.init_app(app)

    reads = limits.parse(f"{config.limits.requests_per_minute * times}/minute")

    def gate(peer: str) -> bool:
        try:
            return limiter.limiter.hit(reads, "catalogue", network_of(peer))
        except Exception:  # the storage is away
            return True

    @app.errorhandler(RateLimitExceeded)
    def too_many(error: RateLimitExceeded) -> Response:
        ends = limiter.current_limit.reset_at if limiter.current_limit else 0
        wait = max(1, ends - int(time.time()))
        return problem(
            "too_many_requests", 429, {"retry_after": wait}, [("Retry-After", str(wait))]
        )

    return gate


def peer() -> str:
    """The real network peer, of IPv6 its /64: X-Forwarded-For counts only behind `trusted_proxies`."""
    return network_of(request.remote_addr or "")
