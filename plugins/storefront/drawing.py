"""How a page is drawn: what its templates may use, and the slots that other plugins fill."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote, urlencode

import segno
from flask import g, has_request_context, request
from markupsafe import Markup

from shop import Context, cookie, ctx, local_api, public_url, seen_at

from .looks import Look, look
from .settings import NAME

WIDTHS = (320, 640, 1280)
"""of the files that the core keeps of an uploaded picture, the last named in a product"""


def draw(template: str, **facts: Any) -> str:
    """A page of the store's theme."""
    names = _names(ctx())
    return str(names["look"].template(template).render(names, **facts))


def fragment(name: str, **facts: Any) -> Any:
    """(module, HTML) of a plugin's own page; the module has what the template sets: `title`,
    `about`, `image`."""
    names = _names(ctx())
    return names["look"].template(name).make_module({**names, **facts})


def _names(here: Context) -> dict[str, Any]:
    """What every template may use; made once for a page."""
    known: dict[str, Any] | None = g.get("storefront_names")
    if known is not None and known["ctx"] is here:
        return known
    mine = look(here)
    names = {
        "ctx": here, "store": here.store, "locale": here.locale, "look": mine,
        "store_name": _of_store(here, "name"), "store_about": _of_store(here, "description"),
        "lang": "zh-Hans" if here.locale == "zh_Hans" else here.locale,
        "_": mine.say, "asset": partial(asset, here.code, mine), "option": mine.option,
        "url": partial(url, here), "api": partial(_api, here), "picture": picture,
        "srcset": srcset, "card": partial(card, here), "qr": qr,
        "plugins": here.plugins.names,
        "settings": here.settings(NAME), "signed_in": bool(bearer()),
        "path": request.path if has_request_context() else "",
        "seen_at": seen_at,
        "host": public_url(here),
    }  # fmt: skip
    names["slot"] = partial(slot, names)
    g.storefront_names = names
    return names


def bearer() -> str:
    """The token of the visitor who is signed in."""
    return cookie("customer")


def _of_store(here: Context, name: str) -> str:
    words = here.store.translations.get(here.locale, {})
    return str(words.get(name) or getattr(here.store, name))


def url(here: Context, path: str = "/", **query: Any) -> str:
    """The address of a page of this store."""
    return _address(here.code, path, tuple(query.items()))


@lru_cache(maxsize=4096)
def _address(code: str, path: str, query: tuple[tuple[str, Any], ...]) -> str:
    place = f"/{code}{quote(path)}"
    given = {name: value for name, value in query if value not in (None, "")}
    return f"{place}?{urlencode(given)}" if given else place


def asset(code: str, mine: Look, name: str) -> str:
    """The address of a static file, which changes with its content; "" if there is none."""
    mark = mine.mark(name)
    return f"/{code}/theme/{name}?v={mark}" if mark else ""


@lru_cache(maxsize=4096)
def picture(src: str, width: int = WIDTHS[-1]) -> str:
    """The address of a picture at a width; "" for one of another host: no visitor is told to it."""
    if not src.startswith("/") or src.startswith("//"):
        return ""
    whole = f"-{WIDTHS[-1]}.webp"
    return src.removesuffix(whole) + f"-{width}.webp" if src.endswith(whole) else src


@lru_cache(maxsize=4096)
def srcset(src: str) -> str:
    if not src.endswith(f"-{WIDTHS[-1]}.webp") or not picture(src):
        return ""
    return ", ".join(f"{picture(src, width)} {width}w" for width in WIDTHS)


def card(here: Context, product: dict[str, Any]) -> dict[str, Any]:
    """What a list shows of a product beside its title: {href, small, srcset, first, more, sold_out};
    `first` is the cheapest variant, `more` whether there are others."""
    variants, images = product["variants"], product["images"]
    src = images[0]["src"] if images else ""
    return {
        "href": url(here, f"/products/{product['handle']}"),
        "small": picture(src, WIDTHS[0]),
        "srcset": srcset(src),
        "first": min(variants, key=lambda variant: variant["price"], default=None),
        "more": len(variants) > 1,
        "sold_out": all(variant["available"] == 0 for variant in variants),
    }


def slot(names: dict[str, Any], name: str, **facts: Any) -> Markup:
    """What plugins add at a place of a page, in the owner's order. Each is given `it`, what its
    `present` said of the thing shown; one that said nothing of it is left out."""
    thing = facts.get("thing") or {}
    said = thing.get("extensions", {}) if isinstance(thing, dict) else {}
    parts = []
    for plugin, template in names["look"].slots(name):
        if "thing" in facts and plugin not in said and name not in ("cart", "me"):
            continue
        given = {**names, **facts, "it": said.get(plugin, {}), "plugin": plugin}
        parts.append(Markup(template.render(given)))
    return Markup("").join(parts)


def _api(here: Context, path: str, **query: Any) -> Any:
    """What the API says to a question of a template; None if it refuses."""
    said = local_api(here, bearer()).get(path, **query)
    return said.data if said.ok else None


def qr(text: str, scale: int = 4) -> Markup:
    """A QR code as SVG, without a style that a policy would refuse."""
    return Markup(
        segno.make(text, error="m").svg_inline(
            scale=scale, border=2, dark="#000", light="#fff", omitsize=True, svgclass="qr",
            lineclass=None, title="QR",
        )
    )  # fmt: skip
