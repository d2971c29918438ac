"""For machines that watch: is it up, can it sell, how is it doing."""

from __future__ import annotations

import ipaddress
from typing import Any

import peewee
from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from shop import db
from shop.api import metrics
from shop.api.base import answer
from shop.errors import NotFound
from shop.instance import Instance
from shop.ops import schema


def register(app: Flask, instance: Instance) -> None:
    migrated = False

    @app.get("/healthz")
    def healthz() -> Response:
        return answer({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> Response:
        nonlocal migrated
        problems = []
        try:
            db.value("SELECT 1")
            if not migrated:
                problems = schema.pending(instance.registry.installed)
                migrated = not problems
        except peewee.PeeweeException as error:
            problems = [f"database: {type(error).__name__}"]
        document: dict[str, Any] = {"status": "unready" if problems else "ready"}
        return answer(document | {"problems": problems}, 503 if problems else 200)

    @app.get("/metrics")
    def show_metrics() -> Response:
        if not _is_near():
            raise NotFound
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _is_near() -> bool:
    """Asked directly, from this machine or its own network; not through a proxy."""
    try:
        peer = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return peer.is_private and "X-Forwarded-For" not in request.headers
