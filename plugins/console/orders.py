"""Orders: find one, see what happened to it, refund in two steps, cancel, note, record money."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, request

from shop import ctx, money, whole_number

from .drawing import draw
from .pages import api, ask, page, pages, to

IDS = frozenset(("by", "customer", "hand_out", "key", "order", "payment", "refund", "suspense"))
SUMS = frozenset(("amount", "applied", "balance", "base", "refunded", "total"))
"""names of what an event tells: of other rows, and of money"""
FILTERS = ("q", "state", "point", "first", "last", "sku", "source", "customer", "after")


@pages.get("/orders")
def orders() -> str:
    asked = {name: request.args[name].strip() for name in FILTERS if request.args.get(name)}
    return draw(
        "orders.html", page=ask("/orders", **asked), asked=asked,
        points=ask("/pickup-points", limit=100)["items"],
    )  # fmt: skip


@pages.get("/orders/<string:number>")
def order(number: str) -> str:
    return _page(number)


def _page(number: str, problem: Any = None, step: str = "") -> str:
    found = ask(f"/orders/{number}")
    return draw(
        "order.html", order=found, problem=problem, timeline=timeline(number), step=step,
        sums=SUMS, key=secrets.token_urlsafe(24), asked=request.form, payments=_payments(number),
    )  # fmt: skip


def _payments(number: str) -> list[dict[str, Any]]:
    said = api().get(f"/admin/orders/{number}/payments")
    return said.data["items"] if said.ok else []


def timeline(number: str) -> list[dict[str, Any]]:
    """What happened, and who did it, the newest first: events of the order, and what staff did; no
    more than who is signed in may see."""
    said = api().get("/admin/events", order=number, limit=100)
    events = said.data["items"] if said.ok else []
    acts = api().get("/admin/audit", subject=f"order:{number}", limit=100)
    rows = [{"at": one["at"], "what": one["kind"], "who": one["data"].get("by", ""),
             "facts": one["data"]} for one in events]  # fmt: skip
    rows += [
        {"at": one["at"], "what": one["action"], "who": one["actor"], "facts": one["data"]}
        for one in (acts.data["items"] if acts.ok else [])
    ]
    for row in rows:
        row["facts"] = {name: fact for name, fact in row["facts"].items() if _tells(name, fact)}
    return sorted(rows, key=lambda row: row["at"], reverse=True)


def _tells(name: str, fact: Any) -> bool:
    """Whether a person learns something by it: not by ids, nor by what is nothing."""
    return bool(fact) and type(fact) in (str, int) and name not in IDS


@pages.post("/orders/<string:number>/refund")
def refund(number: str) -> Response:
    """First what it comes to, then the refund: by lines and units, or an amount of a line."""
    form, found = request.form, ask(f"/orders/{number}")
    lines = [
        {"line": line["id"], "quantity": units}
        for line in found["lines"]
        if (units := whole_number(form.get(f"units.{line['id']}", "").strip()))
    ]
    amounts = _amounts(found, form)
    body: dict[str, Any] = {"reason": form.get("reason", "").strip()}
    if form.get("restock"):
        body["restock"] = form["restock"]
    body |= {"lines": lines} if lines else {"amounts": amounts} if amounts else {}
    numbers = all(isinstance(one["quantity"], int) for one in lines)
    if "sure" not in form and numbers:
        if not lines and not amounts:
            return page(_page(number, {"detail": "", "code": "console_nothing_chosen"}), 422)
        if lines and not form.get("restock"):
            return page(_page(number, {"detail": "", "code": "console_choose_restock"}), 422)
        return page(
            draw(
                "refund.html", order=found, body=body, form=form, lines=lines, amounts=amounts,
                key=secrets.token_urlsafe(24), by_id={line["id"]: line for line in found["lines"]},
            )
        )  # fmt: skip
    said = api().post(f"/admin/orders/{number}/refunds", body, key=form.get("key", ""))
    if not said.ok:
        return page(_page(number, said.data), said.status)
    return to(f"/orders/{number}")


def _amounts(found: dict[str, Any], form: Any) -> list[dict[str, Any]]:
    """Amounts typed for lines and adjustments, in minor units; what is no amount is left to the API."""
    rows = [("line", line) for line in found["lines"]]
    rows += [("adjustment", one) for one in found["adjustments"]]
    amounts = []
    for kind, row in rows:
        text = form.get(f"amount.{kind}.{row['id']}", "").strip()
        if text:
            try:
                value: int | str = money.parse(text, ctx().store.currency)
            except ValueError:
                value = text
            amounts.append({kind: row["id"], "amount": value})
    return amounts


@pages.post("/orders/<string:number>/cancel")
def cancel(number: str) -> Response:
    form = request.form
    body = {"reason": form.get("reason", "").strip() or "owner"}
    key = form.get("key", "")
    return _after(number, api().post(f"/admin/orders/{number}/cancel", body, key=key))


@pages.post("/orders/<string:number>/note")
def note(number: str) -> Response:
    text = request.form.get("text", "").strip()
    return _after(number, api().post(f"/admin/orders/{number}/notes", {"text": text}))


@pages.post("/orders/<string:number>/payment")
def payment(number: str) -> Response:
    """Money that was taken by hand, the whole balance: asked twice, and again if the balance is
    another by then."""
    form, found = request.form, ask(f"/orders/{number}")
    owed, method = found["balance"], form.get("method", "transfer")
    if owed > 0 and ("sure" not in form or form.get("amount") != str(owed)):
        key = form.get("key") or secrets.token_urlsafe(24)
        return page(draw("money.html", order=found, method=method, key=key))
    amount = whole_number(form.get("amount", str(owed)))
    body = {"provider": "manual", "method": method, "amount": amount}
    key = form.get("key", "")
    return _after(number, api().post(f"/admin/orders/{number}/payments", body, key=key))


def _after(number: str, said: Any) -> Response:
    return to(f"/orders/{number}") if said.ok else page(_page(number, said.data), said.status)
