"""The API called by a page of the same process: one contract for every front end.

    products = local_api(ctx).get("/products", category="fruit").data
    placed = local_api(ctx).post("/orders", {...}, key=form_key)
    mine = local_api(ctx, bearer=cookie).get("/me/orders")

The call has the rights, the language and the network peer of `ctx` and nothing more; it is checked and
answered as any other request, in a database transaction of its own. Rate limits have counted the page
that asks and do not count it again; bounds that are kept in the database (open carts, codes, tries)
hold for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Flask, Response, current_app
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from shop.context import Context

CONTEXT = "shop.context"
"""what the environment of such a request names its context; no client can send it"""
CACHE = "shop.catalogue_cache"
"""the application's extension that answers what is the same for everyone"""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""what no header may hold; a key or a version of a form that has it is nobody's"""


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is the document, None where there is none; `body` are the bytes, of a picture or a file."""

    status: int
    data: Any
    headers: Headers
    body: bytes = b""

    @property
    def ok(self) -> bool:
        return self.status < 400


class LocalApi:
    """Paths are those of the store: `/products`, `/admin/orders`."""

    def __init__(self, ctx: Context, app: Flask, bearer: str = "") -> None:
        self.ctx, self.app, self.bearer = ctx, app, bearer

    def get(self, path: str, **query: Any) -> Answer:
        return self._call("GET", path, query)

    def post(self, path: str, body: Any = None, *, key: str = "", **query: Any) -> Answer:
        """`key` is the Idempotency-Key."""
        return self._call("POST", path, query, body or {}, {"Idempotency-Key": key})

    def patch(self, path: str, body: Any, *, match: str = "", **query: Any) -> Answer:
        """`match` is the ETag of what is changed."""
        return self._call("PATCH", path, query, body, {"If-Match": match})

    def upload(self, path: str, files: Mapping[str, tuple[str, bytes]], **query: Any) -> Answer:
        """A form with files: {field: (name, content)}."""
        builder = EnvironBuilder(method="POST", path=self._path(path), query_string=query)
        with closing(builder):
            for field, (name, content) in files.items():
                builder.files.add_file(field, BytesIO(content), name)
            return self._ask(builder)

    def put(self, path: str, body: Any, *, match: str = "", **query: Any) -> Answer:
        return self._call("PUT", path, query, body, {"If-Match": match})

    def delete(self, path: str, *, match: str = "", **query: Any) -> Answer:
        return self._call("DELETE", path, query, headers={"If-Match": match})

    def _call(
        self,
        method: str,
        path: str,
        query: dict[str, Any],
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        given: Any = {name: value for name, value in query.items() if value is not None}
        sent: Any = {
            name: CONTROL.sub("?", value) for name, value in (headers or {}).items() if value
        }
        if method == "GET" and not self.bearer and self.ctx.caller.role == "guest":
            kept = self.app.extensions[CACHE].local(self.ctx, path, urlencode(given))
            if kept is not None:
                return Answer(200, orjson.loads(kept.body), Headers(kept.headers), kept.body)
        builder = EnvironBuilder(
            self._path(path),
            method=method,
            query_string=given,
            headers=sent,
            data=None if body is None else _json(body),
            content_type=None if body is None else "application/json",
        )
        return self._ask(builder)

    def _path(self, path: str) -> str:
        """A path may hold what a visitor typed: of it, nothing begins a query or a fragment, and no
        control character, which the parser of addresses would drop, makes it another's."""
        text = CONTROL.sub("%00", f"/api/v1/{self.ctx.code}{path}")
        return text.replace("?", "%3F").replace("#", "%23")

    def _ask(self, builder: EnvironBuilder) -> Answer:
        if self.bearer:
            builder.headers["Authorization"] = f"Bearer {CONTROL.sub('?', self.bearer)}"
        response = dispatch(self.app, self.ctx, builder)
        text = response.get_data()
        data = orjson.loads(text) if text and "json" in (response.mimetype or "") else None
        return Answer(response.status_code, data, response.headers, text)


def _json(body: Any) -> bytes:
    """What JSON cannot carry (half of a letter, a thousand lists in each other) is sent as what is no
    JSON either, for the API to refuse."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return b"?"


def dispatch(app: Flask, ctx: Context, builder: EnvironBuilder) -> Response:
    """What the application answers to a request of `ctx`."""
    environ: dict[str, Any] = builder.get_environ()
    environ["REMOTE_ADDR"] = ctx.caller.peer
    environ[CONTEXT] = ctx
    with app.request_context(environ):
        response = app.full_dispatch_request()
        response.get_data()  # a file is read while its request lasts
    return response


def local_api(ctx: Context, bearer: str = "") -> LocalApi:
    """The API of the application that is serving this request, called as `ctx`, or by the holder of
    a token."""
    return LocalApi(ctx, current_app._get_current_object(), bearer)  # type: ignore[attr-defined]
