"""The cart: what is in it, and what stands in the way of ordering it.

Buying at once (the form's "buy") has a cart of its own, so that it does not mix with what lies in the
visitor's cart. Pages are about that one where their address says `?buy=1`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

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


BUY, DAY = "buy", 86_400


def chosen() -> str:
    """The id of the cart that the page is about, as a part of an address: the form's, the one bought
    at once, or the visitor's."""
    given = request.form.get("cart", "") or cookie(BUY if BUY in request.args else "cart")
    return quote(given, safe="")


def is_bought_at_once(cart_id: str) -> bool:
    return bool(cart_id) and cart_id == cookie(BUY)


def place_of(path: str, cart_id: str) -> str:
    """The page at `path` for this cart."""
    return f"{path}?{BUY}=1" if is_bought_at_once(cart_id) else path


def current(known: str | None = None) -> dict[str, Any]:
    """A cart with its quote, that of the page if none is named; an empty one where there is none, or
    it is over."""
    known = chosen() if known is None else known
    found = api().get(f"/carts/{known}") if known else None
    cart = found.data if found and found.ok else EMPTY
    return cart | {name: words | cart[name] for name, words in UNSAID.items()}


def opened(at_once: bool) -> str:
    """The id of the visitor's cart; a new one if he has none, or buys at once."""
    found = "" if at_once else current(quote(cookie("cart"), safe=""))["id"]
    return found or need(api().post("/carts"))["id"]


def remember(response: Response, cart: str, at_once: bool = False) -> Response:
    set_cookie(response, BUY if at_once else "cart", cart, DAY if at_once else WEEKS)
    return response


def forget(response: Response, cart: str) -> Response:
    """The cart became an order; another that the visitor has stays."""
    for name in ("cart", BUY):
        if cookie(name) == cart:
            set_cookie(response, name, "")
    return response


def _drawn(found: dict[str, Any], problem: Any = None) -> str:
    return draw(
        "cart.html", cart=found, problem=problem, at_once=is_bought_at_once(found["id"])
    )  # fmt: skip


@pages.get("/cart")
def cart() -> str:
    return _drawn(current())


@pages.post("/cart/lines")
def put_in() -> Response:
    """Into the cart; "buy" goes on to the checkout at once, with this alone."""
    form, at_once = request.form, BUY in request.form
    cart_id = opened(at_once)
    line = {
        "sku": form.get("sku", ""), "quantity": whole_number(form.get("quantity") or "1"),
        "options": options(form, ctx().plugins.by_name, "LineOptions"),
    }  # fmt: skip
    said = api().post(f"/carts/{cart_id}/lines", line)
    if not said.ok:
        page = Response(
            _drawn(current(quote(cookie("cart"), safe="")), said.data),
            said.status,
            mimetype="text/html",
        )
        return page if at_once else remember(page, cart_id)
    return remember(go(f"/checkout?{BUY}=1" if at_once else "/cart"), cart_id, at_once)


@pages.post("/cart/lines/<int:line>")
def change(line: int) -> Response:
    """Another quantity; none takes the line out."""
    typed = whole_number(request.form.get("quantity") or "1")
    wanted = 0 if "remove" in request.form else typed
    cart_id = chosen()
    path = f"/carts/{cart_id}/lines/{line}"
    said = api().patch(path, {"quantity": wanted}) if wanted else api().delete(path)
    if not said.ok:
        page = _drawn(current(cart_id), said.data)
        return Response(page, said.status, mimetype="text/html")
    return go(place_of("/cart", cart_id))
