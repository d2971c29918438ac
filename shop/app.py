"""create_app(config) -> Flask: the HTTP face of an instance."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import IO, Any

import orjson
from flask import Flask, Request, g, request
from flask.json.provider import JSONProvider
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from shop import api, i18n
from shop.api import bounds, health, home, limiting, media, metrics, openapi, pages, problems
from shop.api.catalogue_cache import ROOT, CatalogueCache
from shop.api.edge import Edge
from shop.api.local import CACHE, CONTEXT
from shop.api.pages import Pages, drawn, store_of
from shop.api.rules import LazyRule
from shop.clock import Clock
from shop.config import Config
from shop.context import Caller
from shop.errors import NotFound
from shop.instance import Instance
from shop.people import auth
from shop.plugin import Plugin


class RowId(IntegerConverter):
    """`<int:…>` in a path: what a column can hold, else 404."""

    regex = r"\d{1,18}"


class OrjsonProvider(JSONProvider):
    """orjson: fast, strict (no NaN), bounded in depth."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)


class FormRequest(Request):
    """Closes the files of a form that breaks off too, not only those of a whole one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opened: list[IO[bytes]] = []

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        self._opened.append(super()._get_file_stream(*args, **kwargs))
        return self._opened[-1]

    def close(self) -> None:
        super().close()
        for file in self._opened:
            file.close()


def create_app(
    config: Config, plugins: Iterable[type[Plugin]] = (), clock: Clock | None = None
) -> Flask:
    """The application of a config file; `plugins` are classes installed beside those found."""
    return mount(Instance(config, plugins, clock))


def mount(instance: Instance) -> Flask:
    """The application of an instance that is open already."""
    config = instance.config
    app = Flask("shop", static_folder=None)
    app.request_class = FormRequest
    app.json = OrjsonProvider(app)
    app.url_rule_class = LazyRule
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = RowId
    app.config.update(
        MAX_CONTENT_LENGTH=config.limits.request_kib * 1024,
        MAX_FORM_PARTS=bounds.FORM_FIELDS,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["shop"] = instance
    owners = {
        blueprint: plugin.name
        for plugin in instance.registry.installed.values()
        for blueprint in (*plugin.blueprints, *plugin.pages)
    }
    owner_of = {blueprint.name: name for blueprint, name in owners.items()}

    @app.url_value_preprocessor
    def take_store(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.request_id = request.environ.get("shop.request_id", "")
        if request.url_rule:
            request.environ["shop.route"] = request.url_rule.rule
        g.store = values.pop("store", None) if values else None
        if request.url_rule is None and (code := store_of(request.path)) in config.stores:
            g.store = code

    gate = limiting.register(app, config)

    @app.before_request
    def begin() -> None:
        """After the limits: who calls, in which store and language."""
        if (request.content_length or 0) > config.limits.import_mib << 20:
            raise RequestEntityTooLarge
        try:
            request.query_string.decode()
        except UnicodeDecodeError:
            raise BadRequest from None
        bounds.check_request(request)
        if g.store is None:
            return
        store = config.stores.get(g.store)
        if store is None:
            raise NotFound
        accept = request.headers.get("Accept-Language")
        if request.path.startswith(ROOT):
            locale = i18n.negotiate(accept, store.locale) if accept else store.locale
        else:
            locale = i18n.of_visitor(request.headers.get("Cookie", ""), accept, store.locale)
        caller = Caller(peer=request.remote_addr or "")
        if local := request.environ.get(CONTEXT):
            caller, locale, g.request_id = local.caller, local.locale, local.request_id
        g.ctx = instance.context(store.code, caller, locale, g.request_id)
        if authorization := request.headers.get("Authorization"):
            g.ctx = g.ctx.as_(auth.caller_of(g.ctx, authorization))
        owner = owner_of.get(request.blueprint or "")
        if owner and owner not in g.ctx.plugins.by_name:
            raise NotFound
        if "\0" in request.path:  # PostgreSQL keeps no such letter: nothing is called so
            raise NotFound

    problems.register(app)
    health.register(app, instance)
    media.register(app, config)
    home.register(app, instance)
    openapi.register(app, instance)
    for plugin in instance.registry.installed.values():
        for each in plugin.pages:
            app.register_blueprint(each, url_prefix=f"/<string:store>{each.url_prefix or ''}")
    pages.register(app)
    reads = [read for each in api.blueprints() for read in each.reads]
    reads += [read for each in owners if isinstance(each, Pages) for read in each.reads]
    size = config.limits.catalogue_cache_mib << 20
    draw = partial(drawn, app)
    cache = CatalogueCache(app.wsgi_app, instance, reads, size, gate, draw)
    app.extensions[CACHE] = cache
    app.wsgi_app = cache  # type: ignore[method-assign]
    app.wsgi_app = Edge(  # type: ignore[method-assign]
        app.wsgi_app, config, metrics.hook_times(instance), cache.peek
    )
    if config.trusted_proxies:
        count = config.trusted_proxies  # outermost: pages are kept by its scheme and host
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return app
