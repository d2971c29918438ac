"""The OpenAPI description, for the whole instance and for each store, and its reader at /docs."""

from __future__ import annotations

import http
import re
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib.metadata import version
from pathlib import Path
from typing import Any

import flask_smorest
import flask_swagger_ui
import marshmallow as ma
import orjson
from apispec.ext.marshmallow import MarshmallowPlugin, resolver
from apispec.ext.marshmallow.common import resolve_schema_cls
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask, Response, request, send_from_directory

from shop.api import blueprints
from shop.api.base import MATCHES, ctx
from shop.api.examples import REQUESTS
from shop.api.fields import Instant, Schema
from shop.api.problems import of_http
from shop.instance import Instance

PREFIX = "/api/v1/{store}"
ABOUT = """\
Amounts are integers in the currency's minor unit, times are RFC 3339 in UTC. Errors are problem
documents (RFC 9457): branch on `code`. Lists are `{items, next}`; give `next` back as `after`.
A `POST` that creates money or an order wants an `Idempotency-Key` of your own making: the same key
again gives the same answer, and one effect. Staff and customers send a bearer token; a guest's
order answers to the token that came with it."""


IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The ETag of what is changed, as its GET gave it: 412 if it was changed since, 428 without",
    "schema": {"type": "string", "minLength": 1},
}


YEARS = "^(19[7-9]|2[0-9]{2})[0-9]-"
"""how a day or an instant from 1970 to 2999 begins"""


class Problem(Schema):
    """An RFC 9457 problem document; facts stand beside these fields."""

    class Meta:
        unknown = ma.INCLUDE

    type = ma.fields.String(required=True, metadata={"example": "about:blank"})
    title = ma.fields.String(required=True, metadata={"example": "Conflict"})
    status = ma.fields.Integer(required=True, metadata={"example": 409})
    code = ma.fields.String(required=True, metadata={"example": "out_of_stock"})
    detail = ma.fields.String(required=True)
    request_id = ma.fields.String(required=True)


