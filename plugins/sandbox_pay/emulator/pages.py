"""What a person opens: the page to pay on, and the list of payments. Plain HTML, no script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from shop import i18n, money
from shop_plugins.sandbox_pay.emulator.bank import Bank
from shop_plugins.sandbox_pay.emulator.faults import ON_THE_PAGE

STATES = {"pay": "paid", "decline": "failed"}


def blueprint(accounts: Mapping[str, Any], bank: Bank, shop_url: str) -> Blueprint:
    blp = Blueprint("pages", __name__)

    def find(payment_id: str) -> tuple[dict[str, Any], Any]:
        payment = bank.payment(payment_id)
        if payment is None or payment["account"] not in accounts:
            abort(404, "no such payment")
        return payment, accounts[payment["account"]]

    @blp.get("/")
    def index() -> str:
        found = [payment for payment in bank.latest() if payment["account"] in accounts]
        return _page("payments.html", _locale("en"), payments=found, amount=_amount)

    @blp.get("/pay/<payment_id>")
    def show(payment_id: str) -> str:
        payment, account = find(payment_id)
        locale = _locale(account.locale)
        return _page(
            "pay.html", locale, payment=payment, shop=account.name, choices=ON_THE_PAGE,
            amount=_amount(payment, locale), back=_back(shop_url),
        )  # fmt: skip

    @blp.post("/pay/<payment_id>")
    def pay(payment_id: str) -> Response:
        """`action` is pay or decline, `how` one of the faults that the page offers, `payer` the name of
        the account that pays."""
        payment, _ = find(payment_id)
        state = STATES.get(request.form.get("action", "pay"))
        chosen = ON_THE_PAGE.get(request.form.get("how", "right"))
        if state is None or chosen is None:
            abort(422, f"action: {', '.join(STATES)}; how: {', '.join(ON_THE_PAGE)}")
        faults = bank.faults(payment["account"]).merged(_for_it(payment, chosen))
        bank.settle(payment_id, state, faults, request.form.get("payer", "")[:100].strip())
        asked = {name: request.args[name] for name in ("lang", "back") if name in request.args}
        return redirect(url_for("pages.show", payment_id=payment_id, **asked), 303)  # type: ignore[return-value]

    return blp


def _for_it(payment: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """ "short" pays half of it, and of a single unit, two."""
    if "amount" in chosen:
        return {"amount": payment["amount"] // 2 or 2}
    return chosen


def _page(template: str, locale: str, **facts: Any) -> str:
    def say(code: str, **words: Any) -> str:
        return i18n.say(f"sandbox_pay_{code}", locale, **words)

    return render_template(template, say=say, lang=locale.replace("_", "-"), **facts)


def _locale(default: str) -> str:
    if (asked := request.args.get("lang", "")) in i18n.LOCALES:
        return asked
    return i18n.negotiate(request.headers.get("Accept-Language", ""), default)


def _amount(payment: dict[str, Any], locale: str = "en") -> str:
    return money.show(payment["amount"], payment["currency"], locale)


def _back(shop_url: str) -> str:
    """Where the customer came from, if that is a page of the shop."""
    asked = request.args.get("back", "")
    return asked if asked.startswith(f"{shop_url}/") else ""
