"""/: the only store's pages, else a list of the stores."""

from __future__ import annotations

from flask import Flask, Response
from markupsafe import Markup, escape

from shop.instance import Instance

PAGE = Markup(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Shops</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<main><h1>Shops</h1><ul>{}</ul></main></html>\n"
)
STORE = Markup('<li><a href="{0}">{1}</a>')


def register(app: Flask, instance: Instance) -> None:
    stores = instance.config.stores

    @app.get("/")
    def home() -> Response:
        if len(stores) == 1:
            [code] = stores
            return Response(status=302, headers={"Location": _first_page(instance, code)})
        links = Markup("").join(
            STORE.format(_first_page(instance, code), escape(store.name))
            for code, store in stores.items()
        )
        return Response(PAGE.format(links), mimetype="text/html")


def _first_page(instance: Instance, code: str) -> str:
    """Of the plugin that has one at the store's address, else of one with pages, else the reference."""
    found = instance.registry.stores[code].by_name.values()
    places = sorted(pages.url_prefix or "" for plugin in found for pages in plugin.pages)
    return f"/{code}{places[0]}/" if places else "/docs"
