"""The cart: what is in it, and what stands in the way of ordering it."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from shop import cookie, ctx, go, need, set_cookie, whole_number

from .drawing import draw
from .forms import options
from .pages import WEEKS, api, pages

EMPTY: dict[str, Any] = {
    "id": "", "lines": [], "adjustments": [], "problems": [], "subtotal": 0, "total": 0,
    "options": {}, "pickup": {}, "contact": {}, "note": "", "extensions": {},
}  # fmt: skip
UNSAID: dict[str, Any] = {
    "contact": {"name": "", "phone": ""}, "pickup": {"point": "", "window": ""},
}  # fmt: skip


def current() -> dict[str, Any]:
    """The visitor's cart with its quote; an empty one if he has none, or it is over."""
    known = cookie("cart")
    found = api().get(f"/carts/{known}") if known else None
    cart = found.data if found and found.ok else EMPTY
    return cart | {name: words | cart[name] for name, words in UNSAID.items()}


def opened() -> str:
    """The id of the visitor's cart; a new one if he has none."""
    found = current()["id"]
    return found or need(api().post("/carts"))["id"]


def remember(response: Response, cart: str) -> Response:
    set_cookie(response, "cart", cart, WEEKS)
    return response


@pages.get("/cart")
def cart() -> str:
    return draw("cart.html", cart=current(), problem=None)


@pages.post("/cart/lines")
def put_in() -> Response:
    """Into the cart; "buy" goes on to the checkout at once."""
    cart_id, form = opened(), request.form
    line = {
        "sku": form.get("sku", ""), "quantity": whole_number(form.get("quantity") or "1"),
        "options": options(form, ctx().plugins.by_name, "LineOptions"),
    }  # fmt: skip
    said = api().post(f"/carts/{cart_id}/lines", line)
    if not said.ok:
        page = draw("cart.html", cart=current() if cookie("cart") else EMPTY, problem=said.data)
        return remember(Response(page, said.status, mimetype="text/html"), cart_id)
    return remember(go("/checkout" if "buy" in form else "/cart"), cart_id)


@pages.post("/cart/lines/<int:line>")
def change(line: int) -> Response:
    """Another quantity; none takes the line out."""
    typed = whole_number(request.form.get("quantity") or "1")
    wanted = 0 if "remove" in request.form else typed
    path = f"/carts/{cookie('cart')}/lines/{line}"
    said = api().patch(path, {"quantity": wanted}) if wanted else api().delete(path)
    if not said.ok:
        page = draw("cart.html", cart=current(), problem=said.data)
        return Response(page, said.status, mimetype="text/html")
    return go("/cart")
