"""Owners and clerks, for the owner."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api.base import Blueprint, answer, check_match, ctx, etag
from shop.api.fields import Flag, Instant, Name, Page, Schema, Text
from shop.clock import rfc3339
from shop.people import passwords, staff

blp = Blueprint("admin_staff", __name__, admin=True, description="Owners and clerks")

WRITE = "*"
"""Who can make an owner is one."""


def Role(**options: Any) -> ma.fields.String:
    return ma.fields.String(
        validate=validate.OneOf(staff.ROLES), metadata={"title": "Role"}, **options
    )


def PointCodes(**options: Any) -> ma.fields.List:
    return ma.fields.List(
        Text(32, 1),
        validate=validate.Length(max=200),
        metadata={"title": "Pickup points", "help": "codes of those where a clerk works"},
        **options,
    )


class NewStaff(Schema):
    name = Name(100, 1, required=True, metadata={"title": "Name"})
    role = Role(required=True)
    points = PointCodes(load_default=list)
    password = Text(passwords.MOST, passwords.LEAST, metadata={"title": "Password"})


class StaffFacts(Schema):
    role = Role()
    points = PointCodes()
    active = Flag(metadata={"title": "May sign in"})


class NewPassword(Schema):
    password = Text(passwords.MOST, passwords.LEAST, required=True, metadata={"title": "Password"})


class StaffMember(Schema):
    id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    points = ma.fields.List(ma.fields.String(), required=True, metadata={"title": "Pickup points"})
    active = Instant(required=True, allow_none=True, metadata={"help": "since when"})
    totp = ma.fields.Boolean(required=True, metadata={"help": "an authenticator app is set up"})
    password = ma.fields.Boolean(required=True, metadata={"help": "whether there is one"})
    version = ma.fields.Integer(required=True)
    created_at = Instant(required=True)


class StaffPage(Schema):
    items = ma.fields.List(ma.fields.Nested(StaffMember), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/staff", needs="staff:read")
@blp.arguments(Page, location="query")
@blp.response(200, StaffPage)
def admin_list_staff(query: dict[str, Any]) -> Response:
    """Owners and clerks"""
    page = staff.show(ctx(), **query)
    return answer(page | {"items": [staff_json(item) for item in page["items"]]})


@blp.post("/staff", needs=WRITE)
@blp.arguments(NewStaff)
@blp.response(201, StaffMember)
def admin_create_staff(body: dict[str, Any]) -> Response:
    """Add an owner or a clerk"""
    return _answer(staff.create(ctx(), **body), 201)


@blp.get("/staff/<int:staff_id>", needs="staff:read")
@blp.response(200, StaffMember)
def admin_get_staff(staff_id: int) -> Response:
    """An owner or a clerk"""
    return _answer(staff.get(ctx(), staff_id))


@blp.patch("/staff/<int:staff_id>", needs=WRITE, match=True)
@blp.arguments(StaffFacts)
@blp.response(200, StaffMember)
def admin_change_staff(body: dict[str, Any], staff_id: int) -> Response:
    """Change role or points, or switch somebody off; a lost role signs out"""
    seen = staff.get(ctx(), staff_id)["version"]
    check_match(staff_id, seen)
    return _answer(staff.change(ctx(), staff_id, seen, **body))


@blp.post("/staff/<int:staff_id>/password", needs=WRITE)
@blp.arguments(NewPassword)
@blp.response(204)
def admin_set_staff_password(body: dict[str, Any], staff_id: int) -> Response:
    """Set somebody's password; all his tokens end"""
    staff.set_password(ctx(), staff_id, body["password"])
    return Response(status=204)


@blp.delete("/staff/<int:staff_id>/totp", needs=WRITE)
@blp.response(204)
def admin_remove_staff_totp(staff_id: int) -> Response:
    """Ask somebody for no codes any more: his phone is lost"""
    staff.set_totp(ctx(), staff_id, "")
    return Response(status=204)


def staff_json(person: dict[str, Any]) -> dict[str, Any]:
    return person | {name: rfc3339(person[name]) for name in ("active", "created_at")}


def _answer(person: dict[str, Any], status: int = 200) -> Response:
    return answer(staff_json(person), status, ETag=etag(person["id"], person["version"]))
