"""`shop import products` and `shop export products`."""

from __future__ import annotations

import sys
from typing import IO, Any

import click
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.text import Text

from shop.catalog.exporting import export_products
from shop.catalog.importing import Report, import_products
from shop.cli.base import console, errors, guarded, open_instance, store_option, table

SHOWN = 200
"""rows of a table at most; the API gives them all"""


@click.group("import")
def import_group() -> None:
    """Take things in from files."""


@click.group("export")
def export_group() -> None:
    """Write things to files."""


@import_group.command("products")
@click.argument("file", type=click.File("rb"))
@store_option
@click.option("--dry-run", is_flag=True, help="check everything, keep nothing")
@click.option("--skip-errors", is_flag=True, help="take the products that have no error")
@click.option("--set-stock", is_flag=True, help="give existing variants the stock of the file too")
@click.option(
    "--suffix-skus", is_flag=True, help="give a SKU that two products have a suffix, as in A-1-2"
)
@click.option("--encoding", default="", metavar="NAME", help="of the text, like gb18030")
@click.option("--map", default="", metavar="COLUMN=FIELD,…", help="what the columns of a table are")
@click.option("--decimal", type=click.Choice(["", "point", "comma"]), default="",
              metavar="point|comma", help="the decimal mark of prices and weights")  # fmt: skip
@click.pass_context
@guarded
def products_in(context: click.Context, file: IO[bytes], store: str, **options: Any) -> None:
    """Take in the products of FILE, a Shopify or WooCommerce export ("-" reads standard input).

    CSV, tab-separated text or .xlsx. Any other table comes in if you say what its columns are:
    --map "商品名称=title,商品编码=sku,价格=price,库存=stock". Other fields are option, compare_at,
    cost, barcode, category, tags, description, vendor, image, weight, unit and handle.

    All of them, or none when a row has an error. Products are known by their handle and variants
    by their SKU, or by their options where the file has no SKU, so the same file again changes
    nothing. The stock of variants that are there already is left alone, since they may be selling
    just now; --set-stock changes it by the difference to the file.
    """
    ctx = open_instance(context).context(store)
    with _bar() as progress:
        report = import_products(ctx, file, progress=_Watch(progress), **options)
    _show(report)
    if report.errors and not (options["skip_errors"] or report.applied):
        sys.exit(1)


@export_group.command("products")
@click.argument("file", type=click.File("wb", atomic=True))
@store_option
@click.option("--excel", is_flag=True, help="begin with the mark that Excel wants for UTF-8")
@click.pass_context
@guarded
def products_out(context: click.Context, file: IO[bytes], store: str, excel: bool) -> None:
    """Write every product to FILE as a Shopify CSV ("-" writes standard output)."""
    ctx = open_instance(context).context(store)
    for block in export_products(ctx, excel=excel):
        file.write(block)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=errors,
        transient=True,
    )  # fmt: skip


class _Watch:
    """Moves a bar for each stage: bytes read, products written."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.bars: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, of: int) -> None:
        if stage not in self.bars:
            self.bars[stage] = self.progress.add_task(stage, total=of)
        self.progress.update(self.bars[stage], completed=done)


def _show(report: Report) -> None:
    _list("Errors", report.errors)
    _list("Left out", report.skipped)
    _list("Notes", report.notes)
    if report.left_off:
        console.print(f"… and {report.left_off} more")
    console.print(
        f"{report.format or 'unknown format'}: {report.products} products, {report.variants} variants; "
        f"{report.created} new, {report.updated} changed, {report.unchanged} as they were"
    )
    if report.encoding:
        console.print(_reading(report), highlight=False, markup=False)
    if report.pictures:
        console.print(
            f"pictures at other hosts, fetched in the background: {report.pictures} "
            "(see shop pictures status)"
        )
    if report.pictures_failed:
        console.print(
            f"pictures that could not be fetched and are not shown: {report.pictures_failed} "
            "(shop pictures status says why)"
        )
    if report.dry_run:
        console.print("dry run: nothing was kept")
    elif not report.applied:
        errors.print("[red]nothing was imported[/red]")


def _reading(report: Report) -> str:
    """How the file was read, with titles by which a person sees whether that was right."""
    said = f"read as {report.encoding}"
    if report.encoding_guessed:
        said += ", guessed from the text (if the titles look wrong, give --encoding NAME)"
    return said + (f"; titles: {' | '.join(report.titles)}" if report.titles else "")


def _list(title: str, found: list[dict[str, Any]]) -> None:
    if not found:
        return
    shown = table(title, "row", "product", "column", "what")
    for finding in found[:SHOWN]:
        words = (finding["handle"], finding["column"], finding["reason"])
        shown.add_row(str(finding["line"]), *map(Text, words))
    console.print(shown)
    if len(found) > SHOWN:
        console.print(f"… and {len(found) - SHOWN} more")


commands = [import_group, export_group]
