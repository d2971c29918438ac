"""Answers of the catalogue, built and kept as bytes in front of Flask for everyone who may see them.

What is kept belongs to an address, a language and a freshness of the catalogue (`catalog.tag`), which
stands in its ETag. When the catalogue changes, the first who asks has it built anew, and the others
wait for that one. Only questions without a name that go well are answered here: an Authorization
header, a question of a page (`local_api`), a mistake or anything that is not found go on to the
application, which answers the same and says what is wrong. Pages that are the same for everyone
(api/pages.py) are kept in the same way, whatever cookies a visitor has.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import marshmallow as ma
import orjson
import peewee
from werkzeug.http import parse_etags

from shop import i18n
from shop.api import bounds
from shop.api.local import CONTEXT
from shop.api.outside import of_request, page_tag
from shop.catalog import catalog, freshness
from shop.catalog.freshness import Freshness
from shop.context import Caller, Context
from shop.data.generations import Generations
from shop.instance import Instance

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
Gate = Callable[[str], bool]
Build = Callable[[Context], "Made"]
Draw = Callable[[Context, str, str, str], "Made | None"]
Headers = Sequence[tuple[str, str]]

ROOT, PAGES = "/api/v1/", "/"
"""what stands before the store's code in an address of the API, and in that of a page"""
JSON = "application/json"
READING = ("GET", "HEAD")
NAMED = frozenset({"HTTP_AUTHORIZATION", CONTEXT})
"""what says who asks"""
HEADERS = {"Cache-Control": "public, no-cache", "Vary": "Accept-Language"}
PATIENCE = 10.0
"""seconds to wait for one who builds the same answer"""
OVERHEAD = 2048
"""bytes that an entry takes beside its body"""
BUILDERS = 64


class Read(NamedTuple):
    """A part of the catalogue: `read(ctx, **fields)` of the fields of its `rule` (`/products/<string:x>`)
    and of its query answers a document that is the same for everyone. With the root of pages it is a
    page of a plugin, which the application draws."""

    rule: str
    query: ma.Schema | None
    read: Callable[..., Any]
    root: str = ROOT


class Key(NamedTuple):
    path: str
    query: str
    locale: str
    home: str = ""
    """of a page: `https://host`, since it names its own address for those who share it
    (`public_url`, else the host that was asked for)"""


class Kept(NamedTuple):
    """An answer of a freshness, in a language of a store, and how the next is made: `build(ctx)`."""

    tag: str
    etag: str
    """of a page it names the host of its links too"""
    code: str
    locale: str
    body: bytes
    headers: Headers
    """what it has beside a body at the end"""
    policy: Headers
    """what says how a browser is to take it; empty is as any answer of the API"""
    route: str
    build: Build


class Made(NamedTuple):
    """What `build` makes: the bytes of a document, or of a page with its headers."""

    body: bytes
    kind: str = JSON
    caching: Mapping[str, str] = HEADERS
    policy: Headers = ()


def _kept(ctx: Context, tag: str, home: str, made: Made, route: str, build: Build) -> Kept:
    etag = page_tag(tag, home) if home else tag
    headers = (
        *made.caching.items(),
        ("ETag", f'"{etag}"'),
        ("Content-Type", made.kind),
        ("Content-Length", str(len(made.body))),
    )
    return Kept(tag, etag, ctx.code, ctx.locale, made.body, headers, made.policy, route, build)


def respond(
    environ: Environ, start_response: Any, kept: Kept, more: Headers = ()
) -> tuple[int, list[bytes]]:
    """(status, body): the answer, or 304 to who has it already. `more` are other headers."""
    environ["shop.route"] = kept.route
    if (known := environ.get("HTTP_IF_NONE_MATCH")) and _has(known, kept.etag):
        start_response("304 NOT MODIFIED", [*kept.headers[:-2], *more])
        return 304, []
    start_response("200 OK", [*kept.headers, *more])
    return 200, [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]


