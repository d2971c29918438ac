"""The emulator's HTTP face: what the shop asks, signed, and what every answer has."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, g, jsonify, request
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.exceptions import HTTPException

from shop_plugins.sandbox_pay import signing
from shop_plugins.sandbox_pay.emulator import control, pages
from shop_plugins.sandbox_pay.emulator.bank import Bank, said

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Account:
    """A store that is paid here: its keys, its name and language for the page."""

    requests: str
    notices: str
    name: str
    locale: str


class PaymentBody(Schema):
    method = fields.String(required=True, validate=validate.Length(1, 64))
    amount = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))
    currency = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}"))


class RefundBody(Schema):
    order = fields.String(required=True)
    payment = fields.Integer(required=True, strict=True)
    amount = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))
    key = fields.String(required=True, validate=validate.Length(1, 255))


class Nonces:
    """Those seen lately: a request that is recorded and sent again is refused."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def is_new(self, nonce: str) -> bool:
        now = time.monotonic()
        with self._lock:
            old = now - 2 * signing.AGE
            self._seen = {name: at for name, at in self._seen.items() if at > old}
            return self._seen.setdefault(nonce, now) == now


def make(
    accounts: Mapping[str, Account], bank: Bank, shop_url: str, public: str,
    release: Callable[[str, bool], list[str]],
) -> Flask:  # fmt: skip
    """`public` is where customers' browsers find it; `release` sends what is held."""
    app = Flask(
        "sandbox_pay", static_folder=None, template_folder=Path(__file__).parent / "templates"
    )
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    nonces = Nonces()

    @app.before_request
    def answer_badly() -> None:
        """As the faults of the store say; pages and control always answer."""
        if request.path.startswith("/v1/"):
            g.account = request.headers.get("X-Sandbox-Account", "")
            time.sleep(bank.faults(g.account).slow)
            if bank.use_up(g.account, "down"):
                abort(503, "told to be down")
            _verify(accounts, nonces)

    @app.put("/v1/payments/<order>/<int:number>")
    def begin(order: str, number: int) -> tuple[Response, int]:
        payment = bank.begin(g.account, order, number, _load(PaymentBody))
        if payment is None:
            abort(409, "this payment was begun on other terms")
        return jsonify(
            id=payment["id"],
            pay_url=f"{public}/pay/{payment['id']}",
            emulator=request.host_url.rstrip("/"),
        ), 201

    @app.get("/v1/payments/<order>/<int:number>")
    def look(order: str, number: int) -> Response:
        payment = bank.find(g.account, order, number)
        return jsonify(notice=payment and said(payment))

    @app.post("/v1/refunds")
    def refund() -> tuple[Response, int]:
        body = _load(RefundBody)
        payment = bank.find(g.account, body["order"], body["payment"])
        if payment is None:
            abort(404, "no such payment")
        if bank.use_up(g.account, "refunds_fail"):
            abort(500, "told to fail")
        made = bank.refund(payment, body["key"], body["amount"], bank.faults(g.account))
        if made is None:
            abort(409, "more than is left, or this key was used for another refund")
        return jsonify(state=made["state"]), 200 if made["state"] == "done" else 202

    @app.errorhandler(HTTPException)
    def in_words(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        return f"{error.description}\n", error.code or 500, {"Content-Type": "text/plain"}

    @app.after_request
    def headed(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        return answer

    app.register_blueprint(pages.blueprint(accounts, bank, shop_url))
    app.register_blueprint(control.blueprint(accounts, bank, release))
    return app


def _verify(accounts: Mapping[str, Account], nonces: Nonces) -> None:
    """401 unless it is signed by the store it names, lately, and for the first time."""
    account = accounts.get(g.account)
    genuine = account is not None and signing.verify(
        account.requests, request.method, request.path, request.headers, request.get_data(),
        int(time.time()),
    )  # fmt: skip
    if not genuine or not nonces.is_new(request.headers["X-Sandbox-Nonce"]):
        abort(401, "not signed by this shop, too old, or sent before")


def _load(schema: type[Schema]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema().load(request.get_json())
        return loaded
    except ValidationError as error:
        abort(422, str(error.messages))
