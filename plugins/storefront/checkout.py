"""From the cart to the order: where, when, who, how to pay; what plugins offer on the way."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from shop import ctx, go, whole_number

from .account import invitation
from .basket import chosen, current, forget, is_bought_at_once, place_of
from .drawing import bearer, draw
from .forms import options
from .pages import api, ask, pages

KEY = "key"
"""of the form: the same order sent twice is one order"""


@pages.get("/checkout")
def checkout() -> str | Response:
    found = current()
    return _page(found) if found["lines"] else go(place_of("/cart", found["id"]))


@pages.post("/checkout/update")
def update() -> Response:
    """What was filled in so far, and the quote that follows from it."""
    said = _keep()
    if not said.ok:
        return Response(_page(current(), said.data), said.status, mimetype="text/html")
    paid_by = request.form.get("payment", "")  # no cart keeps it: the address does
    place = place_of("/checkout", chosen())
    more = urlencode({"payment": paid_by}) if paid_by else ""
    return go(place + ("&" if "?" in place else "?") * bool(more) + more)


@pages.post("/checkout")
def place() -> Response:
    """Place the order. If the quote has changed meanwhile, it is shown again first.

    Whoever sends the form again, since the answer was lost or he went back, sees the order: its cart
    is gone then, and the key says the rest.
    """
    kept = _keep()
    if not kept.ok and kept.status != 404:
        return Response(_page(current(), kept.data), kept.status, mimetype="text/html")
    form = request.form
    total = form.get("total", "")
    provider, _, method = form.get("payment", "").partition(":")
    body: dict[str, Any] = {"cart": chosen()}
    if total:
        body["expected_total"] = whole_number(total)
    if provider:
        body["payment"] = {"provider": provider, "method": method}
    said = api().post("/orders", body, key=form.get(KEY, ""))
    if not said.ok:
        return Response(_page(current(), said.data), said.status, mimetype="text/html")
    order = said.data
    query = f"?token={order['token']}" if "token" in order else ""
    return forget(go(f"/orders/{order['number']}{query}"), chosen())


def _keep() -> Any:
    """Write the form into the cart."""
    form = request.form
    point, _, window = form.get("pickup", "").partition(":")
    body: dict[str, Any] = {
        "options": options(form, ctx().plugins.by_name, "OrderOptions"),
        "contact": {name: form.get(name, "").strip() for name in ("name", "phone")},
        "note": form.get("note", "").strip(),
    }  # fmt: skip
    if window:
        body["pickup"] = {"point": point, "window": whole_number(window)}
    elif point:
        body["pickup"] = {"point": point}
    return api().patch(f"/carts/{chosen()}", body)


def _page(cart: dict[str, Any], problem: Any = None) -> str:
    me = ask("/me") if bearer() else None
    methods = ask("/payment-methods")["items"]
    wanted = request.values.get("payment", "")
    offered = [f"{one['provider']}:{one['method']}" for one in methods]
    points = ask("/pickup-points")["items"]
    return draw(
        "checkout.html", cart=cart, at_once=is_bought_at_once(cart["id"]), me=me, invited={} if me else invitation(), problem=problem,
        key=secrets.token_urlsafe(24), paid_by=wanted if wanted in offered else "",
        points=points, lost=_is_lost(cart["pickup"], points), methods=methods,
        wrong={one["path"]: one["message"] for one in (problem or {}).get("errors", ())},
    )  # fmt: skip


def _is_lost(chosen: dict[str, Any], points: list[dict[str, Any]]) -> bool:
    """Whether the pickup that the cart was given cannot be chosen any more: the form must not
    fall back on another one by itself."""
    point, window = chosen["point"], chosen["window"]
    if window:
        return not any(window == one["id"] for place in points for one in place["windows"])
    return bool(point) and not any(
        point == place["code"] and not place["windows"] for place in points
    )
