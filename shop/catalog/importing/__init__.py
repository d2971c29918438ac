"""Products from a file: the Shopify and the WooCommerce export, told apart by the header, and
any table whose columns somebody named. CSV or text in any encoding, or an Excel workbook.

The file is read once, as a stream, into a private file of products that are right; only then is
the catalogue locked and written, in one transaction. Memory does not grow with the file.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO

import peewee

from shop import db
from shop.catalog.importing import header as headers
from shop.catalog.importing import numbers, shopify, table, woocommerce, workbook
from shop.catalog.importing.cells import Cells
from shop.catalog.importing.errors import Unreadable
from shop.catalog.importing.header import Header
from shop.catalog.importing.reader import Progress, Reader, Rows
from shop.catalog.importing.report import Findings, Report
from shop.catalog.importing.staging import Staging
from shop.catalog.importing.writer import Writer
from shop.context import Context
from shop.errors import Conflict
from shop.people import audit

__all__ = ["Progress", "Report", "import_products"]

CHUNK = 500
FORMATS = {"shopify": shopify, "woocommerce": woocommerce}
HEADERS = {name: module.FORMAT for name, module in FORMATS.items()}
TITLES, TITLE, PREVIEW, CUT, COLUMNS = 5, 40, 10, 80, 60
"""How much of a file a report shows: titles and their letters; rows, letters of a cell, columns."""
HEADING = 10
"""rows among which the header is looked for: a name of the shop or a date may stand above it"""
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
    encoding: str = "",
    map: str = "",
    decimal: str = "",
) -> Report:
    """Take in the products of a path or a binary stream: all of them or, when the report holds
    errors, none; with `skip_errors` those without errors. `dry_run` does it all and keeps nothing.

    A product is known by its handle, a variant by its SKU; one whose row has no SKU by its option
    values within the product. `suffix_skus` gives a variant whose SKU another product has one of its
    own. What the file has no column for stays,
    and so do variants and products that it does not list. The units in the file are the first
    stock of new variants. The stock of the others is live and stays, unless `set_stock` asks for
    it: then it moves by the difference, with the reason "import".

    `encoding` and `decimal` ("point" or "comma") settle what the file leaves in doubt; `map` names
    the columns of a table, as `商品名称=title,价格=price`. 409 `catalogue_changed` when
    someone else changed one of the products in the meantime.
    """
    report = Report(dry_run=dry_run)
    findings = Findings(ctx, report, suffix_skus)
    with closing(Staging()) as staging, _opened(source) as file:
        asked = _Asked(encoding, map, decimal)
        whole = _read(file, staging, findings, progress, asked)
        writer = Writer(ctx, findings, staging, set_stock)
        if whole and (dry_run or skip_errors or not findings.failed):
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


@dataclass(frozen=True)
class _Asked:
    """What the owner says of the file."""

    encoding: str
    map: str
    decimal: str


def _read(
    file: IO[bytes], staging: Staging, findings: Findings, progress: Progress | None, asked: _Asked
) -> bool:
    """Stage the products that are right, report the others; whether the file's end was reached."""
    try:
        mapping = table.mapping_of(asked.map) if asked.map else {}
        source = _source(file, findings, progress, asked)
        header = _header(source, findings, mapping)
        findings.sku_title = header.title("sku") or findings.sku_title
        if source.workbook and len(sheets := workbook.sheets(source.workbook)) > 1:
            findings.note(
                1, "", "import_sheets", sheet=sheets[0], others=", ".join(sheets[1:])[:200]
            )
        styles = numbers.survey(
            _below(header, source.rows(silent=True)),
            header.places,
            findings.currency,
            asked.decimal,
        )
        cells = _cells(_below(header, source.rows()), header, findings, styles)
        if header.format == "table":
            documents = table.products(findings.ctx, cells, staging)
        else:
            documents = FORMATS[header.format].products(cells, staging)
        for document in documents:
            if document:
                staging.put(document)
    except Unreadable as error:
        findings.report.candidates = error.facts.pop("candidates", [])
        findings.error(error.line, "", error.code, **error.facts)
        return False
    return True


def _source(
    file: IO[bytes], findings: Findings, progress: Progress | None, asked: _Asked
) -> Reader:
    known = headers.known(HEADERS.values())
    source = Reader(
        file, progress, asked.encoding, lambda cell: bool(known(cell) or table.guess([cell]))
    )
    findings.report.encoding = source.encoding.name
    findings.report.encoding_guessed = source.encoding.guessed
    return source


def _header(source: Reader, findings: Findings, mapping: dict[str, str]) -> Header:
    """The header; the report shows it, and the first rows and titles."""
    report, rows = findings.report, source.rows(silent=True)
    top = list(islice(rows, HEADING))
    at = next((place for place, (_, cells) in enumerate(top) if _is_header(cells, mapping)), 0)
    line, titles = top[at] if top else (1, [])
    if not any(map(str.strip, titles)):
        raise Unreadable(1, "import_empty")
    report.columns = [title.strip()[:CUT] for title in titles[:COLUMNS]]
    report.guess = mapping or table.guess(report.columns)
    first = [cells for _, cells in [*top[at + 1 :], *islice(rows, 500)]]
    report.preview = [[cell[:CUT] for cell in cells[:COLUMNS]] for cells in first[:PREVIEW]]
    try:
        header = table.header_of(titles, mapping) if mapping else headers.header_of(titles, HEADERS)
    except Unreadable as error:
        if not mapping and set(table.NEEDED) <= set(report.guess.values()):
            asked = table.written(report.guess)
            raise Unreadable(1, "import_table", formats=", ".join(FORMATS), map=asked) from None
        raise error
    report.format = header.format
    if at:
        findings.note(line, "", "import_header_row", row=line)
    header = replace(header, line=line)
    if not first:
        raise Unreadable(1, "import_empty")
    place = header.places["title"]
    found = (cells[place].strip()[:TITLE] for cells in first if place < len(cells))
    shown = sorted(dict.fromkeys(filter(None, found)), key=str.isascii)
    report.titles = shown[:TITLES]
    return header


def _is_header(titles: list[str], mapping: dict[str, str]) -> bool:
    """Whether these cells name the columns of a format or of a table."""
    try:
        if mapping:
            table.header_of(titles, mapping)
        else:
            headers.header_of(titles, HEADERS)
        return True
    except Unreadable:
        known = table.guess([title.strip() for title in titles])
        return not mapping and set(table.NEEDED) <= set(known.values())


def _below(header: Header, rows: Rows) -> Rows:
    return ((line, cells) for line, cells in rows if line > header.line)


def _cells(
    rows: Rows, header: Header, findings: Findings, styles: dict[str, numbers.Style]
) -> Iterator[Cells]:
    """The rows; one with more cells than the header has slipped somewhere."""
    width = len(header.titles)
    counted = [(name, place) for name, place in header.places.items() if name in numbers.GROUPS]
    for line, row in rows:
        cells = Cells(line, row, header, findings)
        if any(row[width:]):
            cells.error("", "import_too_wide", have=len(row), columns=width)
        for name, place in counted:
            if place < len(row) and row[place]:
                try:
                    bare = numbers.bare(row[place], findings.currency)
                    row[place] = styles[numbers.GROUPS[name]].plain(bare)
                except numbers.Refused as refused:
                    cells.error(name, refused.code, **refused.facts)
                    row[place] = "0"
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
