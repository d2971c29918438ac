"""What every blueprint stands on: routes that know their scope, problem documents, cursors.

    blp = Blueprint("products", __name__, description="The catalogue")

    @blp.get("/products", needs=PUBLIC)
    @blp.arguments(ProductQuery, location="query")
    @blp.response(200, ProductPage)
    def list_products(query): ...

The function's name is the operationId. `admin=True` on the blueprint mounts it under /admin.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask_smorest
import orjson
from flask import Response, g, request
from marshmallow import RAISE
from webargs import missing
from webargs.flaskparser import FlaskParser

from shop import db
from shop.api import bounds
from shop.api.catalogue_cache import HEADERS, Read
from shop.api.fields import Schema
from shop.catalog import catalog
from shop.context import Context
from shop.errors import Reject

PUBLIC = ""
"""Needs no scope: guests too."""


MATCHES = "x-if-match"
"""of an operation in the description: `If-Match` is wanted"""


class Parser(FlaskParser):
    """An unknown field is refused wherever it stands."""

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("query", "json", "form", "files"), RAISE)

    def _raw_load_json(self, req: Any) -> Any:
        """orjson: bounded in depth and in the size of numbers, where json is not."""
        body = req.get_data() if req.is_json else b""
        bounds.check_text(body)
        try:
            document = orjson.loads(body) if body else missing
        except orjson.JSONDecodeError as error:
            self._handle_invalid_json_error(error, req)
        bounds.check_document(document)
        return document


class Blueprint(flask_smorest.Blueprint):
    """Routes under /api/v1/{store}; each names the scope it `needs`. `views` are (function, scope) of
    each, `reads` those that `catalogue` made."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, *, admin: bool = False, **options: Any):
        prefix = "/api/v1/<string:store>" + ("/admin" if admin else "")
        self.views: list[tuple[Callable[..., Any], str]] = []
        self.reads: list[Read] = []
        super().__init__(name, import_name, url_prefix=prefix, **options)

    def arguments(self, schema: Any, **options: Any) -> Callable[..., Any]:  # type: ignore[override]
        """One schema object serves every request: making one costs more than using it."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)

    def route(  # type: ignore[override]
        self, rule: str, *, needs: str, match: bool = False, **options: Any
    ) -> Callable[..., Any]:
        """`match=True` is a change that wants `If-Match`: 428 without it, and the view calls
        `check_match`. That is told by the description, too."""
        register = super().route

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            takes_json = _takes_json(view)
            self.views.append((view, needs))

            @wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                if needs:
                    require(needs)
                if takes_json and not request.is_json:
                    raise Reject("unsupported_media_type", 415, expected="application/json")
                if match and not request.if_match:
                    raise Reject("precondition_required", 428)
                g.match = match
                if request.method in ("GET", "HEAD"):
                    return view(*args, **kwargs)
                return db.retrying(lambda: view(*args, **kwargs))

            documented = self.doc(
                operationId=view.__name__,
                security=[{"bearer": []}] if needs else [{}, {"bearer": []}],
                **({"x-scope": needs} if needs else {}),
                **({MATCHES: True} if match else {}),
            )(guarded)
            register(rule, **options)(documented)
            return view

        return decorate

    def catalogue(
        self, rule: str, shows: type[Schema], query: type[Schema] | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A GET of what is the same for everyone until the catalogue changes: `read(ctx, **fields)` of
        the rule's and the query's fields answers the document. It gets an ETag, and is kept."""
        schema = query() if query else None

        def decorate(read: Callable[..., Any]) -> Callable[..., Any]:
            self.reads.append(Read(rule, schema, read))

            @wraps(read)
            def view(*given: dict[str, Any], **path: Any) -> Response:
                facts = path | given[0] if given else path
                tag = catalog.etag(ctx())
                if request.if_none_match.contains_weak(tag):
                    response = Response(status=304)
                else:
                    response = answer(read(ctx(), **facts))
                response.headers.update({"ETag": f'"{tag}"', **HEADERS})
                return response

            said = self.response(200, shows)(self.alt_response(304, description="As it was")(view))
            self.get(rule, needs=PUBLIC)(
                self.arguments(schema, location="query")(said) if schema else said
            )
            return read

        return decorate


def _takes_json(view: Callable[..., Any]) -> bool:
    parameters = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", ())
    return any(parameter["in"] == "json" for parameter in parameters)


def ctx() -> Context:
    """The context of this request."""
    return g.ctx


def require(scope: str) -> None:
    """401 for a stranger, 403 for a caller who may not."""
    caller = g.ctx.caller
    if caller.may(scope):
        return
    if caller.role == "guest":
        raise Reject("unauthorized", 401)
    raise Reject("forbidden", 403, needs=scope)


def answer(document: Any, status: int = 200, **headers: str) -> Response:
    """A JSON response of a document that is already in the API's shape."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(orjson.dumps(document), status, names, mimetype="application/json")


def etag(row: int, version: int) -> str:
    """The ETag of a row of which `version` counts the changes, as a header carries it. It names the
    row too, so that what was read of one is never taken for another at the same address."""
    return f'"{row}-{version}"'


def check_match(row: int, version: int) -> None:
    """If-Match must be the `etag` of what is changed: 412 for an older version or another row. Only
    in a route with `match=True`, which refuses a request without it (428)."""
    if not g.get("match"):
        raise TypeError("a route that calls check_match says match=True")
    if not request.if_match.contains(etag(row, version).strip('"')):
        raise Reject("precondition_failed", 412, current=str(version))
