"""What tests and the curious tell the emulator: to do wrong, to send what it holds, to say what it
knows. Only from this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from marshmallow import Schema, ValidationError, fields, validate

from shop_plugins.sandbox_pay.emulator.bank import Bank
from shop_plugins.sandbox_pay.emulator.faults import Faults, FaultsSchema

HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""a page of another site that gives its own name to this machine is refused"""


class Given(Schema):
    payment = fields.String(required=True)
    amount = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))
    key = fields.String(required=True, validate=validate.Length(1, 255))


class Release(Schema):
    reversed = fields.Boolean(load_default=False)


def blueprint(
    accounts: Mapping[str, Any], bank: Bank, release: Callable[[str, bool], list[str]]
) -> Blueprint:
    blp = Blueprint("control", __name__, url_prefix="/control/<account>")

    @blp.before_request
    def only_here() -> None:
        here = ip_address(request.remote_addr or "0.0.0.0").is_loopback
        if not here or request.host.rsplit(":", 1)[0] not in HOSTS:
            abort(403, "only from this machine")
        if request.view_args is None or request.view_args["account"] not in accounts:
            abort(404, "no such store")

    @blp.get("/")
    def everything(account: str) -> Response:
        """Faults, payments, refunds and notices."""
        return jsonify(faults=bank.faults(account).as_dict(), **bank.everything(account))

    @blp.put("/faults")
    def set_faults(account: str) -> Response:
        """From now on; `{}` is to do right again."""
        bank.set_faults(account, Faults(**_load(FaultsSchema)))
        return jsonify(bank.faults(account).as_dict())

    @blp.post("/release")
    def send_held(account: str) -> Response:
        """Send what is held, one after another; what the shop answered to each."""
        return jsonify(answers=release(account, _load(Release)["reversed"]))

    @blp.post("/refunds")
    def give_back(account: str) -> tuple[Response, int]:
        """Give money back without being asked by the shop, as a service's own people may."""
        body = _load(Given)
        payment = bank.payment(body["payment"])
        if payment is None or payment["account"] != account:
            abort(404, "no such payment")
        made = bank.refund(payment, body["key"], body["amount"], bank.faults(account))
        if made is None:
            abort(409, "more than is left, or this key was used for another refund")
        return jsonify(made), 201

    return blp


def _load(schema: type[Schema]) -> dict[str, Any]:
    """A JSON body, which no form of another site can send."""
    try:
        loaded: dict[str, Any] = schema().load(request.get_json())
        return loaded
    except ValidationError as error:
        abort(422, str(error.messages))