class CatalogueCache:
    """In front of `app`, for the addresses of `reads`; at most `size` bytes. `gate(peer)` says whether
    a peer may have something built, and `draw(ctx, home, path, query)` makes a page, None if it is not found."""

    def __init__(
        self,
        app: Wsgi,
        instance: Instance,
        reads: Sequence[Read],
        size: int,
        gate: Gate,
        draw: Draw,
    ) -> None:
        self.app, self.instance, self.gate, self.draw = app, instance, gate, draw
        self.kept: Generations[Key, Kept] = Generations(size)
        self._reads = [(re.compile(_pattern(read.rule)), read) for read in reads]
        self._words = frozenset((read.root, read.rule.split("/")[1]) for read in reads)
        self._fields = frozenset(
            name
            for read in reads
            if read.root == PAGES and read.query
            for name in read.query.fields
        )
        self._building = [threading.Lock() for _ in range(BUILDERS)]
        self._tags: dict[tuple[str, str], tuple[Freshness, str]] = {}

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        found = self._answer(environ)
        if found is None:
            return self.app(environ, start_response)
        return respond(environ, start_response, found, found.policy)[1]

    def peek(self, environ: Environ) -> Kept | None:
        """What is kept for this request, if it is of now; without a statement."""
        key = self._key(environ)
        kept = None if key is None else self.kept.get(key)
        if kept is None:
            return None
        try:
            fresh = freshness.known(kept.code, self.instance.clock.now_us())
        except peewee.PeeweeException:  # the clock asks the database now and then
            return None
        known = self._tags.get((kept.code, kept.locale))
        return kept if known is not None and known[0] is fresh and known[1] == kept.tag else None

    def _key(self, environ: Environ) -> Key | None:
        """None is for the application."""
        if environ["REQUEST_METHOD"] not in READING or not NAMED.isdisjoint(environ):
            return None
        path = environ["PATH_INFO"]
        root, code, word = _place(path)
        store = self.instance.config.stores.get(code)
        if (root, word) not in self._words or store is None:
            return None
        accept = environ.get("HTTP_ACCEPT_LANGUAGE")
        query = environ["QUERY_STRING"]
        if query.count("&") >= bounds.PARAMETERS:
            return None
        if root == PAGES:
            locale = i18n.of_visitor(environ.get("HTTP_COOKIE", ""), accept, store.locale)
            home = store.public_url or of_request(environ)
            return Key(path, _canonical(self._known(query)), locale, home) if home else None
        locale = i18n.negotiate(accept, store.locale) if accept else store.locale
        return Key(path, _canonical(query), locale)

    def _known(self, query: str) -> str:
        """Of a page's query what pages know: what a chat adds to a link makes no other page."""
        if not query:
            return ""
        return "&".join(one for one in query.split("&") if one.partition("=")[0] in self._fields)

    def _answer(self, environ: Environ) -> Kept | None:
        key = self._key(environ)
        if key is None:
            return None
        _, code, _ = _place(key.path)
        asked = environ.get("shop.request_id", "")
        try:
            ctx = self.instance.context(code, Caller(), key.locale, asked)
            return self._built(ctx, key, environ.get("REMOTE_ADDR", ""))
        except Exception:  # whatever it is, the application says it in its own way
            self.kept.forget(key)
            return None

    def _built(self, ctx: Context, key: Key, peer: str) -> Kept | None:
        """Of those who ask for the same, one builds."""
        mine = self._building[hash(key) % BUILDERS]
        waited = mine.acquire(timeout=PATIENCE)
        try:
            found = self._current(ctx, key)
            return found or (self._make(ctx, key) if self.gate(peer) else None)
        finally:
            if waited:
                mine.release()

    def local(self, ctx: Context, path: str, query: str) -> Kept | None:
        """What a page of this process is answered that asks as anyone, at a path behind the store's
        code; None is for the application. It may be asked while a page is built, so that it waits
        for no other builder."""
        place = f"{ROOT}{ctx.code}{path}".encode().decode("latin1")
        root, _, word = _place(place)
        if (root, word) not in self._words:
            return None
        key = Key(place, _canonical(query), ctx.locale)
        anyone = self.instance.context(ctx.code, Caller(), ctx.locale, ctx.request_id)
        try:
            return self._current(anyone, key) or self._make(anyone, key)
        except Exception:  # the application says it in its own way
            self.kept.forget(key)
            return None

    def _current(self, ctx: Context, key: Key) -> Kept | None:
        kept = self.kept.get(key)
        return kept if kept is not None and kept.tag == self._tag(ctx) else None

    def _make(self, ctx: Context, key: Key) -> Kept | None:
        tag, before = self._tag(ctx), self.kept.get(key)
        route, build = (before.route, before.build) if before else self._find(ctx, key)
        if build is None:
            return None
        made = _kept(ctx, tag, key.home, build(ctx), route, build)
        self.kept.put(key, made, len(made.body) + OVERHEAD)
        return made

    def _find(self, ctx: Context, key: Key) -> tuple[str, Build | None]:
        """What answers an address that is asked for the first time."""
        root = _place(key.path)[0]
        inside = _text(key.path)[len(root) + len(ctx.code) :]
        for pattern, read in self._reads:
            if read.root != root or not (found := pattern.fullmatch(inside)):
                continue
            route = f"{root}<string:store>{read.rule}"
            if root == PAGES:
                return route, partial(self._draw, key.home, _text(key.path), _text(key.query))
            facts = found.groupdict()
            if read.query:
                facts |= _fields(read.query, key.query)
            return route, partial(_build, read.read, facts)
        return "", None

    def _draw(self, home: str, path: str, query: str, ctx: Context) -> Made:
        made = self.draw(ctx, home, path, query)
        if made is None:
            raise LookupError(path)
        return made

    def _tag(self, ctx: Context) -> str:
        """What answers of now are tagged with."""
        fresh, place = freshness.current(ctx), (ctx.code, ctx.locale)
        known = self._tags.get(place)
        if known is None or known[0] is not fresh:
            known = self._tags[place] = fresh, catalog.tag(ctx, fresh)
        return known[1]


def _text(words: str) -> str:
    """What a client sent, as WSGI hands it on."""
    return words.encode("latin1").decode()


def _build(read: Callable[..., Any], facts: dict[str, Any], ctx: Context) -> Made:
    return Made(orjson.dumps(read(ctx, **facts)))


@lru_cache(maxsize=4096)
def _fields(schema: ma.Schema, query: str) -> dict[str, Any]:
    """Of a query; ValidationError as the application would have it."""
    pairs = parse_qsl(_text(query), keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs):
        raise ma.ValidationError("a field stands twice")
    return dict(schema.load(given))


def _pattern(rule: str) -> str:
    return re.sub(r"<string:(\w+)>", r"(?P<\1>[^/]+)", rule) + "/?"


@lru_cache(maxsize=4096)
def _place(path: str) -> tuple[str, str, str]:
    """(root, store, first word behind it) of an address of the API or of a page."""
    root = ROOT if path.startswith(ROOT) else PAGES
    store, _, rest = path[len(root) :].partition("/")
    return root, store, rest.partition("/")[0]


@lru_cache(maxsize=4096)
def _canonical(query: str) -> str:
    """The same for the same fields in another order."""
    return "&".join(sorted(query.split("&"))) if "&" in query else query


def _has(header: str, tag: str) -> bool:
    return header == f'"{tag}"' or parse_etags(header).contains_weak(tag)
