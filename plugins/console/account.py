"""Signing in and out; one's own password and authenticator app."""

from __future__ import annotations

import segno
from flask import Response, request
from markupsafe import Markup

from shop import cookie, ctx, local_path, set_cookie

from .drawing import draw
from .pages import api, me, page, pages, to
from .settings import NAME

DEVICE, DEVICE_DAYS = f"{NAME}-device", 180
"""the cookie by which a browser where somebody signed in is known again, and how long it lasts"""


@pages.get("/sign-in")
def sign_in() -> str:
    return draw("sign_in.html", name="", problem=None, next=request.args.get("next", ""))


@pages.post("/sign-in")
def check() -> Response:
    form, here = request.form, ctx()
    body = {"name": form.get("name", "").strip(), "password": form.get("password", "")}
    if form.get("totp", "").strip():
        body["totp"] = form["totp"].strip()
    if known := cookie(DEVICE):
        body["device"] = known
    said = api().post("/admin/login", body)
    there = form.get("next", "")
    if not said.ok:
        return page(
            draw("sign_in.html", name=body["name"], problem=said.data, next=there), said.status
        )
    response = Response(status=303)
    response.headers["Location"] = local_path(there, f"/{here.code}/{NAME}/")
    set_cookie(response, NAME, said.data["token"], here.settings(NAME).hours * 3600)
    set_cookie(response, DEVICE, said.data["device"], DEVICE_DAYS * 86_400)
    return response


@pages.post("/sign-out")
def sign_out() -> Response:
    if cookie(NAME):
        api().post("/logout")
    response = to("/sign-in")
    set_cookie(response, NAME, "")
    return response


@pages.get("/account")
def account() -> str:
    return draw("account.html", me=me(), problem=None, done="", offer=None)


@pages.post("/account/password")
def password() -> Response:
    form = request.form
    body = {"old": form.get("old", ""), "new": form.get("new", "")}
    said = api().post("/admin/password", body)
    done = "console_password_changed" if said.ok else ""
    problem = None if said.ok else said.data
    return page(draw("account.html", me=me(), problem=problem, done=done, offer=None), said.status if problem else 200)  # fmt: skip


@pages.post("/account/totp")
def totp() -> Response:
    """First a secret to scan, then the proof that it was."""
    form = request.form
    if "secret" not in form:
        said = api().post("/admin/totp")
        problem = None if said.ok else said.data
        offer = said.data | {"qr": _qr(said.data["uri"])} if said.ok else None
        return page(draw("account.html", me=me(), problem=problem, done="", offer=offer))
    body = {name: form.get(name, "").strip() for name in ("secret", "code")}
    said = api().put("/admin/totp", body | {"password": form.get("password", "")})
    if said.ok:
        return page(
            draw("account.html", me=me(), problem=None, done="console_totp_set", offer=None)
        )
    offer = {"secret": body["secret"], "uri": "", "qr": ""}
    return page(draw("account.html", me=me(), problem=said.data, done="", offer=offer), said.status)


def _qr(text: str) -> Markup:
    return Markup(
        segno.make(text, error="m").svg_inline(
            scale=4, border=2, dark="#000", light="#fff", omitsize=True, svgclass="qr",
            lineclass=None,
        )
    )  # fmt: skip
