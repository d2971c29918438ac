"""The sheet of a pickup point, to print or to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import marshmallow as ma
from flask import Response, stream_with_context
from marshmallow import validate

from shop.api.base import Blueprint, ctx
from shop.api.fields import Schema, Text
from shop.pickup import sheet_formats, sheets

blp = Blueprint("admin_sheets", __name__, admin=True, description="Sheets for pickup, for staff")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CONTENT = {
    "text/html": {"schema": {"type": "string"}},
    "text/csv": {"schema": {"type": "string"}},
    XLSX: {"schema": {"type": "string", "format": "binary"}},
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


class SheetQuery(Schema):
    point = Text(32, 1, required=True, metadata={"help": "code of a pickup point"})
    window = ma.fields.Integer(
        validate=validate.Range(1, 2**53),
        metadata={"help": "left out: all open orders of the point"},
    )
    format = ma.fields.String(load_default="html", validate=validate.OneOf(("html", "csv", "xlsx")))


@blp.get("/sheets", needs="sheets:read")
@blp.arguments(SheetQuery, location="query")
@blp.response(200)
@blp.doc(responses={"200": {"description": "The sheet", "content": CONTENT}})
def admin_get_sheet(query: dict[str, Any]) -> Response:
    """Who fetches what: printable HTML, CSV or XLSX"""
    sheet = sheets.sheet(ctx(), query["point"], query.get("window"))
    if query["format"] == "html":
        page = stream_with_context(sheet_formats.html(sheet))
        return Response(page, headers={"Content-Security-Policy": POLICY}, mimetype="text/html")
    name = f"{sheet.code}-{sheet.window_id or 'open'}.{query['format']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if query["format"] == "csv":
        lines = stream_with_context(sheet_formats.csv_file(sheet))
        return Response(lines, headers=headers, mimetype="text/csv")
    return Response(_chunks(sheet_formats.xlsx_file(sheet)), headers=headers, mimetype=XLSX)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(65_536):
            yield chunk
