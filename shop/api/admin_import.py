"""The catalogue as a file: in from Shopify or WooCommerce, out as Shopify has it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import marshmallow as ma
from flask import Response, request, stream_with_context

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Schema
from shop.catalog.exporting import export_products
from shop.catalog.importing import import_products
from shop.errors import Invalid, Reject

blp = Blueprint("admin_import", __name__, admin=True, description="The catalogue as a file")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE = {"type": "string", "format": "binary"}
FORM = {"type": "object", "properties": {"file": FILE}, "required": ["file"]}
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": FORM},
        "text/csv": {"schema": FILE},
        XLSX: {"schema": FILE},
    },
}
SAMPLE = "Handle,Title,Variant SKU,Variant Price\nfuji-apple,红富士苹果,APPLE-1,19.90\n"
BODY["content"]["text/csv"]["example"] = SAMPLE  # type: ignore[index]


class ImportQuery(Schema):
    dry_run = ma.fields.Boolean(
        load_default=False, metadata={"title": "Only check", "help": "keep nothing"}
    )
    skip_errors = ma.fields.Boolean(
        load_default=False,
        metadata={"title": "Skip errors", "help": "take the products that have no error"},
    )
    set_stock = ma.fields.Boolean(
        load_default=False,
        metadata={
            "title": "Set stock",
            "help": "change the stock of existing variants by the difference to the file",
        },
    )
    suffix_skus = ma.fields.Boolean(
        load_default=False,
        metadata={
            "title": "Suffix SKUs",
            "help": "give a variant whose SKU another product has a SKU of its own, like A-1-2",
        },
    )
    encoding = ma.fields.String(
        load_default="",
        validate=ma.validate.Length(max=40),
        metadata={
            "title": "Encoding",
            "help": "of the text, like gb18030; without it the file tells, or is refused",
        },
    )
    map = ma.fields.String(
        load_default="",
        validate=ma.validate.Length(max=4000),
        metadata={
            "title": "Columns",
            "help": "what the columns of any other table are: `Name=title,Code=sku,Price=price`",
            "example": "商品名称=title,商品编码=sku,价格=price,库存=stock",
        },
    )
    decimal = ma.fields.String(
        load_default="",
        validate=ma.validate.OneOf(["", "point", "comma"]),
        metadata={"title": "Decimal mark", "help": "of prices and weights, where it is in doubt"},
    )


class ExportQuery(Schema):
    excel = ma.fields.Boolean(
        load_default=False, metadata={"help": "begin with the mark that Excel wants for UTF-8"}
    )


class Finding(Schema):
    line = ma.fields.Integer(
        required=True, metadata={"help": "row as a spreadsheet shows it; the header is 1"}
    )
    column = ma.fields.String(required=True, metadata={"help": "as the header has it, or empty"})
    handle = ma.fields.String(
        required=True, metadata={"help": "of the product, or its SKU or title; may be empty"}
    )
    code = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


class Candidate(Schema):
    encoding = ma.fields.String(required=True)
    sample = ma.fields.String(required=True, metadata={"help": "how the file would read"})


class ImportReport(Schema):
    format = ma.fields.String(required=True, metadata={"help": "shopify, woocommerce or table"})
    encoding = ma.fields.String(required=True, metadata={"help": "in which it was read, or xlsx"})
    encoding_guessed = ma.fields.Boolean(
        required=True, metadata={"help": "only the text speaks for it: look at the titles"}
    )
    candidates = ma.fields.List(
        ma.fields.Nested(Candidate),
        required=True,
        metadata={"help": "encodings to choose from, of a file refused for that"},
    )
    titles = ma.fields.List(
        ma.fields.String(), required=True, metadata={"help": "some titles as they were read"}
    )
    columns = ma.fields.List(ma.fields.String(), required=True, metadata={"help": "the header"})
    preview = ma.fields.List(
        ma.fields.List(ma.fields.String()), required=True, metadata={"help": "the first ten rows"}
    )
    guess = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        required=True,
        metadata={"help": "{column: field}: what the columns of a table seem to be"},
    )
    applied = ma.fields.Boolean(required=True)
    dry_run = ma.fields.Boolean(required=True)
    products = ma.fields.Integer(required=True)
    variants = ma.fields.Integer(required=True)
    created = ma.fields.Integer(required=True)
    updated = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)
    pictures = ma.fields.Integer(
        required=True, metadata={"help": "at other hosts, fetched in the background"}
    )
    pictures_failed = ma.fields.Integer(
        required=True, metadata={"help": "at other hosts, which could not be fetched"}
    )
    errors = ma.fields.List(ma.fields.Nested(Finding), required=True)
    skipped = ma.fields.List(ma.fields.Nested(Finding), required=True)
    notes = ma.fields.List(ma.fields.Nested(Finding), required=True)
    left_off = ma.fields.Integer(
        required=True, metadata={"help": "findings past the first 10,000 of a kind"}
    )


@blp.post("/products/import", needs="products:write")
@blp.arguments(ImportQuery, location="query")
@blp.response(200, ImportReport)
@blp.doc(requestBody=BODY)
def admin_import_products(query: dict[str, Any]) -> Response:
    """Take in a product file: all of it, or none when a row has an error

    A Shopify or WooCommerce export or, with `map`, any table; CSV, tab-separated text or .xlsx.

    A file with errors is answered with 422 `import_errors`, the fields of the report beside it.
    """
    with _file() as file:
        report = import_products(ctx(), file, **query)
    if (report.errors and not query["skip_errors"]) or not (report.applied or report.dry_run):
        raise Reject("import_errors", 422, **report.as_dict())
    return answer(report.as_dict())


@blp.get("/products/export", needs="products:read")
@blp.arguments(ExportQuery, location="query")
@blp.response(200, FILE, content_type="text/csv")
def admin_export_products(query: dict[str, Any]) -> Response:
    """Every product as a Shopify CSV file"""
    blocks = stream_with_context(export_products(ctx(), **query))
    name = f"{ctx().code}-products.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(blocks, headers=headers, mimetype="text/csv")


@contextmanager
def _file() -> Iterator[IO[Any]]:
    """The uploaded file, as the form's `file` or as the whole body."""
    request.max_content_length = ctx().config.limits.import_mib << 20
    if request.mimetype == "multipart/form-data":
        uploads = request.files.getlist("file")
        if len(uploads) != 1 or len(request.files) + len(request.form) != 1:
            raise Invalid([{"path": "file", "message": "exactly one file"}])
        yield uploads[0].stream
    elif request.mimetype in ("text/csv", XLSX):
        with tempfile.TemporaryFile() as body:
            shutil.copyfileobj(request.stream, body)
            yield body
    else:
        raise Reject(
            "unsupported_media_type", 415, expected=f"text/csv, {XLSX}, multipart/form-data"
        )
