"""The shop's side: how it asks the emulator, and how it knows a notice for the emulator's."""

from __future__ import annotations

import json
from typing import Any

from shop import Context, Reject
from shop.payments import providers
from shop.payments.providers import Notice, PaymentView
from shop_plugins.sandbox_pay import signing
from shop_plugins.sandbox_pay.client import call
from shop_plugins.sandbox_pay.settings import NAME, NOTICES, key

MODES = ("demo", "test")


class SandboxPayProvider:
    """Pretended money, by card or wallet. A payment's data is {id, pay_url, emulator}: the customer
    opens `pay_url`; `emulator` is where it was begun."""

    name = NAME
    methods = ("card", "wallet")

    def start(self, ctx: Context, payment: PaymentView) -> dict[str, Any]:
        body = {
            "method": payment.method,
            "amount": payment.amount,
            "currency": payment.currency,
        }
        return call(ctx, "PUT", _path(payment), body)

    def read_notice(self, ctx: Context, request: Any) -> Notice:
        """401 if it is not signed with the notice key, or older than five minutes, and in a shop
        that takes real money."""
        secret = key(ctx.config.secret, ctx.code, ctx.settings(NAME), NOTICES)
        body, now = request.get_data(), ctx.now_us // 1_000_000
        genuine = signing.verify(secret, request.method, request.path, request.headers, body, now)
        if ctx.config.mode not in MODES or not genuine:
            raise Reject("unauthorized", 401)
        return _notice(ctx, json.loads(body))

    def query(self, ctx: Context, payment: PaymentView) -> Notice | None:
        said = call(ctx, "GET", _path(payment), known=payment.data.get("emulator", ""))
        return _notice(ctx, said["notice"]) if said["notice"] else None

    def refund(self, ctx: Context, payment: PaymentView, amount: int, key: str) -> bool:
        """The emulator refunds once per key, now or, by a notice, later."""
        body = {"order": payment.order, "payment": payment.id, "amount": amount, "key": key}
        said = call(ctx, "POST", "/v1/refunds", body, payment.data.get("emulator", ""))
        return said["state"] == "done"


def _path(payment: PaymentView) -> str:
    return f"/v1/payments/{payment.order}/{payment.id}"


def _notice(ctx: Context, said: dict[str, Any]) -> Notice:
    """The order is compared too: if this shop's database was made anew, our numbers of payments
    began anew with it, and the money is of a payment that is no longer known."""
    payment = providers.payment(ctx, said["payment"])
    return Notice(
        event_id=said["event"],
        payment=payment.id if payment and payment.order == said["order"] else None,
        kind=said["kind"],
        amount=said["amount"],
        currency=said["currency"],
        at=said["at"],
        reference=said["reference"],
        payer=said.get("payer", ""),
    )
