"""HTML of product descriptions, made harmless: cleaned when written and again when read."""

from __future__ import annotations

import re
from functools import lru_cache

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em",
    "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol",
    "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
BARE = re.compile(r"</?(?:p|br|ul|ol|li|b|i|strong|em|h[2-6])\s*/?>")


def clean(html: str) -> str:
    """No script, style, handler, frame or form; links only to http, https, mailto and tel."""
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES)


def safe(html: str) -> str:
    """What may be shown of a stored description, whoever wrote the row. Text with no tag but
    bare ones is as it should be, which spares the parser on the catalogue's hot path."""
    return html if "<" not in BARE.sub("", html) else _cleaned(html)


_cleaned = lru_cache(maxsize=2048)(clean)
