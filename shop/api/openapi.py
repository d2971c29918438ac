"""The OpenAPI description: smorest's, with our problem documents."""

from __future__ import annotations

from typing import Any

import flask_smorest

from shop.api.fields import Instant, Schema
from shop.api.problems import of_http

import marshmallow as ma


class Problem(Schema):
    """An RFC 9457 problem document; facts stand beside these fields."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)
    request_id = ma.fields.String(required=True)


class Api(flask_smorest.Api):
    ERROR_SCHEMA = Problem

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.register_field(Instant, "string", "date-time")

    def handle_http_exception(self, error: Any) -> Any:
        return of_http(error)
