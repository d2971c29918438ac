"""The console's blueprint; the API as whoever is signed in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, request

from shop import Pages, Refused, cookie, ctx, go, local_api, need, set_cookie, speak

from .drawing import HERE, draw
from .settings import NAME

STATIC = HERE / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def trouble(problem: dict[str, Any]) -> str:
    return draw("trouble.html", problem=problem)


pages = Pages(f"{NAME}_pages", __name__, say=trouble, url_prefix=f"/{NAME}")


@pages.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """Who is not signed in, or no longer, is asked to do so, and comes back to where he was."""
    status, data = error.answer.status, error.answer.data or {}
    if status == 401:
        there = request.path if request.method == "GET" else ""
        response = Response(status=303)
        response.headers["Location"] = f"/{ctx().code}/{NAME}/sign-in?next={quote(there)}"
        if cookie(NAME):
            set_cookie(response, NAME, "")
        return response
    said = {"status": status, "code": "", "detail": "", "request_id": ""} | data
    return page(trouble(said), status)


def api() -> Any:
    return local_api(ctx(), cookie(NAME))


def ask(path: str, **query: Any) -> Any:
    """The document at a path of the API under /admin."""
    return need(api().get(f"/admin{path}", **query))


def page(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/html")


def to(path: str) -> Response:
    return go(f"/{NAME}{path}")


def me() -> dict[str, Any]:
    """Who is signed in."""
    found: dict[str, Any] = ask("/me")
    return found


@pages.get("/language/<locale>")
def language(locale: str) -> Response:
    """The language that somebody chose, from here on."""
    return speak(locale, f"/{ctx().code}/{NAME}/")


@pages.get("/static/<string:name>")
def static_file(name: str) -> Response:
    path = STATIC / name
    if path not in STATIC.iterdir():
        return Response(status=404)
    response = Response(path.read_bytes(), mimetype=KINDS.get(path.suffix, "text/plain"))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
