"""Every thing that the API describes for staff, as lists, forms, actions and reports."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

from flask import Response, request

from shop import NotFound, Refused, ctx, need

from . import loads
from .describing import Description, Operation, Thing, description
from .drawing import draw, improved, of_plugin, translated
from .fields import Field, from_form, typed
from .pages import api, ask, page, pages, to

COLUMNS = 6
MOST = 10_000
UNSAID = ("version", "currency", "request_id")
SCALAR = ("text", "choice", "number", "money", "flag", "time", "date", "long")


def find(owner: str, name: str) -> Thing:
    found: Thing | None = description().things.get((owner, name))
    if found is None:
        raise NotFound
    return found


def known(operations: dict[str, Operation], method: str) -> Operation:
    if method not in operations:
        raise NotFound
    return operations[method]


def here(thing: Thing, more: str = "") -> str:
    return f"/data/{thing.owner}/{thing.name}{more}"


@pages.get("/data")
def everything() -> str:
    found: Description = description()
    return draw("everything.html", groups=found.groups, reports=found.reports)


@pages.get("/data/<string:owner>/<string:name>")
def listed(owner: str, name: str) -> str | Response:
    """A list with its filters; or a report, if that is what is there."""
    thing = find(owner, name)
    read = known(thing.all, "get")
    names = {one.name for one in read.query}
    asked = {k: v for k, v in request.args.items() if k in names and v != ""}
    if kind := request.args.get("format"):
        return _file(kind, thing, read, asked)
    document = ask(read.at(), **asked)
    if not thing.is_list:
        return _report(thing, read, document, asked)
    template = of_plugin(owner, name)
    facts = {"thing": thing, "page": document, "asked": asked, "filters": _filters(read),
             "columns": columns(thing.items), "known": key_of(thing)}  # fmt: skip
    if template is not None:
        return draw("improved.html", body=improved(template, **facts), **facts)
    return draw("list.html", **facts)


def _filters(read: Operation) -> list[Field]:
    return [one for one in read.query if one.name not in ("limit", "after")]


def columns(fields: list[Field]) -> list[Field]:
    """What of a row stands in the list: its name first, then what is short."""
    short = [one for one in fields if one.kind in SCALAR and one.name not in UNSAID]
    first = [one for one in short if one.name in ("number", "code", "name", "title", "sku", "id")]
    return (first[:3] + [one for one in short if one not in first])[:COLUMNS]


def key_of(thing: Thing) -> str:
    """The field by which one of them is asked for: `id`, or what its path names."""
    read = next(iter(thing.one.values()), None) or next(
        (op for ops in thing.actions.values() for op in ops.values()), None
    )
    if read is None:
        return ""
    names = [one.name for one in thing.items]
    named = read.path.partition("{")[2].partition("}")[0]
    wanted = [named, named.rpartition("_")[2], "id", "code", "number", "sku"]
    return next((name for name in wanted if name in names), "")


def _file(kind: str, thing: Thing, read: Operation, asked: dict[str, str]) -> Response:
    """The whole list, page by page, as CSV or XLSX."""
    if kind not in ("csv", "xlsx"):
        raise NotFound
    rows: list[dict[str, Any]] = []
    after, pages_of = None, {one.name for one in read.query} >= {"limit", "after"}
    while len(rows) < MOST:
        more = {"limit": 100, "after": after} if pages_of else {}
        found = ask(read.at(), **(asked | more))
        rows += found.get("items", [])
        after = found.get("next")
        if not after:
            break
    fields = thing.items or next((one.inner for one in read.shows if one.name == "items"), [])
    titles = [translated(ctx(), one.title) for one in fields]
    return loads.file(kind, thing.name, titles, [loads.cells(row, fields) for row in rows])


def _report(thing: Thing, read: Operation, document: Any, asked: dict[str, str]) -> str:
    return draw("report.html", thing=thing, document=document, shows=read.shows, asked=asked,
                filters=_filters(read))  # fmt: skip


# -- one of them -------------------------------------------------------------------------------


@pages.get("/data/<string:owner>/<string:name>/new")
def new(owner: str, name: str) -> str:
    thing = find(owner, name)
    return _form(thing, known(thing.all, "post"), {}, here(thing, "/new"))


@pages.post("/data/<string:owner>/<string:name>/new")
def create(owner: str, name: str) -> Response:
    thing = find(owner, name)
    return _send(thing, known(thing.all, "post"), "", here(thing, "/new"), {})


@pages.get("/data/<string:owner>/<string:name>/<path:known_as>")
def one(owner: str, name: str, known_as: str) -> str:
    return _one(find(owner, name), known_as)


def _one(thing: Thing, known_as: str, problem: Any = None) -> str:
    document, match = _read(thing, known_as)
    change = thing.one.get("patch")
    shows = thing.one["get"].shows if "get" in thing.one else thing.items
    return draw(
        "one.html", thing=thing, document=document, shows=shows, problem=problem, known=known_as,
        change=change, values=_values(change.body, document) if change else {}, form=request.form,
        actions=_actions(thing), here=here(thing, f"/{known_as}"), match=match,
    )  # fmt: skip


def _read(thing: Thing, known_as: str) -> tuple[dict[str, Any], str]:
    """(document, its ETag or "")"""
    said = api().get(f"/admin{known(thing.one, 'get').at(quote(known_as, safe=''))}")
    return need(said), said.headers.get("ETag", "")


def _actions(thing: Thing) -> list[tuple[str, str, Operation]]:
    """(name, method, operation) of what can be done with one, and of what is read of it."""
    return [
        (name, method, operation)
        for name, operations in thing.actions.items()
        for method, operation in operations.items()
    ]


@pages.post("/data/<string:owner>/<string:name>/<path:known_as>")
def change(owner: str, name: str, known_as: str) -> Response:
    """PATCH what is other than it was."""
    thing = find(owner, name)
    operation = known(thing.one, "patch")
    before, _ = _read(thing, known_as)
    body = from_form(ctx(), request.form, operation.body, before)
    if body:
        path = f"/admin{operation.at(quote(known_as, safe=''))}"
        said = api().patch(path, body, match=request.form.get("match", ""))
        if not said.ok:
            if said.status == 401:
                raise Refused(said)
            return page(_one(thing, known_as, said.data), said.status)
    return to(here(thing, f"/{known_as}"))


@pages.post("/data/<string:owner>/<string:name>/<string:known_as>/delete")
def delete(owner: str, name: str, known_as: str) -> Response:
    """Asked twice."""
    thing = find(owner, name)
    operation = known(thing.one, "delete")
    if "sure" not in request.form:
        return page(draw("sure.html", thing=thing, operation=operation, known=known_as,
                         match=request.form.get("match", ""),
                         here=here(thing, f"/{known_as}")))  # fmt: skip
    path = f"/admin{operation.at(quote(known_as, safe=''))}"
    said = api().delete(path, match=request.form.get("match", ""))
    if not said.ok:
        return page(_one(thing, known_as, said.data), said.status)
    return to(here(thing))


# -- actions -----------------------------------------------------------------------------------


@pages.get("/data/<string:owner>/<string:name>/do/<string:action>")
def action_of_all(owner: str, name: str, action: str) -> str:
    thing = find(owner, name)
    return _action(thing, thing.of_all.get(action, {}), "", here(thing, f"/do/{action}"))


@pages.post("/data/<string:owner>/<string:name>/do/<string:action>")
def act_on_all(owner: str, name: str, action: str) -> Response:
    thing = find(owner, name)
    operation = known(thing.of_all.get(action, {}), "post")
    return _send(thing, operation, "", here(thing, f"/do/{action}"), {})


@pages.get("/data/<string:owner>/<string:name>/<string:known_as>/do/<string:action>")
def action_of_one(owner: str, name: str, known_as: str, action: str) -> str:
    thing = find(owner, name)
    place = here(thing, f"/{known_as}/do/{action}")
    return _action(thing, thing.actions.get(action, {}), known_as, place)


@pages.post("/data/<string:owner>/<string:name>/<string:known_as>/do/<string:action>")
def act_on_one(owner: str, name: str, known_as: str, action: str) -> Response:
    thing = find(owner, name)
    operations = thing.actions.get(action, {})
    operation = operations.get("post") or operations.get("delete") or known(operations, "put")
    return _send(thing, operation, known_as, here(thing, f"/{known_as}/do/{action}"), {})


def _action(thing: Thing, operations: dict[str, Operation], known_as: str, place: str) -> str:
    if "get" in operations:
        read = operations["get"]
        names = {one.name for one in read.query}
        asked = {k: v for k, v in request.args.items() if k in names and v != ""}
        document = ask(read.at(quote(known_as, safe="")), **asked)
        return draw("report.html", thing=thing, document=document, shows=read.shows, asked=asked,
                    filters=_filters(read))  # fmt: skip
    if not operations:
        raise NotFound
    return _form(thing, next(iter(operations.values())), {}, place, known_as)


def _form(
    thing: Thing, operation: Operation, values: dict[str, str], place: str, known_as: str = "",
    problem: Any = None,
) -> str:  # fmt: skip
    return draw(
        "form.html", thing=thing, operation=operation, values=values, place=place, known=known_as,
        problem=problem, key=secrets.token_urlsafe(24), form=request.form,
    )  # fmt: skip


def _send(
    thing: Thing, operation: Operation, known_as: str, place: str, values: dict[str, str]
) -> Response:
    form = request.form
    body = from_form(ctx(), form, operation.body)
    path = f"/admin{operation.at(quote(known_as, safe=''))}"
    if operation.method == "delete":
        said = api().delete(path)
    elif operation.method == "put":
        said = api().put(path, body)
    else:
        said = api().post(path, body or None, key=form.get("key", "") if operation.keyed else "")
    if said.status == 401:
        raise Refused(said)
    if not said.ok:
        return page(_form(thing, operation, values, place, known_as, said.data), said.status)
    return _done(thing, operation, known_as, said.data)


def _done(thing: Thing, operation: Operation, known_as: str, document: Any) -> Response:
    """On to the thing; what the answer alone says, a new secret, is shown first, this once."""
    known_as = known_as or str((document or {}).get(key_of(thing), ""))
    read = thing.one.get("get")
    told = {one.name for one in operation.shows}
    seen = {one.name for one in read.shows} if read else {one.name for one in thing.items}
    if document and (told - seen or not read):
        return page(draw("done.html", thing=thing, document=document, shows=operation.shows,
                         known=known_as if read else "", here=here(thing, f"/{known_as}")))  # fmt: skip
    return to(here(thing, f"/{known_as}" if known_as and read else ""))


def _values(fields: list[Field], document: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """{the name of an input: what stands in it} of a thing that is changed."""
    found: dict[str, str] = {}
    for one in fields:
        value, name = document.get(one.name), f"{prefix}{one.name}"
        if one.kind == "group":
            found |= _values(one.inner, value or {}, f"{name}.")
        elif one.kind == "words":
            for locale, words in (value or {}).items():
                found |= _values(one.inner, words, f"{name}.{locale}.")
        elif one.kind == "rows":
            for n, row in enumerate(value or []):
                found |= _values(one.inner, row, f"{name}.{n}.")
            found[f"{name}#"] = str(len(value or []))
        else:
            found[name] = typed(ctx(), one, value)
    return found
