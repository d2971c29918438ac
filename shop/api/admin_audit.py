"""What staff did, newest first."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Page, Schema, Text
from shop.people import audit

blp = Blueprint("admin_audit", __name__, admin=True, description="The log of staff actions")


class AuditQuery(Page):
    action = Text(64, metadata={"title": "Action", "help": "exactly, like order.refund"})
    subject = Text(255, metadata={"title": "Subject", "help": "exactly, like order:K7Q2M4"})


class AuditRow(Schema):
    id = ma.fields.Integer(required=True)
    actor = ma.fields.String(required=True, metadata={"help": "role:name"})
    action = ma.fields.String(required=True)
    subject = ma.fields.String(required=True)
    data = ma.fields.Dict(required=True)
    request_id = ma.fields.String(required=True)
    at = ma.fields.String(required=True, metadata={"unit": "time"})


class AuditPage(Schema):
    items = ma.fields.List(ma.fields.Nested(AuditRow), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/audit", needs="audit:read")
@blp.arguments(AuditQuery, location="query")
@blp.response(200, AuditPage)
def admin_list_audit(query: dict[str, Any]) -> Any:
    """Staff actions, newest first"""
    return answer(audit.find(ctx(), **query))
