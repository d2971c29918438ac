"""Owners and clerks sign in, and look after their password and their authenticator app."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api.admin_staff import StaffMember, staff_json
from shop.api.base import PUBLIC, Blueprint, answer, ctx
from shop.api.fields import Schema, Text
from shop.people import passwords, staff, totp

blp = Blueprint("admin_login", __name__, admin=True, description="Signing in, for staff")


def TotpCode(**options: Any) -> ma.fields.String:
    return ma.fields.String(validate=validate.Regexp(r"^[0-9]{6}\Z"), **options)


class StaffLogin(Schema):
    name = Text(100, 1, required=True)
    password = Text(passwords.MOST, 1, required=True)
    totp = TotpCode(metadata={"help": "of the app, if one is set up"})
    device = Text(
        200, load_default="", metadata={"help": "what an earlier sign-in on this device answered"}
    )


class StaffLoggedIn(Schema):
    token = ma.fields.String(required=True)
    staff = ma.fields.Nested(StaffMember, required=True)
    device = ma.fields.String(
        required=True,
        metadata={
            "help": "to keep and send again: wrong passwords elsewhere then delay nobody here"
        },
    )


class PasswordChange(Schema):
    old = Text(passwords.MOST, 1, required=True)
    new = Text(passwords.MOST, passwords.LEAST, required=True)


class TotpOffer(Schema):
    secret = ma.fields.String(required=True)
    uri = ma.fields.String(required=True, metadata={"help": "to show as a QR code"})


class TotpProof(Schema):
    password = Text(passwords.MOST, 1, required=True)
    secret = ma.fields.String(required=True, validate=validate.Regexp(r"^[A-Z2-7]{32}\Z"))
    code = TotpCode(required=True)


@blp.post("/login", needs=PUBLIC)
@blp.arguments(StaffLogin)
@blp.response(200, StaffLoggedIn)
def admin_log_in(body: dict[str, Any]) -> Response:
    """Sign in as owner or clerk; the token is good for 14 days"""
    given = body["name"], body["password"], body.get("totp", ""), body["device"]
    token, person = staff.login(ctx(), *given)
    device = staff.device_of(ctx(), person["id"])
    document = {"token": token, "staff": staff_json(person), "device": device}
    return answer(document, Cache_Control="no-store")


class StaffSelf(StaffMember):
    scopes = ma.fields.List(
        ma.fields.String(), required=True,
        metadata={"help": "what this token allows, as `x-scope` of an operation names it; * is all"},
    )  # fmt: skip


@blp.get("/me", needs="self:read")
@blp.response(200, StaffSelf)
def admin_get_me() -> Response:
    """Who is signed in, and what this token allows"""
    scopes = sorted(ctx().caller.scopes)
    return answer(staff_json(staff.get(ctx(), _me())) | {"scopes": scopes})


@blp.post("/password", needs="self:write")
@blp.arguments(PasswordChange)
@blp.response(204)
def admin_change_password(body: dict[str, Any]) -> Response:
    """Change one's own password; every other token of oneself ends"""
    staff.change_password(ctx(), body["old"], body["new"])
    return Response(status=204)


@blp.post("/totp", needs="self:write")
@blp.response(200, TotpOffer)
def admin_offer_totp() -> Response:
    """A fresh secret for an authenticator app; PUT it with a code to use it"""
    secret = totp.new_secret()
    uri = totp.uri(secret, ctx().store.name, ctx().caller.name)
    return answer({"secret": secret, "uri": uri}, Cache_Control="no-store")


@blp.put("/totp", needs="self:write")
@blp.arguments(TotpProof)
@blp.response(204)
def admin_set_totp(body: dict[str, Any]) -> Response:
    """Ask for codes of this secret at every sign-in from now on"""
    staff_id = staff.prove(ctx(), body["password"])
    staff.set_totp(ctx(), staff_id, body["secret"], body["code"])
    return Response(status=204)


def _me() -> int:
    return ctx().caller.id or 0
