"""A picture to save and post in a group: what it is about, and a QR code that leads there.

As SVG the words are drawn by the fonts of whoever looks at it; as PNG by a font of this machine that
has Chinese, or by the one inside Pillow, which has not: then only what it can draw is written.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

import segno
from flask import Response, request
from PIL import Image, ImageDraw, ImageFont

from shop import NotFound, ctx, public_url

from .drawing import draw, url
from .looks import look
from .pages import ask, pages
from .slots import made

FONTS = (
    "NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "wqy-zenhei.ttc", "wqy-microhei.ttc",
    "DroidSansFallback.ttf", "PingFang.ttc", "msyh.ttc",
)  # fmt: skip
WIDE, HIGH, EDGE = 720, 960, 48


@pages.get("/p/<string:plugin>/<string:page>/poster.<string:kind>")
def plugin_poster(plugin: str, page: str, kind: str) -> Response:
    """Of a plugin's page."""
    found = made(plugin, page)
    given = {name: text for name, text in request.args.items() if name != "part"}
    link = getattr(found, "link", "") or url(ctx(), f"/p/{plugin}/{page}", **given)
    return _answer(kind, getattr(found, "title", ""), getattr(found, "about", ""), link)


@pages.get("/products/<string:handle>/poster.<string:kind>")
def product_poster(handle: str, kind: str) -> Response:
    """Of a product."""
    product = ask(f"/products/{handle}")
    return _answer(kind, product["title"], "", url(ctx(), f"/products/{handle}"))


def _answer(kind: str, title: str, about: str, link: str) -> Response:
    link = link if link.startswith(("http://", "https://")) else public_url(ctx()) + link
    facts = {"title": str(title)[:60], "about": str(about)[:80], "link": link,
             "colour": look(ctx()).option("colour", "#1b5e20")}  # fmt: skip
    if kind == "svg":
        return Response(_svg(**facts), mimetype="image/svg+xml")
    if kind == "png":
        return Response(_png(**facts), mimetype="image/png")
    raise NotFound


def _svg(**facts: Any) -> str:
    code = segno.make(facts["link"], error="m")
    rows = [
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(code.matrix)
        for x, dark in enumerate(row)
        if dark
    ]
    return draw("poster.svg", size=len(code.matrix), dots="".join(rows), **facts)


def _png(title: str, about: str, link: str, colour: str) -> bytes:
    board = Image.new("RGB", (WIDE, HIGH), colour)
    pen = ImageDraw.Draw(board)
    pen.rounded_rectangle((EDGE, 250, WIDE - EDGE, HIGH - EDGE), 32, fill="white")
    code = segno.make(link, error="m")
    side = WIDE - 2 * EDGE - 96
    scale = side // (len(code.matrix) + 4)
    buffer = BytesIO()
    code.save(buffer, kind="png", scale=scale, border=2)
    with Image.open(buffer) as qr:
        board.paste(qr.convert("RGB"), ((WIDE - qr.width) // 2, 290))
    for text, size, at, ink in (
        (ctx().store.name, 40, 70, "white"), (title, 56, 140, "white"),
        (about, 30, 290 + side, "#333333"),
    ):  # fmt: skip
        if drawable := _drawable(text):
            pen.text((WIDE // 2, at), drawable, ink, _font(size), "ma")
    out = BytesIO()
    board.save(out, "PNG", optimize=True)
    return out.getvalue()


@lru_cache(maxsize=8)
def _font(size: int) -> Any:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _drawable(text: str) -> str:
    """What the font can write of a text: all of it, or nothing rather than boxes."""
    if any(name in str(getattr(_font(30), "path", "")) for name in FONTS):
        return text
    return text if text.isascii() else ""
