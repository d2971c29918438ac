"""The first page: how the day goes; and the reports, with charts."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from shop import NotFound, ctx

from . import api as api_of
from . import loads
from .describing import description
from .drawing import draw, translated
from .fields import Field
from .pages import ask, me, pages


@pages.get("/")
def today() -> str:
    who = me()
    if who["role"] == "clerk":
        return draw("clerk.html", me=who)
    return draw("today.html", me=who, today=ask("/console/today"), nav=description().groups)


def days() -> dict[str, Any]:
    return {name: request.args[name] for name in ("first", "last") if request.args.get(name)}


@pages.get("/reports")
def reports() -> str:
    asked = days()
    return draw(
        "reports.html", sales=ask("/console/sales", **asked), goods=ask("/console/goods", **asked),
        sources=ask("/console/sources", **asked), returns=ask("/console/returns", **asked),
        asked=asked, more=description().reports,
    )  # fmt: skip


@pages.get("/plugins")
def plugins() -> str:
    return draw("plugins.html", plugins=ask("/plugins")["items"], signs=ask("/doctor")["items"])


@pages.get("/reports/<string:what>.<string:kind>")
def report_file(what: str, kind: str) -> Response:
    """A report as CSV or XLSX."""
    columns = {"sales": api_of.Day, "goods": api_of.Good, "sources": api_of.Source}
    if what not in columns or kind not in ("csv", "xlsx"):
        raise NotFound
    fields = [
        Field(
            name,
            str(one.metadata["title"]),
            kind="money" if one.metadata.get("unit") == "money" else "text",
        )
        for name, one in columns[what]().fields.items()
    ]
    rows = [loads.cells(row, fields) for row in ask(f"/console/{what}", **days())["items"]]
    return loads.file(kind, what, [translated(ctx(), one.title) for one in fields], rows)
