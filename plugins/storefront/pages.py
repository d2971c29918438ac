"""The storefront's blueprint, and what each of its routes needs: the API as the visitor's."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import Pages, Refused, ctx, go, local_api, need, set_cookie, speak

from .drawing import bearer, draw
from .looks import look
from .settings import NAME

WEEKS = 30 * 86_400


def trouble(problem: dict[str, Any]) -> str:
    """A problem document as a page."""
    return draw("trouble.html", problem=problem)


pages = Pages(f"{NAME}_pages", __name__, say=trouble)


@pages.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """The API's own words; who is no longer signed in is asked to do so."""
    status, data = error.answer.status, error.answer.data or {"status": error.answer.status}
    if status == 401:
        response = go("/sign-in")
        set_cookie(response, "customer", "")
        return response
    said = {"code": "", "detail": "", "request_id": ""} | data
    return Response(trouble(said), status, mimetype="text/html")


def api() -> Any:
    return local_api(ctx(), bearer())


def ask(path: str, **query: Any) -> Any:
    """The document at a path of the API, or its refusal as a page."""
    return need(api().get(path, **query))


@pages.get("/theme/<path:name>")
def theme_file(name: str) -> Response:
    """A file of the theme; for good, since its address changes with it."""
    path = look(ctx()).file(name)
    if path is None:
        return Response(status=404)
    response = Response(path.read_bytes(), mimetype=KINDS.get(path.suffix, "text/plain"))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


KINDS = {
    ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png",
    ".webp": "image/webp", ".jpg": "image/jpeg", ".woff2": "font/woff2",
}  # fmt: skip


@pages.get("/manifest.webmanifest")
def manifest() -> Any:
    """For a phone that puts the shop on its home screen."""
    store = ctx().store
    colour = look(ctx()).option("colour", "#ffffff")
    icon = {"src": f"/{store.code}/theme/icon.svg", "sizes": "any", "type": "image/svg+xml"}
    facts = {
        "name": store.name, "short_name": store.name[:12], "start_url": f"/{store.code}/",
        "scope": f"/{store.code}/", "display": "standalone", "background_color": "#ffffff",
        "theme_color": colour, "icons": [icon],
    }  # fmt: skip
    return facts, 200, {"Content-Type": "application/manifest+json"}


@pages.get("/language/<locale>")
def language(locale: str) -> Response:
    """The language that a visitor chose, from here on."""
    return speak(locale, f"/{ctx().code}/")
