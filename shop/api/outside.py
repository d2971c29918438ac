"""The address that visitors see a store at: what absolute links begin with.

It is the `public_url` of the store's table. Where that is not set, it is the scheme and host of the
request, which its sender may choose: a page drawn for one host is kept for that host alone.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import has_request_context, request
from werkzeug.exceptions import SecurityError
from werkzeug.sansio.utils import get_host

from shop.context import Context


def public_url(ctx: Context) -> str:
    """`https://shop.example.org`, without a slash at the end; "" where nobody says it: outside of a
    request in a store without `public_url`, or for a host that is none."""
    if ctx.store.public_url or not has_request_context():
        return ctx.store.public_url
    return of_request(request.environ)


def of_request(environ: dict[str, Any]) -> str:
    """Scheme and host as the sender, or the trusted proxy, says; "" for a host that is none."""
    scheme = "https" if environ["wsgi.url_scheme"] == "https" else "http"
    return _joined(scheme, environ.get("HTTP_HOST", ""))


@lru_cache(maxsize=1024)
def _joined(scheme: str, host: str) -> str:
    try:
        named = get_host(scheme, host)
    except SecurityError:
        return ""
    return f"{scheme}://{named}" if named else ""


def is_ours(ctx: Context, netloc: str) -> bool:
    """Whether host and port are this store's, as asked for or as configured."""
    return netloc in (request.host, urlsplit(ctx.store.public_url).netloc) and bool(netloc)


@lru_cache(maxsize=1024)
def page_tag(tag: str, home: str) -> str:
    """The ETag of a page that is kept: who has it with the links of one host has not that of another."""
    return f"{tag}-{hashlib.sha256(home.encode()).hexdigest()[:12]}"
