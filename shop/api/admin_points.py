"""Pickup points, for staff. A clerk sees those he is bound to."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop import i18n
from shop.api.base import Blueprint, answer, check_match, ctx, etag
from shop.api.fields import Name, Page, Schema, Text
from shop.clock import rfc3339, to_us
from shop.models import PickupPoint as Point
from shop.pickup import points

blp = Blueprint("admin_pickup_points", __name__, admin=True, description="Pickup points, for staff")

WRITE = "pickup-points:write"


class PointWords(Schema):
    name = Name(255, 1)
    address = Text(255)
    instructions = Text(4000)
    opening_hours = Text(255)


class PointFacts(Schema):
    name = Name(255, 1, metadata={"title": "Name"})
    address = Text(255, metadata={"title": "Address"})
    instructions = Text(4000, metadata={"title": "Instructions", "help": "how to find it"})
    opening_hours = Text(255, metadata={"title": "Opening hours"})
    translations = ma.fields.Dict(
        keys=ma.fields.String(validate=validate.OneOf(i18n.LOCALES)),
        values=ma.fields.Nested(PointWords),
        metadata={"title": "In other languages"},
    )


class NewPickupPoint(PointFacts):
    code = ma.fields.String(
        required=True,
        validate=validate.Regexp(r"^[a-z0-9][a-z0-9_-]{0,31}\Z"),
        metadata={"title": "Code", "help": "a short name for addresses, never changed"},
    )
    name = Name(255, 1, required=True, metadata={"title": "Name"})


class PickupPoint(Schema):
    id = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    address = ma.fields.String(required=True)
    instructions = ma.fields.String(required=True)
    opening_hours = ma.fields.String(required=True)
    translations = ma.fields.Dict(required=True)
    version = ma.fields.Integer(required=True)
    retired_at = ma.fields.String(required=True, allow_none=True, metadata={"unit": "time"})


class PickupPointPage(Schema):
    items = ma.fields.List(ma.fields.Nested(PickupPoint), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class PointQuery(Page):
    retired = ma.fields.Boolean(load_default=False, metadata={"help": "retired ones too"})


@blp.get("/pickup-points", needs="pickups:read")
@blp.arguments(PointQuery, location="query")
@blp.response(200, PickupPointPage)
def admin_list_pickup_points(query: dict[str, Any]) -> Response:
    """Pickup points"""
    page = points.page(ctx(), **query)
    return answer(page | {"items": [_document(point) for point in page["items"]]})


@blp.post("/pickup-points", needs=WRITE)
@blp.arguments(NewPickupPoint)
@blp.response(201, PickupPoint)
def admin_create_pickup_point(body: dict[str, Any]) -> Response:
    """Open a pickup point"""
    point = points.create(ctx(), body.pop("code"), body)
    return answer(_document(point), 201, ETag=etag(point.id, point.version))


@blp.get("/pickup-points/<int:point_id>", needs="pickups:read")
@blp.response(200, PickupPoint)
def admin_get_pickup_point(point_id: int) -> Response:
    """A pickup point"""
    point = points.get(ctx(), point_id)
    return answer(_document(point), ETag=etag(point.id, point.version))


@blp.patch("/pickup-points/<int:point_id>", needs=WRITE, match=True)
@blp.arguments(PointFacts)
@blp.response(200, PickupPoint)
def admin_change_pickup_point(body: dict[str, Any], point_id: int) -> Response:
    """Change a pickup point"""
    seen = points.get(ctx(), point_id).version
    check_match(point_id, seen)
    point = points.change(ctx(), point_id, seen, body)
    return answer(_document(point), ETag=etag(point.id, point.version))


@blp.delete("/pickup-points/<int:point_id>", needs=WRITE, match=True)
@blp.response(204)
def admin_retire_pickup_point(point_id: int) -> Response:
    """Offer a pickup point no more; its open orders are still handed out"""
    seen = points.get(ctx(), point_id).version
    check_match(point_id, seen)
    points.retire(ctx(), point_id, seen)
    return Response(status=204)


def _document(point: Point) -> dict[str, Any]:
    retired = point.retired_at
    return {
        "id": point.id,
        "code": point.code,
        "name": point.name,
        "address": point.address,
        "instructions": point.instructions,
        "opening_hours": point.opening_hours,
        "translations": point.translations,
        "version": point.version,
        "retired_at": retired and rfc3339(to_us(retired)),
    }
