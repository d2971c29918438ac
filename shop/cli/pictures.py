"""`shop pictures …`: what became of the pictures that an import named at other hosts."""

from __future__ import annotations

import click
from rich.text import Text

from shop.catalog import remote_pictures
from shop.cli.base import console, guarded, open_instance, store_option, table


@click.group()
def pictures() -> None:
    """Pictures at other hosts, which are fetched after an import."""


@pictures.command("status")
@store_option
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_context
@guarded
def pictures_status(context: click.Context, store: str, limit: int) -> None:
    """How many pictures were fetched and which could not be, and why."""
    ctx = open_instance(context).context(store)
    failed = remote_pictures.show(ctx, "failed", limit)["items"]
    if failed:
        shown = table("Not fetched", "product", "address", "why")
        for picture in failed:
            shown.add_row(Text(picture["product"]), Text(picture["url"]), Text(picture["reason"]))
        console.print(shown)
    counts = remote_pictures.counts(ctx)
    console.print(
        f"{counts['fetched']} fetched, {counts['waiting']} waiting, {counts['failed']} failed"
    )
    if failed:
        console.print("try them again: shop pictures retry")


@pictures.command("retry")
@store_option
@click.pass_context
@guarded
def pictures_retry(context: click.Context, store: str) -> None:
    """Fetch the pictures again that could not be fetched."""
    count = remote_pictures.retry(open_instance(context).context(store))
    console.print(f"pictures that are fetched again in the background: {count}")


commands = [pictures]
