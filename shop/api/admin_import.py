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
from shop.errors import Invalid, Reject
from shop.services.exporting import export_products
from shop.services.importing import import_products

blp = Blueprint("admin_import", __name__, admin=True, description="The catalogue as a file")

FILE = {"type": "string", "format": "binary"}
FORM = {"type": "object", "properties": {"file": FILE}, "required": ["file"]}
BODY = {
    "required": True,
    "content": {"multipart/form-data": {"schema": FORM}, "text/csv": {"schema": FILE}},
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


class ExportQuery(Schema):
    excel = ma.fields.Boolean(
        load_default=False, metadata={"help": "begin with the mark that Excel wants for UTF-8"}
    )


class Finding(Schema):
    line = ma.fields.Integer(required=True, metadata={"help": "of the file, from 1"})
    column = ma.fields.String(required=True, metadata={"help": "as the header has it, or empty"})
    code = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


class ImportReport(Schema):
    format = ma.fields.String(required=True, metadata={"help": "shopify or woocommerce"})
    encoding = ma.fields.String(required=True)
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
    """Take in a Shopify or WooCommerce product file: all of it, or none when a row has an error

    Such a file is answered with 422 `import_errors`, the fields of the report beside it.
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
    elif request.mimetype == "text/csv":
        with tempfile.TemporaryFile() as body:
            shutil.copyfileobj(request.stream, body)
            yield body
    else:
        raise Reject("unsupported_media_type", 415, expected="text/csv, multipart/form-data")
