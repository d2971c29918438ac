"""Pages of other plugins: `templates/pages/<page>.html` in a plugin's folder, in the store's theme.

The template reads through `api(path)` and sets `title`, and `about` and `image` for those who share
the link, or `missing` where there is nothing to show. With `?part=1` it is drawn alone, for a page that shows it live.
"""

from __future__ import annotations

import re
from typing import Any

import jinja2
from flask import Response, request

from shop import NotFound, ctx, local_path, need

from .drawing import draw, fragment
from .pages import api, pages

WORD = re.compile(r"[a-z][a-z0-9_]{0,40}")


@pages.get("/p/<string:plugin>/<string:page>")
def plugin_page(plugin: str, page: str) -> str:
    found = made(plugin, page)
    if "part" in request.args:
        return str(found)
    facts = {name: getattr(found, name, "") for name in ("title", "about", "image")}
    return draw("plugin.html", body=found, **facts)


@pages.post("/p/<string:plugin>/do")
def plugin_action(plugin: str) -> Response:
    """A form of a plugin's template: `path` is a POST of that plugin's own API, `next` the page that
    is seen then."""
    here, form = ctx(), request.form
    path, prefix = form.get("path", ""), f"/{plugin.replace('_', '-')}/"
    if plugin not in here.plugins.by_name or not path.startswith(prefix) or ".." in path:
        raise NotFound
    body = {name: text for name, text in form.items() if name not in ("path", "next", "token")}
    token = {"token": form["token"]} if form.get("token") else {}
    need(api().post(path, body or None, **token))
    response = Response(status=303)
    response.headers["Location"] = local_path(form.get("next", ""), f"/{here.code}/")
    return response


def made(plugin: str, page: str) -> Any:
    """The page as (module, HTML), drawn for this visitor; NotFound where there is none."""
    if plugin not in ctx().plugins.by_name or not WORD.fullmatch(page):
        raise NotFound
    try:
        found = fragment(f"pages/{plugin}/{page}.html", args=request.args, plugin=plugin)
    except jinja2.TemplateNotFound:
        raise NotFound from None
    if getattr(found, "missing", False):
        raise NotFound
    return found