class Converter(OpenAPIConverter):
    """Tells, too, of which fields a body names exactly one. As `not not oneOf`: a bare `oneOf` makes
    generators of clients take the schema for a union."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().schema2jsonschema(schema)
        if names := getattr(schema, "exactly_one", ()):
            told["not"] = {"not": {"oneOf": [{"required": [name]} for name in names]}}
            told["description"] = f"Exactly one of {', '.join(f'`{name}`' for name in names)}."
        return told


class SchemaPlugin(MarshmallowPlugin):
    Converter = Converter


class Api(flask_smorest.Api):
    """Mounts blueprints at once and describes them when first asked: a worker that nobody asks
    for the description never makes it."""

    ERROR_SCHEMA = Problem

    def __init__(self, *args: Any, **options: Any) -> None:
        self._undescribed: list[Any] = []
        self._describing = threading.Lock()
        super().__init__(*args, **options)

    def register_blueprint(self, blp: Any, **options: Any) -> None:
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._undescribed.append(blp)

    def describe(self) -> dict[str, Any]:
        """The whole description as a document."""
        with self._describing:
            while self._undescribed:
                blp = self._undescribed.pop(0)
                blp.register_views_in_doc(
                    self, self._app, self.spec, name=blp.name, parameters=None
                )
                self.spec.tag({"name": blp.name, "description": blp.description})
            document: dict[str, Any] = self.spec.to_dict()
            return document

    def handle_http_exception(self, error: Any) -> Any:
        return of_http(error)

    def _register_responses(self) -> None:
        """Every error is a problem document; components are made of what is used."""
        problem = {"application/problem+json": {"schema": self.ERROR_SCHEMA}}
        for status in http.HTTPStatus:
            response: dict[str, Any] = {"description": status.phrase}
            if status >= 400:
                response["content"] = problem
            self.spec.components.response(status.name, deepcopy(response), lazy=True)
        default = {"description": "Any other error", "content": problem}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, default, lazy=True)


def register(app: Flask, instance: Instance) -> None:
    """Mount every blueprint, of the core and of installed plugins, and what describes them."""
    plugins = instance.registry.installed.values()
    prefixes = {plugin.__module__.rpartition(".")[0]: _camel(plugin.name) for plugin in plugins}
    app.config.update(API_TITLE="Minishop", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    api = Api(
        app,
        spec_kwargs={
            "marshmallow_plugin": SchemaPlugin(schema_name_resolver=_resolver(prefixes)),
            "info": {"description": ABOUT, "x-minishop": version("minishop")},
        },
    )
    api.register_field(Instant, "string", "date-time")
    api.ma_plugin.converter.add_attribute_function(_portable_pattern)
    api.ma_plugin.converter.add_attribute_function(_more_rules)
    api.ma_plugin.converter.add_attribute_function(_for_forms)
    for blueprint in blueprints():
        api.register_blueprint(blueprint)
    tags: dict[str, set[str]] = {}
    for plugin in plugins:
        tags[plugin.name] = {blueprint.name for blueprint in plugin.blueprints}
        for blueprint in plugin.blueprints:
            api.register_blueprint(blueprint)
    made: dict[str, bytes] = {}

    @app.get("/api/v1/openapi.json")
    def openapi() -> Response:
        if "" not in made:
            made[""] = orjson.dumps(whole(api.describe()))
        return _kept(made[""])

    @app.get("/api/v1/<string:store>/openapi.json")
    def store_openapi() -> Response:
        store = ctx().store
        if store.code not in made:
            off = set().union(*(tags[name] for name in tags if name not in store.plugins))
            made[store.code] = orjson.dumps(of_store(api.describe(), store, off))
        return _kept(made[store.code])

    _register_docs(app, list(instance.config.stores))


def whole(spec: dict[str, Any]) -> dict[str, Any]:
    """The description of every store at once; paths begin with /api/v1/{store}."""
    spec = deepcopy(spec)
    spec["servers"] = [{"url": "/"}]
    spec["tags"] = sorted(spec.get("tags", []), key=lambda tag: tag["name"].startswith("admin"))
    schemes = spec.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer", "bearerFormat": "opaque"}
    for _, operation in _operations(spec):
        responses = operation["responses"]
        statuses = ["401", "403", "404"] if operation.get("x-scope") else ["404"]
        if operation.get(MATCHES):
            operation["parameters"] = [*operation.get("parameters", ()), IF_MATCH]
            statuses += ["412", "428"]
        for status in statuses:
            responses.setdefault(status, responses["default"])
        operation["description"] = _description(operation)
        if (body := REQUESTS.get(operation["operationId"])) is not None:
            operation["requestBody"]["content"]["application/json"]["example"] = body
    return spec


def _description(operation: dict[str, Any]) -> str:
    """What the view's docstring says, and what a caller must send beside the body."""
    told = operation.get("description") or operation.get("summary")
    said = str(told or operation["operationId"].replace("_", " ").capitalize())
    parts = [said if said.endswith(".") else f"{said}."]
    scope = operation.get("x-scope")
    parts.append(f"Needs a token with the scope `{scope}`." if scope else "Needs no scope.")
    headers = [one["name"] for one in operation.get("parameters", ()) if one.get("in") == "header"]
    if headers:
        parts.append(f"Takes the header {' and '.join(f'`{name}`' for name in headers)}.")
    return " ".join(parts)


def of_store(spec: dict[str, Any], store: Any, off: set[str]) -> dict[str, Any]:
    """What one store has on, at its own address; `off` are the tags that it has not."""
    spec = whole(spec)
    spec["servers"] = [{"url": PREFIX.format(store=store.code)}]
    spec["info"]["title"] = store.name
    paths: dict[str, Any] = {}
    for path, item in spec["paths"].items():
        for method in [name for name, op in item.items() if _is_off(op, off)]:
            del item[method]
        if not item.keys() - {"parameters"}:
            continue
        item["parameters"] = [p for p in item.get("parameters", []) if p.get("name") != "store"]
        paths[path.removeprefix(PREFIX) or "/"] = item
    spec["paths"] = paths
    spec["tags"] = [tag for tag in spec.get("tags", []) if tag["name"] not in off]
    _drop_unused(spec)
    return spec


