"""`shop db …`: tables, copies and what they were copied from."""

from __future__ import annotations

from pathlib import Path

import click

from shop.cli.base import console, guarded, open_instance, table
from shop.cli.fsck import fsck
from shop.clock import to_us
from shop.ops import backup as copies
from shop.ops import schema

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def db() -> None:
    """The database: migrations, backup, restore."""


@db.command()
@click.pass_context
@guarded
def migrate(context: click.Context) -> None:
    """Run the migrations that are pending, of the core and of every installed plugin."""
    instance = open_instance(context)
    done = schema.migrate(instance.registry.installed)
    for step in done:
        console.print(f"ran {step}", highlight=False)
    if not done:
        console.print("nothing to do: every migration has run")


@db.command()
@click.pass_context
@guarded
def status(context: click.Context) -> None:
    """Which migrations have run and which are pending. Exit code 1 if any is."""
    instance = open_instance(context)
    found = table("Migrations", "owner", "migration", "ran")
    steps = schema.status(instance.registry.installed)
    for step in steps:
        when = f"{step.applied:%Y-%m-%d %H:%M}" if step.applied else "[yellow]pending[/yellow]"
        found.add_row(step.owner, step.name, when + (", its file is gone" if step.missing else ""))
    console.print(found)
    if any(step.applied is None for step in steps):
        context.exit(1)


@db.command()
@click.argument("owner")
@click.option("--to", "target", metavar="MIGRATION", help="back through this one; else the last")
@click.option("--yes", is_flag=True, help="do not ask")
@click.pass_context
@guarded
def rollback(context: click.Context, owner: str, target: str | None, yes: bool) -> None:
    """Undo the last migration of OWNER: core, or a plugin's name."""
    instance = open_instance(context)
    if not yes:
        click.confirm("What its tables and columns hold will be lost. Go on?", abort=True)
    for step in schema.rollback(instance.registry.installed, owner, target):
        console.print(f"undid {step}", highlight=False)


@db.command()
@click.argument("file", type=FILE, required=False)
@click.pass_context
@guarded
def backup(context: click.Context, file: Path | None) -> None:
    """Copy the database into FILE (else into backups/), with a checksum; the shop goes on."""
    instance = open_instance(context)
    where = file or copies.default_file(instance.config.folder, instance.clock.now())
    made = copies.make(instance.config.database, where)
    size = made.stat().st_size / 1_000_000
    console.print(
        f"wrote {made} ({size:.1f} MB) and {made.name}.sha256", highlight=False, soft_wrap=True
    )


@db.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="even over orders, or while the shop runs")
@click.pass_context
@guarded
def restore(context: click.Context, file: Path, force: bool) -> None:
    """Put a copy back in place of the database, then check every number of it. Stop the shop
    first. Exit code 1 if something is wrong."""
    instance = open_instance(context)
    now_us = to_us(instance.clock.now())
    copies.put_back(instance.config.database, file, now_us, force)
    console.print(f"the database is what {file} says", highlight=False, soft_wrap=True)
    if missing := schema.pending(instance.registry.installed):
        console.print(f"it is older than this program ({', '.join(missing)}); run:")
        console.print("  shop db migrate\n  shop fsck")
        return
    context.invoke(fsck)


commands = [db]
