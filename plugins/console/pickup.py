"""The pickup screen: a code typed or photographed, goods handed over, the next customer."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

from flask import Response, request

from shop import ctx, need, whole_number

from .drawing import draw
from .pages import api, me, page, pages, to


@pages.get("/pickup")
def pickup() -> Response:
    """By hand or camera: the code is asked for, then its order is shown."""
    code = request.args.get("code", "").strip()
    return to(f"/pickup/{quote(code, safe='')}") if code else page(_screen())


@pages.post("/pickup/scan")
def scan() -> Response:
    """The code in a photograph, and on to its order; a script that sends frames of the camera is told
    the code."""
    request.max_content_length = (ctx().config.limits.picture_mib + 1) << 20
    file = request.files.get("file")
    content = file.read() if file else b""
    said = api().upload("/admin/pickup-scans", {"file": ("code", content)})
    if said.status in (401, 403):
        need(said)
    if said.ok and request.accept_mimetypes.best == "application/json":
        return Response(said.body, mimetype="application/json")
    if said.ok:
        return to(f"/pickup/{quote(said.data['code'], safe='')}")
    return page(_screen(said.data), said.status)


@pages.get("/pickup/<path:code>")
def of_code(code: str) -> Response:
    return _shown(code)


def _screen(problem: Any = None, **facts: Any) -> str:
    given = {"code": "", "order": None, "key": "", "done": ""} | facts
    return draw("pickup.html", me=me(), problem=problem, **given)


def _shown(code: str, problem: Any = None, done: str = "", status: int = 200) -> Response:
    said = api().get(f"/admin/pickups/{quote(code, safe='')}")
    if said.status in (401, 403):
        need(said)
    if not said.ok:
        return page(_screen(said.data, code=code), said.status)
    key = secrets.token_urlsafe(24)
    return page(_screen(problem, code=code, order=said.data, key=key, done=done), status)


@pages.post("/pickup/<string:code>/hand-out")
def hand_out(code: str) -> Response:
    """All that waits, or the units that were typed; money that is due is taken with it if it is said."""
    form = request.form
    body: dict[str, Any] = {}
    lines = [
        {"line": whole_number(name.removeprefix("units.")), "quantity": units}
        for name, text in form.items()
        if name.startswith("units.") and (units := whole_number(text.strip()))
    ]
    if "some" in form:
        body["lines"] = lines
    if form.get("paid"):
        body["payment"] = {}
    said = api().post(
        f"/admin/pickups/{quote(code, safe='')}/hand-out", body, key=form.get("key", "")
    )
    if not said.ok:
        return _shown(code, said.data, status=said.status)
    return _shown(code, done="console_handed_out")


@pages.post("/pickup/<string:code>/undo")
def undo(code: str) -> Response:
    reason = request.form.get("reason", "").strip()
    said = api().post(f"/admin/pickups/{quote(code, safe='')}/undo", {"reason": reason})
    if not said.ok:
        return _shown(code, said.data, status=said.status)
    return _shown(code, done="console_undone")


@pages.get("/sheet")
def sheet() -> Response:
    """Who fetches what, to be printed."""
    asked = {name: request.args[name] for name in ("point", "window", "format") if request.args.get(name)}  # fmt: skip
    said = api().get("/admin/sheets", **asked)
    need(said)
    names = ("Content-Type", "Content-Disposition", "Content-Security-Policy")
    return Response(said.body, headers={n: said.headers[n] for n in names if n in said.headers})