def _is_off(operation: Any, off: set[str]) -> bool:
    return isinstance(operation, dict) and bool(off & set(operation.get("tags", ())))


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for name, operation in item.items():
            if name != "parameters":
                yield f"{name} {path}", operation


def _drop_unused(spec: dict[str, Any]) -> None:
    """Schemas that nothing names any more: those of plugins that are off."""
    schemas = spec["components"].get("schemas", {})
    used: set[str] = set()
    text = orjson.dumps({**spec, "components": {**spec["components"], "schemas": {}}}).decode()
    while found := set(re.findall(r'"#/components/schemas/([^"]+)"', text)) - used:
        used |= found
        text = orjson.dumps([schemas[name] for name in found]).decode()
    spec["components"]["schemas"] = {name: schemas[name] for name in schemas if name in used}


def _portable_pattern(_: Any, field: Any, ret: dict[str, Any], **__: Any) -> dict[str, Any]:
    """The end of a text as other languages than Python write it."""
    return {"pattern": ret["pattern"].replace(r"\Z", "$")} if "pattern" in ret else {}


def _more_rules(_: Any, field: Any, ret: dict[str, Any], **__: Any) -> dict[str, Any]:
    """Rules of a field that apispec does not translate: years, values that are refused, and which
    keys a dictionary may have."""
    said: dict[str, Any] = {}
    if isinstance(field, ma.fields.Date | Instant):
        said["pattern"] = YEARS
    for rule in field.validators:
        if isinstance(rule, ma.validate.NoneOf):
            said["not"] = {"enum": list(rule.iterable)}
    names: dict[str, Any] = {}
    for rule in field.key_field.validators if getattr(field, "key_field", None) else ():
        if isinstance(rule, ma.validate.OneOf):
            names["enum"] = list(rule.choices)
        elif isinstance(rule, ma.validate.Length):
            names |= {"minLength": rule.min or 0, "maxLength": rule.max}
    return said | ({"propertyNames": names} if names else {})


def _for_forms(_: Any, field: Any, ret: dict[str, Any], **__: Any) -> dict[str, Any]:
    """What a field's metadata says for people: its help, and its unit for those who draw forms."""
    said = {"description": field.metadata.get("help"), "x-unit": field.metadata.get("unit")}
    return {name: str(text) for name, text in said.items() if text and name not in ret}


def _resolver(prefixes: dict[str, str]) -> Callable[[Any], str]:
    """A plugin's schemas carry its name: `Rule` of gift_wrap becomes `GiftWrapRule`."""

    def named(schema: Any) -> str:
        name = str(resolver(schema))
        module = resolve_schema_cls(schema).__module__  # type: ignore[union-attr]
        for package, prefix in prefixes.items():
            if package and f"{module}.".startswith(f"{package}.") and not name.startswith(prefix):
                return prefix + name
        return name

    return named


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _kept(document: bytes) -> Response:
    response = Response(document, mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


# -- /docs -----------------------------------------------------------------------------------

FILES = Path(flask_swagger_ui.__file__).parent / "dist"
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Minishop API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/index.css">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/start.js"></script></html>
"""
START = """SwaggerUIBundle({{
  dom_id: "#swagger-ui", deepLinking: true, urls: {urls},
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: "StandaloneLayout"
}});
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)


def _register_docs(app: Flask, stores: list[str]) -> None:
    places = [*((code, f"/api/v1/{code}/openapi.json") for code in stores),
              ("all plugins", "/api/v1/openapi.json")]  # fmt: skip
    urls = orjson.dumps([{"name": name, "url": url} for name, url in places]).decode()

    @app.get("/docs")
    def docs() -> Response:
        return _page(PAGE, "text/html")

    @app.get("/docs/start.js")
    def docs_start() -> Response:
        return _page(START.format(urls=urls), "text/javascript")

    @app.get("/docs/<path:name>")
    def docs_file(name: str) -> Response:
        return send_from_directory(FILES, name, max_age=86_400)


def _page(text: str, kind: str) -> Response:
    response = Response(text, mimetype=kind)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response
