"""/media/<store>/<file>: pictures of the instance's media folder, which can do no harm."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, send_from_directory

from shop.config import Config
from shop.errors import NotFound

PICTURES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
"""shown in a page; everything else is only downloaded"""


def register(app: Flask, config: Config) -> None:
    folder = config.path(config.media).resolve()

    @app.get("/media/<code>/<path:name>")
    def media(code: str, name: str) -> Response:
        if code not in config.stores:
            raise NotFound
        shown = Path(name).suffix.lower() in PICTURES
        response = send_from_directory(
            folder / code,
            name,
            max_age=86_400,
            as_attachment=not shown,
            mimetype=None if shown else "application/octet-stream",
        )
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        )
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response
