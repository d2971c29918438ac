"""An order: what happens next, the code to show, paying, cancelling. A link with its token is enough."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, request

from shop import go, need

from .drawing import draw
from .pages import api, pages


def _token() -> dict[str, str]:
    token = request.values.get("token", "")
    return {"token": token} if token else {}


def _back(number: str) -> Response:
    token = _token().get("token")
    return go(f"/orders/{number}" + (f"?token={token}" if token else ""))


@pages.get("/orders/<string:number>")
def order(number: str) -> str:
    return _page(number)


def _page(number: str, problem: Any = None, payment: Any = None) -> str:
    token = _token()
    found = need(api().get(f"/orders/{number}", **token))
    waits = found["state"] != "cancelled" and found["balance"] > 0
    return draw(
        "order.html", order=found, problem=problem, payment=payment, token=token.get("token", ""),
        points={point["code"]: point for point in need(api().get("/pickup-points"))["items"]},
        methods=need(api().get("/payment-methods"))["items"] if waits else [],
        steps=steps(found), key=secrets.token_urlsafe(24),
    )  # fmt: skip


def steps(order: dict[str, Any]) -> list[tuple[str, bool, str | None]]:
    """[(code of a step, whether it is over, when)]: what happens next is the first that is not."""
    at = order["pickup"]["ready_at"]
    if order["state"] == "cancelled":
        return [("placed", True, order["placed_at"]), ("cancelled", True, order["cancelled_at"])]
    done = order["state"] == "completed"
    paid = order["balance"] <= 0
    pays_there = order["payment"]["method"] == "at_pickup"
    rest: list[tuple[str, bool, str | None]] = [("ready", bool(at) or done, at),
            ("collected", done, order["completed_at"])]  # fmt: skip
    pay = [("paid", paid, order["paid_at"])]
    return [("placed", True, order["placed_at"]), *(rest if pays_there else pay + rest)]


@pages.get("/orders/<string:number>/qr.svg")
def order_qr(number: str) -> Response:
    """The code that the clerk scans."""
    said = api().get(f"/orders/{number}/qr.svg", **_token())
    need(said)
    response = Response(said.body, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@pages.post("/orders/<string:number>/pay")
def pay(number: str) -> Response:
    """Begin to pay: the provider's page to go on to, or what to do."""
    provider, _, method = request.form.get("payment", "").partition(":")
    body = {"provider": provider, "method": method}
    said = api().post(f"/orders/{number}/payments", body, **_token())
    if not said.ok:
        return Response(_page(number, said.data), said.status, mimetype="text/html")
    return Response(_page(number, payment=said.data), mimetype="text/html")


@pages.post("/orders/<string:number>/cancel")
def cancel(number: str) -> Response:
    key = request.form.get("key", "")
    said = api().post(f"/orders/{number}/cancel", key=key, **_token())
    if not said.ok:
        return Response(_page(number, said.data), said.status, mimetype="text/html")
    return _back(number)
