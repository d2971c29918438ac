"""`shop fsck`."""

from __future__ import annotations

from contextlib import suppress

import click
import peewee

from shop import db
from shop.cli.base import any_store_option, console, guarded, open_instance, table
from shop.ops import fsck as service
from shop.ops import schema
from shop.ops.checks import Finding


@click.command()
@any_store_option
@click.pass_context
@guarded
def fsck(context: click.Context, store: str | None) -> None:
    """Check every number and reference of the books. Exit code 1 if anything is wrong."""
    instance = open_instance(context)
    schema.require_current(instance.registry.installed)
    if db.is_postgres():  # a copy that was just put back has no statistics: checks would crawl
        with suppress(peewee.DatabaseError):  # a damaged page is named below
            db.run("ANALYZE")
    stores = [store] if store else list(instance.config.stores)
    found: list[tuple[str, Finding]] = [("", finding) for finding in service.whole()]
    checked = 0
    for code in stores:
        ctx = instance.context(code)
        checked = max(checked, len(service.names(ctx)))
        found += [(code, finding) for finding in service.run(ctx)]
    if not found:
        console.print(
            f"clean: {checked} checks, {len(stores)} {'store' if len(stores) == 1 else 'stores'}",
            highlight=False,
        )
        return
    shown = table(f"{len(found)} findings", "store", "check", "row", "what is wrong")
    for code, finding in found:
        shown.add_row(code, finding.check, finding.row, finding.message)
    console.print(shown)
    context.exit(1)


commands = [fsck]
