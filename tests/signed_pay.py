"""A payment provider for tests: its notices are JSON signed by HMAC-SHA256 over time and body."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from typing import Any

import orjson

from shop.errors import Reject
from shop.payments.providers import Notice
from shop.plugin import Plugin

KEY = b"signed-pay-key"
AGE = 300_000_000
_events = itertools.count(1)


class SignedPay:
    """`refunded` holds what it gave back by key; `fails` makes so many refunds raise."""

    name = "signed_pay"
    methods = ("card", "wallet")

    def __init__(self) -> None:
        self.refunded: dict[str, tuple[int, int]] = {}
        self.asked: list[str] = []
        self.fails, self.later = 0, False
        self.answer: Notice | None = None

    def start(self, ctx, payment) -> dict[str, Any]:
        return {"pay_url": f"https://pay.example/{payment.id}", "amount": payment.amount}

    def read_notice(self, ctx, request) -> Notice:
        said = request.headers.get("X-Signature", "")
        at = request.headers.get("X-Time", "")
        body = request.get_data()
        if not hmac.compare_digest(said, sign(at, body)) or not at.isdigit():
            raise Reject("unauthorized", 401)
        if abs(ctx.now_us - int(at)) > AGE:
            raise Reject("unauthorized", 401)
        return Notice(**orjson.loads(body))

    def query(self, ctx, payment) -> Notice | None:
        return self.answer

    def refund(self, ctx, payment, amount, key) -> bool:
        self.asked.append(key)
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the provider is away")
        self.refunded.setdefault(key, (payment.id, amount))
        return not self.later


class SignedPayPlugin(Plugin):
    name = "signed_pay"


def plugin() -> type[Plugin]:
    """A fresh plugin with a provider of its own."""
    return type("SignedPayPlugin", (SignedPayPlugin,), {"providers": (SignedPay(),)})


def sign(at: str, body: bytes, key: bytes = KEY) -> str:
    return hmac.new(key, at.encode() + b"." + body, hashlib.sha256).hexdigest()


def notice(ctx, payment: int | None, amount: int, kind: str = "paid", **facts: Any) -> Notice:
    facts = {"currency": "CNY", "event_id": f"evt-{next(_events)}", "at": ctx.now_us} | facts
    return Notice(payment=payment, amount=amount, kind=kind, **facts)


def signed(ctx, message: Notice, key: bytes = KEY, age_us: int = 0) -> dict[str, Any]:
    """`client.post(url, **signed(…))`"""
    names = ("event_id", "payment", "kind", "amount", "currency", "at", "reference")
    body = orjson.dumps({name: getattr(message, name) for name in names})
    at = str(ctx.now_us - age_us)
    return {"data": body, "headers": {"X-Time": at, "X-Signature": sign(at, body, key)}}
