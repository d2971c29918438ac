"""How a page of the console is drawn."""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
from flask import g, request

from shop import Context, cookie, ctx, i18n, local_api, money, seen_at
from shop.messages import templates

from .settings import NAME

HERE = Path(__file__).parent
CODES = frozenset(
    ("action", "actor", "by", "judged_by", "kind", "method", "reason", "role", "set_by", "source", "state",
     "status", "when_sold_out")
)  # fmt: skip
"""names of fields whose values are words of the shop's own, though no schema lists them"""


def draw(template: str, **facts: Any) -> str:
    here = ctx()
    return _environment().get_template(template).render(**_names(here), **facts)


def of_plugin(plugin: str, name: str) -> jinja2.Template | None:
    """The template by which a plugin improves a page: `templates/console/<thing>.html` in its folder."""
    found = ctx().plugins.by_name.get(plugin)
    if found is None or found.folder is None:
        return None
    path = found.folder / "templates" / NAME / f"{name}.html"
    return _environment().from_string(path.read_text("utf-8")) if path.is_file() else None


def improved(template: jinja2.Template, **facts: Any) -> str:
    return template.render(**_names(ctx()), **facts)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    made = templates.environment(
        jinja2.FileSystemLoader(HERE / "templates" / NAME), auto_reload=True
    )
    made.filters["plain"] = _plain
    made.tests["empty"] = lambda given: given is None or given in ("", [], {})
    return made


@jinja2.pass_context
def _plain(given: jinja2.runtime.Context, amount: int | None) -> str:
    """Minor units as they are typed: 1990 -> 19.90."""
    return "" if amount is None else money.plain(amount, given["ctx"].store.currency)


def _names(here: Context) -> dict[str, Any]:
    return {
        "ctx": here, "store": here.store, "locale": here.locale, "path": request.path,
        "seen_at": seen_at,
        "lang": "zh-Hans" if here.locale == "zh_Hans" else here.locale,
        "_": partial(say, here), "tr": partial(translated, here), "url": partial(url, here),
        "asset": partial(asset, here), "named": partial(named, here), "acting": partial(acting, here),
        "codes": CODES, "signed_in": bool(cookie(NAME)), "home": f"/{here.code}/",
        "may": partial(may, here), "may_read": partial(may_read, here),
    }  # fmt: skip


def may(here: Context, scope: str) -> bool:
    """Whether who is signed in is allowed what needs `scope` ("": anybody is); asked once a page."""
    if "console_scopes" not in g:
        said = local_api(here, cookie(NAME)).get("/admin/me")
        g.console_scopes = frozenset(said.data["scopes"]) if said.ok else frozenset()
    return not scope or scope in g.console_scopes or "*" in g.console_scopes


def may_read(here: Context, things: Any) -> list[Any]:
    """Those of `things` whose list or report may be seen, or of which one may be made."""
    return [
        thing for thing in things
        if any(may(here, operation.scope) for operation in thing.all.values())
    ]  # fmt: skip


def say(here: Context, code: str, **facts: Any) -> str:
    return i18n.say(code, here.locale, **facts)


def translated(here: Context, text: str) -> str:
    """A title of the API's description in the language of the page; as it is, if nobody put it so."""
    return i18n.translate(text, here.locale)


def named(here: Context, thing: Any) -> str:
    """What a thing is called: `<owner>/<name>` if somebody put that into words, else its title."""
    code = f"{thing.owner}/{thing.name}"
    said = i18n.translate(code, here.locale)
    return translated(here, thing.title) if said == code else said


def acting(here: Context, thing: Any, action: str) -> str:
    """What an action on a thing is called: `<owner>/<name>/<action>` in words, else its own name."""
    code = f"{thing.owner}/{thing.name}/{action}"
    said = i18n.translate(code, here.locale)
    title = action.replace("-", " ").replace("_", " ").capitalize()
    return translated(here, title) if said == code else said


def url(here: Context, path: str = "/", **query: Any) -> str:
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"/{here.code}/{NAME}{quote(path)}" + (f"?{urlencode(given)}" if given else "")


def asset(here: Context, name: str) -> str:
    path = HERE / "static" / name
    return f"/{here.code}/{NAME}/static/{name}?v={_mark(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=64)
def _mark(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
