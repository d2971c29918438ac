"""`shop doctor`: how the shop is doing, and what to do."""

from __future__ import annotations

import click

from shop.cli.base import console, guarded, open_instance, table
from shop.ops import doctor as service

MARKS = {"good": "[green]good[/green]", "warn": "[yellow]look[/yellow]", "bad": "[red]bad[/red]"}


@click.command()
@click.pass_context
@guarded
def doctor(context: click.Context) -> None:
    """Look at database, jobs, plugins, disk, backups and settings. Exit code 1 if any is bad."""
    signs = service.examine(open_instance(context, strict=False))
    shown = table("How the shop is doing", "", "what", "found", "to do")
    for sign in signs:
        shown.add_row(MARKS[sign.state], sign.what, sign.found, sign.todo)
    console.print(shown)
    if any(sign.state == service.BAD for sign in signs):
        context.exit(1)


commands = [doctor]
