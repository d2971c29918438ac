"""create_app(config) -> Flask: the HTTP face of an instance."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import orjson
from flask import Flask, g, request
from flask.json.provider import JSONProvider
from werkzeug.routing import IntegerConverter

from shop import i18n
from shop.api import blueprints, problems
from shop.api.openapi import Api
from shop.clock import Clock
from shop.config import Config
from shop.context import Caller
from shop.instance import Instance
from shop.plugin import Plugin
from shop.services import auth


class RowId(IntegerConverter):
    """`<int:…>` in a path: what a column can hold, else 404."""

    regex = r"\d{1,18}"


class OrjsonProvider(JSONProvider):
    """orjson: fast, strict (no NaN), bounded in depth."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)


def create_app(
    config: Config, plugins: Iterable[type[Plugin]] = (), clock: Clock | None = None
) -> Flask:
    app = Flask("shop", static_folder=None)
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = RowId
    app.config.update(
        MAX_CONTENT_LENGTH=config.limits.request_kib * 1024,
        PROPAGATE_EXCEPTIONS=False,
        API_TITLE="Minishop",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    instance = Instance(config, plugins, clock)
    app.extensions["shop"] = instance

    @app.url_value_preprocessor
    def take_store(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.request_id = request.headers.get("X-Request-Id", "")[:64] or secrets.token_hex(8)
        if values and "store" in values:
            store = instance.context(values.pop("store"), request_id=g.request_id)
            accept = request.headers.get("Accept-Language")
            locale = i18n.negotiate(accept, store.locale) if accept else store.locale
            g.ctx = instance.context(
                store.code, Caller(peer=request.remote_addr or ""), locale, g.request_id
            )
            g.ctx = g.ctx.as_(auth.caller_of(g.ctx, request.headers.get("Authorization", "")))

    problems.register(app)
    api = Api(app)
    for blueprint in blueprints():
        api.register_blueprint(blueprint)
    for plugin in instance.registry.installed.values():
        for blueprint in plugin.blueprints:
            api.register_blueprint(blueprint)
    return app
