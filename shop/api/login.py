"""Customers sign in by a one-time code to their phone."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api.base import PUBLIC, Blueprint, answer, ctx
from shop.api.carts import LineOptions
from shop.api.fields import Schema, Text
from shop.api.me import Me, me_json
from shop.errors import Reject
from shop.people import auth, login

blp = Blueprint("login", __name__, description="Signing in and out")


class LoginCodeRequest(Schema):
    phone = Text(64, 1, required=True, metadata={"example": "13800138000"})


class LoginCodeSent(Schema):
    seconds = ma.fields.Integer(required=True, metadata={"help": "how long the code is good"})


class Login(Schema):
    phone = Text(64, 1, required=True, metadata={"example": "13800138000"})
    code = ma.fields.String(
        required=True, validate=validate.Regexp(r"^[0-9]{6}\Z"), metadata={"example": "123456"}
    )
    options = LineOptions(
        load_default=dict, metadata={"help": "per plugin, for a customer who is new"}
    )


class LoggedIn(Schema):
    token = ma.fields.String(required=True, metadata={"help": "for Authorization: Bearer"})
    customer = ma.fields.Nested(Me, required=True)


@blp.post("/login/code", needs=PUBLIC)
@blp.arguments(LoginCodeRequest)
@blp.response(202, LoginCodeSent)
def request_login_code(body: dict[str, Any]) -> dict[str, int]:
    """Send a one-time code to a phone, known or not"""
    login.request_code(ctx(), body["phone"])
    return {"seconds": login.MINUTES * 60}


@blp.post("/login", needs=PUBLIC)
@blp.arguments(Login)
@blp.response(200, LoggedIn)
def log_in(body: dict[str, Any]) -> Response:
    """Sign in with the code; the customer is verified from now on"""
    token, customer = login.login(ctx(), body["phone"], body["code"], body["options"])
    return answer({"token": token, "customer": me_json(customer)}, Cache_Control="no-store")


@blp.post("/logout", needs=PUBLIC)
@blp.response(204)
def log_out() -> Response:
    """End the token that is sent, a customer's or a member of staff's"""
    token_id = ctx().caller.token_id
    if token_id is None:
        raise Reject("unauthorized", 401)
    auth.revoke(ctx(), token_id)
    return Response(status=204)
