"""Products from a CSV file: the Shopify and the WooCommerce export, told apart by the header.

The file is read once, as a stream, into a private file of products that are right; only then is
the catalogue locked and written, in one transaction. Memory does not grow with the file.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import peewee

from shop import db
from shop.context import Context
from shop.errors import Conflict
from shop.services import audit
from shop.services.importing import reader, shopify, woocommerce
from shop.services.importing.cells import Cells
from shop.services.importing.reader import Header, Progress, Unreadable
from shop.services.importing.report import Findings, Report
from shop.services.importing.staging import Staging
from shop.services.importing.writer import Writer

__all__ = ["Progress", "Report", "import_products"]

CHUNK = 500
FORMATS = {"shopify": shopify, "woocommerce": woocommerce}
HEADERS = {name: module.COLUMNS for name, module in FORMATS.items()}
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext(?))"


class _Undo(Exception):
    """Leaves the transaction of an import that is not to be kept."""


def import_products(
    ctx: Context,
    source: str | Path | IO[bytes],
    *,
    dry_run: bool = False,
    skip_errors: bool = False,
    set_stock: bool = False,
    suffix_skus: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Take in the products of a path or a binary stream: all of them or, when the report holds
    errors, none; with `skip_errors` those without errors. `dry_run` does it all and keeps nothing.

    A product is known by its handle, a variant by its SKU; one whose row has no SKU by its option
    values within the product. `suffix_skus` gives a variant whose SKU another product has one of its
    own. What the file has no column for stays,
    and so do variants and products that it does not list. The units in the file are the first
    stock of new variants. The stock of the others is live and stays, unless `set_stock` asks for
    it: then it moves by the difference, with the reason "import". 409 `catalogue_changed` when
    someone else changed one of the products in the meantime.
    """
    report = Report(dry_run=dry_run)
    findings = Findings(ctx, report, suffix_skus)
    with closing(Staging()) as staging, _opened(source) as file:
        whole = _read(file, staging, findings, progress)
        writer = Writer(ctx, findings, staging, set_stock)
        if whole and (skip_errors or not findings.failed):
            try:
                with db.transaction(), db.savepoint():
                    _write(writer, progress)
                    _decide(ctx, report, keep=not dry_run and (skip_errors or not findings.failed))
            except _Undo:
                pass
            except peewee.IntegrityError:
                raise Conflict("catalogue_changed") from None
        else:
            for documents in staging.chunks(CHUNK):
                writer.check(documents)
    findings.sort()
    return report


def _decide(ctx: Context, report: Report, keep: bool) -> None:
    """The last word in the transaction of an import."""
    if not keep:
        raise _Undo
    report.applied = True
    if report.created or report.updated:
        facts = {"created": report.created, "updated": report.updated}
        audit.record(ctx, "products.import", "products", **facts)


def _read(file: IO[bytes], staging: Staging, findings: Findings, progress: Progress | None) -> bool:
    """Stage the products that are right, report the others; whether the file's end was reached."""
    try:
        source = reader.Reader(file, progress)
        findings.report.encoding = source.encoding
        rows = source.rows()
        header = reader.header_of(next(rows, (1, []))[1], HEADERS)
        findings.report.format = header.format
        findings.sku_title = header.title("sku") or findings.sku_title
        cells = _cells(rows, header, findings)
        for document in FORMATS[header.format].products(cells, staging):
            if document:
                staging.put(document)
    except Unreadable as error:
        findings.error(error.line, "", error.code, **error.facts)
        return False
    return True


def _cells(
    rows: Iterator[tuple[int, list[str]]], header: Header, findings: Findings
) -> Iterator[Cells]:
    """The rows that hold anything; one with more cells than the header has slipped somewhere."""
    width = len(header.titles)
    for line, row in rows:
        cells = Cells(line, row, header, findings)
        if any(row[width:]):
            cells.error("", "import_too_wide", have=len(row), columns=width)
        if any(row):
            yield cells


def _write(writer: Writer, progress: Progress | None) -> None:
    if db.is_postgres():
        db.rows(ONE_AT_A_TIME, f"import:{writer.ctx.code}")
    done, of = 0, writer.staging.count()
    for documents in writer.staging.chunks(CHUNK):
        writer.write(writer.check(documents))
        done += len(documents)
        if progress:
            progress("writing", done, of)
    writer.finish()


@contextmanager
def _opened(source: str | Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """The source as a file that can be read twice."""
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            yield file
    elif source.seekable():
        yield source
    else:
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(source, copy)
            yield copy
