"""Tokens of staff: for a device at a pickup point, for a program of the owner's."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Instant, Page, Schema, Text
from shop.clock import rfc3339
from shop.errors import NotFound
from shop.people import auth, tokens

blp = Blueprint("admin_tokens", __name__, admin=True, description="Tokens of staff")


class NewToken(Schema):
    staff = Text(100, 1, required=True, metadata={"title": "Name", "help": "whose it is"})
    label = Text(100, load_default="", metadata={"title": "Label", "help": "what it is for"})
    scopes = ma.fields.List(
        ma.fields.String(validate=validate.Regexp(r"^(\*|[a-z][a-z0-9_.:-]{1,63})\Z")),
        validate=validate.Length(1, 50),
        metadata={"title": "Scopes", "help": "like orders:read; by default all of the role"},
    )
    days = ma.fields.Integer(
        strict=True,
        validate=validate.Range(1, 3650),
        metadata={"title": "Days", "help": "how long it is good; by default until revoked"},
    )


class Token(Schema):
    id = ma.fields.Integer(required=True)
    label = ma.fields.String(required=True)
    staff = ma.fields.String(required=True)
    scopes = ma.fields.List(ma.fields.String(), required=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    revoked_at = Instant(required=True, allow_none=True)


class TokenPage(Schema):
    items = ma.fields.List(ma.fields.Nested(Token), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class TokenMade(Schema):
    token = ma.fields.String(required=True, metadata={"help": "shown this once"})


@blp.get("/tokens", needs="tokens:read")
@blp.arguments(Page, location="query")
@blp.response(200, TokenPage)
def admin_list_tokens(query: dict[str, Any]) -> Response:
    """Tokens of staff, the newest first; never the tokens themselves"""
    page = auth.show(ctx(), **query)
    return answer(page | {"items": [_document(item) for item in page["items"]]})


@blp.post("/tokens", needs="*")
@blp.arguments(NewToken)
@blp.response(201, TokenMade)
def admin_create_token(body: dict[str, Any]) -> Response:
    """Make a token for a member of staff"""
    token = tokens.create(ctx(), body.pop("staff"), **body)
    return answer({"token": token}, 201, Cache_Control="no-store")


@blp.delete("/tokens/<int:token_id>", needs="tokens:write")
@blp.response(204)
def admin_revoke_token(token_id: int) -> Response:
    """End a token"""
    if not tokens.revoke(ctx(), token_id):
        raise NotFound
    return Response(status=204)


def _document(token: dict[str, Any]) -> dict[str, Any]:
    times = ("created_at", "expires_at", "revoked_at")
    return {name: token[name] for name in ("id", "label", "staff", "scopes")} | {
        name: rfc3339(token[name]) for name in times
    }
