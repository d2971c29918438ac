"""Pages of plugins: blueprints of HTML under /{store}, who draw their errors too.

    pages = Pages("market", __name__, say=error_page)

    @pages.kept("/", query=Nothing)
    def home(): return "<!doctype html>…"        # the same for everyone until the catalogue changes

    @pages.get("/cart")
    def cart(): return …                          # never kept

A page reads and writes through `local_api`. A request that changes something must come from a page
of this shop: what a browser says of its origin is looked at (OWASP, Cross-Site Request Forgery
Prevention, Fetch Metadata), so that pages need no token of their own and can be kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import SplitResult, urlsplit

import flask
import marshmallow as ma
import orjson
from flask import Response, request
from werkzeug.exceptions import HTTPException, UnprocessableEntity
from werkzeug.test import EnvironBuilder
from werkzeug.urls import iri_to_uri

from shop import i18n
from shop.api import problems
from shop.api.base import ctx
from shop.api.catalogue_cache import PAGES, Made, Read
from shop.api.local import Answer, dispatch
from shop.api.outside import is_ours, page_tag, public_url
from shop.catalog import catalog
from shop.context import Context
from shop.errors import PluginFailure, Reject

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # with "no-referrer" a form would not say where it is from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=()",
}
FRAMES = (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"))
POLICIES = frozenset(HEADERS) | {name for name, _ in FRAMES}
YEAR = 365 * 86_400
WHOLE = re.compile(r"[+-]?\d{1,18}")
KEPT = {"Cache-Control": "public, no-cache", "Vary": "Accept-Language, Cookie"}


class Refused(Exception):
    """The API said no to a page: its `answer`, which the plugin's error handler draws."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.status)


def need(answer: Answer) -> Any:
    """The document of an answer that went well; Refused for any other."""
    if not answer.ok:
        raise Refused(answer)
    return answer.data


class Pages(flask.Blueprint):
    """`say(problem)` draws a problem document {status, code, detail, …} as a page."""

    def __init__(
        self, name: str, import_name: str, *, say: Callable[[dict[str, Any]], str], **options: Any
    ) -> None:
        super().__init__(name, import_name, **options)
        self.say = say
        self.reads: list[Read] = []
        self.before_request(refuse_foreign)
        self.after_request(_headers)
        for error, answer in (
            (HTTPException, problems.of_http),
            (Reject, problems.of_reject),
            (PluginFailure, problems.of_plugin),
            (Exception, problems.of_anything),
        ):
            self.register_error_handler(error, self.as_page(answer))  # type: ignore[type-var]

    def kept(
        self, rule: str, query: type[ma.Schema] | None = None
    ) -> Callable[[Callable[..., str]], Callable[..., str]]:
        """A GET of a page that is the same for everyone until the catalogue changes: it may depend on
        the path, the known fields of its query and the language. Other fields are ignored."""
        schema = query(unknown=ma.EXCLUDE) if query else None

        def decorate(draw: Callable[..., str]) -> Callable[..., str]:
            self.reads.append(Read(f"{self.url_prefix or ''}{rule}", schema, draw, PAGES))

            @wraps(draw)
            def view(**path: Any) -> Response:
                flask.g.kept = True
                tag = page_tag(catalog.etag(ctx()), public_url(ctx()))
                facts = _asked(schema) if schema else {}
                response = Response(draw(**path, **facts), mimetype="text/html")
                response.headers.update({"ETag": f'"{tag}"', **KEPT})
                return response

            self.get(rule)(view)
            return draw

        return decorate

    def as_page(self, answer: Callable[[Any], Response]) -> Callable[[Any], Response]:
        """What `answer` makes of an error, as a page."""

        def draw(error: Any) -> Response:
            said = answer(error)
            pages = _nearest()  # this one may be switched off
            if said.mimetype != "application/problem+json" or pages is None:
                return said
            page = pages.say(orjson.loads(said.get_data()))
            response = Response(page, said.status_code, mimetype="text/html")
            for name in ("Allow", "Retry-After"):
                if name in said.headers:
                    response.headers[name] = said.headers[name]
            return response

        return draw


def _asked(schema: ma.Schema) -> Any:
    """The known fields of the query; 422 `invalid` as the API answers it."""
    try:
        return schema.load(request.args.to_dict())
    except ma.ValidationError as error:
        refusal = UnprocessableEntity()
        refusal.data = {"messages": {"query": error.messages}}  # type: ignore[attr-defined]
        raise refusal from None


