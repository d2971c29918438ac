"""Lists as files: CSV, and XLSX in which nothing is ever a formula."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response

from shop import ctx, money
from shop.data.spreadsheet import guarded

from .fields import Field

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cells(row: dict[str, Any], fields: list[Field]) -> list[Any]:
    """A row as a sheet has it: money in whole units, lists as JSON."""
    found: list[Any] = []
    for one in fields:
        value = row.get(one.name)
        if one.kind == "money" and isinstance(value, int):
            value = Decimal(money.plain(value, ctx().store.currency))
        elif one.kind == "date" and isinstance(value, str):
            value = date.fromisoformat(value)
        elif isinstance(value, (dict, list)):
            value = json.dumps(value, ensure_ascii=False) if value else ""
        found.append("" if value is None else value)
    return found


def file(kind: str, name: str, titles: list[str], rows: list[list[Any]]) -> Response:
    body, mimetype = (
        (_xlsx(titles, rows), XLSX) if kind == "xlsx" else (_csv(titles, rows), "text/csv")
    )
    return Response(body, mimetype=mimetype, headers={
        "Content-Disposition": f'attachment; filename="{ctx().code}-{name}.{kind}"',
        "Cache-Control": "no-store",
    })  # fmt: skip


def _csv(titles: list[str], rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(titles)
    for row in rows:
        writer.writerow(guarded(row))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _xlsx(titles: list[str], rows: list[list[Any]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, titles, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, str(value))
    sheet.freeze_panes(1, 0)
    sheet.autofit()
    book.close()
    return out.getvalue()
