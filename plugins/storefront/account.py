"""The customer who is signed in: orders, balances, what is kept of him; signing in and out."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from shop import cookie, ctx, go, local_path, need, set_cookie

from .drawing import bearer, draw
from .forms import options, usable
from .pages import api, ask, pages

DAYS = 90 * 86_400


@pages.get("/sign-in")
def sign_in() -> str | Response:
    if bearer():
        return go("/me")
    return draw("sign_in.html", phone="", problem=None, next=_next())


@pages.post("/sign-in")
def send_code() -> Response:
    """A code to the phone. Who must wait for another may type one that came before."""
    phone = request.form.get("phone", "").strip()
    said = api().post("/login/code", {"phone": phone})
    page = draw(
        "sign_in.html", phone=phone if said.ok or said.status == 429 else "",
        problem=None if said.ok else said.data, next=_next(),
    )  # fmt: skip
    return Response(page, said.status if not said.ok else 200, mimetype="text/html")


@pages.post("/sign-in/code")
def check_code() -> Response:
    """The code that came; who is new may have been invited."""
    form, here = request.form, ctx()
    phone = form.get("phone", "")
    body = {"phone": phone, "code": form.get("code", "").strip()}
    if chosen := options(invitation(), here.plugins.by_name, "OrderOptions"):
        body["options"] = chosen  # type: ignore[assignment]
    said = api().post("/login", body)
    if not said.ok:
        page = draw("sign_in.html", phone=phone, problem=said.data, next=_next())
        return Response(page, said.status, mimetype="text/html")
    response = Response(status=303)
    response.headers["Location"] = local_path(_next(), f"/{here.code}/me")
    set_cookie(response, "customer", said.data["token"], DAYS)
    set_cookie(response, "invitation", "")
    return response


@pages.post("/sign-out")
def sign_out() -> Response:
    if bearer():
        api().post("/logout")
    response = go("/")
    set_cookie(response, "customer", "")
    return response


@pages.get("/me")
def me() -> str:
    return draw(
        "me.html", me=ask("/me"), orders=ask("/me/orders", limit=5),
        balances=ask("/me/balances")["items"], dues=ask("/me/dues")["items"],
    )  # fmt: skip


@pages.get("/me/orders")
def my_orders() -> str:
    return draw("orders.html", page=ask("/me/orders", after=request.args.get("after") or None))


@pages.get("/me/export")
def export() -> Response:
    """Everything that is kept of the customer, as a file."""
    said = api().get("/me/export")
    need(said)
    return Response(said.body, mimetype="application/json", headers={
        "Content-Disposition": said.headers.get("Content-Disposition", "attachment"),
    })  # fmt: skip


@pages.post("/me/erase")
def erase() -> Response:
    """Forget the customer; asked twice, on a page of its own."""
    if "sure" not in request.form:
        return Response(draw("erase.html"), mimetype="text/html")
    need(api().delete("/me"))
    response = go("/")
    set_cookie(response, "customer", "")
    return response


@pages.get("/invited/<string:plugin>/<string:field>/<string:value>")
def invited(plugin: str, field: str, value: str) -> Response:
    """Through a friend's link: kept until an order or a sign-in makes use of it. A link that no plugin
    can make use of leaves what was kept before."""
    response, kept = go("/"), f"{plugin}.{field}={value}"
    if _read(kept):
        set_cookie(response, "invitation", kept, DAYS)
    return response


def invitation() -> dict[str, Any]:
    """{"options.<plugin>.<field>": value} of the friend's link that the visitor came by; {} for one that
    the API would refuse, since nobody can be asked to mend a cookie."""
    return _read(cookie("invitation"))


def _read(kept: str) -> dict[str, Any]:
    name, _, value = kept.partition("=")
    found, plugins = {f"options.{name}": value}, ctx().plugins.by_name
    known = usable(options(found, plugins, "OrderOptions"), plugins, "OrderOptions")
    return found if known else {}


def _next() -> str:
    return str(request.values.get("next", ""))