def drawn(app: flask.Flask, ctx: Context, home: str, path: str, query: str) -> Made | None:
    """The page at an address, as anyone sees it; None if there is none."""
    response = dispatch(app, ctx, EnvironBuilder(path, home, query_string=query))
    if response.status_code != 200:
        return None
    policy = (*response.headers.items(), *HEADERS.items(), *FRAMES)
    own = [(name, value) for name, value in dict(policy).items() if name in POLICIES]
    return Made(response.get_data(), response.content_type, KEPT, own)


def register(app: flask.Flask) -> None:
    """Tell by a page, too, that an address below a store is nobody's, or takes no such method."""

    @app.errorhandler(HTTPException)
    def lost(error: HTTPException) -> Response:
        pages = _nearest()
        return (
            _headers(pages.as_page(problems.of_http)(error)) if pages else problems.of_http(error)
        )


def store_of(path: str) -> str:
    """The store that an address outside the API would be of: `/orchard/nowhere` -> "orchard"."""
    return path.split("/", 2)[1]


def _nearest() -> Pages | None:
    """The pages whose place the address is in, the innermost of those that are switched on."""
    if "ctx" not in flask.g or store_of(request.path) != flask.g.ctx.code:
        return None
    inside = request.path.removeprefix(f"/{flask.g.ctx.code}") + "/"
    found = (pages for plugin in flask.g.ctx.plugins.by_name.values() for pages in plugin.pages)
    near = [pages for pages in found if inside.startswith(f"{pages.url_prefix or ''}/")]
    return max(near, key=lambda pages: len(pages.url_prefix or ""), default=None)


def refuse_foreign() -> None:
    """403 `cross_site` for a change that another site's page asks for, or that does not say."""
    if request.method in SAFE or is_own():
        return
    raise Reject("cross_site", 403)


def is_own() -> bool:
    """Whether a page of this very shop asks. Old browsers do not send Sec-Fetch-Site, but Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return is_ours(ctx(), parts(said).netloc) if said else site == "same-origin"


def parts(address: str) -> SplitResult:
    """Of an address that a browser says it comes from; all empty if it cannot be read."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def cookie(name: str) -> str:
    """A cookie of this store, "" if there is none, and on a page that is kept for everyone."""
    return "" if flask.g.get("kept") else request.cookies.get(_cookie_name(name), "")


def set_cookie(response: Any, name: str, value: str, seconds: int = 0) -> None:
    """Keep `value` in the browser, out of reach of scripts and of other sites' forms; "" forgets it.
    Over HTTPS the name says that it is this host's alone."""
    response.set_cookie(
        _cookie_name(name), value, max_age=(seconds or None) if value else 0, path="/",
        httponly=True, secure=request.is_secure, samesite="Lax",
    )  # fmt: skip


def _cookie_name(name: str) -> str:
    named = f"{ctx().code}-{name}"
    return f"__Host-{named}" if request.is_secure else named


def local_path(path: str, default: str) -> str:
    """`path` if it leads to a page of this store, else `default`: a redirect never leaves the shop."""
    inside = path.startswith(f"/{ctx().code}/") and "\\" not in path and "//" not in path
    return path if inside and path.isprintable() and ".." not in path else default


def seen_at() -> str:
    """The address of the page that is seen, with its query: where to come back to. Of a form that was
    refused it is the page that had the form."""
    if request.method in SAFE:
        query = request.query_string.decode(errors="replace")
        return f"{request.path}?{query}".rstrip("?")
    form = parts(request.referrer or "")
    return f"{form.path}?{form.query}" if form.query else form.path


def speak(locale: str, home: str) -> Response:
    """Remember the language that a visitor chose, and go back to `next` of the query, or to `home`."""
    there = local_path(request.args.get("next", ""), home)
    response = Response(status=303, headers={"Location": iri_to_uri(there)})
    if locale in i18n.LOCALES:
        response.set_cookie(
            i18n.COOKIE, locale, max_age=YEAR, samesite="Lax", secure=request.is_secure
        )
    return response


def go(path: str) -> Response:
    """See another page of this store next: a path behind its code, `/cart`."""
    return Response(status=303, headers={"Location": iri_to_uri(f"/{ctx().code}{path}")})


def whole_number(text: str) -> int | str:
    """What was typed, as JSON has it; a text that is no whole number, or one of more than 18 digits,
    stays as it is: the API says what is wrong with it."""
    return int(text) if WHOLE.fullmatch(text) else text


def _headers(response: Response) -> Response:
    if "ctx" not in flask.g:  # no store of ours: no page
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
