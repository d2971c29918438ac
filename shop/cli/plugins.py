"""`shop plugins …`: which there are, how each is doing; on, off, forgotten."""

from __future__ import annotations

from typing import Any

import click
import peewee
from rich.markup import escape

from shop import config
from shop.cli import plugin_pages
from shop.cli.base import (
    any_store_option,
    console,
    errors,
    guarded,
    open_instance,
    store_option,
    tell,
)
from shop.cli.plugins_new import new
from shop.config import edit as configedit
from shop.errors import ConfigError, ShopError
from shop.instance import Instance
from shop.ops import schema
from shop.plugins import plugin_state
from shop.plugins import plugins as service
from shop.plugins import purge as forget

RELOAD = "A running server takes the file when it is told: shop reload"


@click.group()
def plugins() -> None:
    """The ways of selling: list them, switch them on and off."""


@plugins.command("list")
@any_store_option
@click.pass_context
@guarded
def list_plugins(context: click.Context, store: str | None) -> None:
    """Every plugin there is, where it is on, and what is wrong with it."""
    instance = open_instance(context, strict=False)
    states = plugin_state.survey(instance)
    if store:
        states = [state for state in states if store in state.ranks]
    plugin_pages.show_list(instance, states)


@plugins.command()
@click.argument("name")
@click.pass_context
@guarded
def info(context: click.Context, name: str) -> None:
    """All about one plugin: settings, hooks, tables, routes, jobs."""
    instance = open_instance(context, strict=False)
    plugin_pages.show_info(instance, _known(instance, name))


@plugins.command()
@click.argument("name")
@click.argument("settings", nargs=-1, metavar="[KEY=VALUE]...")
@store_option
@click.option("--before", metavar="OTHER", default="", help="give it precedence over OTHER")
@click.option("--first", is_flag=True, help="give it precedence over all others")
@click.option("--migrate", is_flag=True, help="run the migrations that it waits for")
@click.pass_context
@guarded
def enable(
    context: click.Context,
    name: str,
    settings: tuple[str, ...],
    store: str,
    before: str,
    first: bool,
    migrate: bool,
) -> None:
    """Switch NAME on in shop.toml, behind the others unless told; set its KEYs."""
    if first and before:
        raise click.UsageError("--first or --before, not both", context)
    path = config.find(context.find_root().obj)
    edit = _edited(
        context,
        lambda: service.enable(path, store, name, _keys(settings), before=before, first=first),
    )
    if not edit.lines:
        console.print(f"{name} is on in {store} already; nothing is changed")
        return
    if edit.problems:
        _not_changed(context, edit.problems)
    instance = Instance(config.parse(edit.text, path.parent, config.environment(path.parent)))
    context.call_on_close(instance.close)
    waiting = _waiting(instance, name)
    if waiting and migrate:
        for step in schema.migrate(instance.registry.installed):
            console.print(f"ran {step}", highlight=False)
        waiting = ()
    edit.save()
    plugin_pages.show_lines(edit.lines)
    plugin_pages.show_enabled(instance, store, name)
    if waiting:
        count = f"{len(waiting)} migration(s) of {name} have not run"
        console.print(
            f"[yellow]{count}:[/yellow] shop db migrate, before the server takes the file."
        )
    console.print(RELOAD, highlight=False)


@plugins.command()
@click.argument("name")
@store_option
@click.pass_context
@guarded
def disable(context: click.Context, name: str, store: str) -> None:
    """Switch NAME off in shop.toml. What it owes goes on; its tables stay."""
    path = config.find(context.find_root().obj)
    instance = open_instance(context, strict=False)
    owes = plugin_state.open_work(instance.context(store), name)
    edit = _edited(context, lambda: service.disable(path, store, name))
    edit.save()
    plugin_pages.show_taken_out(edit.lines)
    console.print(f"{name} is off in {store}; with these lines it would be on again.")
    plugin_pages.show_owes(name, owes)
    if problems := service.problems_of(edit.text, path.parent):
        errors.print("[yellow]the file still has mistakes:[/yellow]")
        tell(problems)
    console.print(RELOAD, highlight=False)


@plugins.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option("--force", is_flag=True, help="give up what it still owes")
@click.pass_context
@guarded
def purge(context: click.Context, name: str, yes: bool, force: bool) -> None:
    """Export what NAME has in the database, and delete it.

    Orders, money, ledger and events keep what they say. For a plugin whose folder is gone too.
    """
    instance = open_instance(context, strict=False)
    found = forget.plan(instance, name)
    forget.refuse(found, force)
    if found.empty:
        forget.run(instance, name, force=force)
        console.print(f"nothing is left of {name}")
        return
    plugin_pages.show_plan(found)
    file = forget.export(instance, found)
    if file:
        console.print(f"exported to {file}", highlight=False, soft_wrap=True)
    if not yes and click.prompt(f"Type {name} to delete this") != name:
        raise ShopError("that is another name; nothing is deleted")
    forget.run(instance, name, force=force, file=file)
    console.print(f"{name} is purged")
    if found.installed:
        console.print("It is still installed: its tables were made anew, empty.")


@plugins.command()
@click.argument("name")
@click.option("--order", "number", metavar="NUMBER", default="", help="this order only")
@store_option
@click.pass_context
@guarded
def release(context: click.Context, name: str, number: str, store: str) -> None:
    """Let orders be handed out that NAME, off or gone, still holds."""
    instance = open_instance(context, strict=False)
    numbers = service.release(instance.context(store), name, number)
    for order in numbers:
        console.print(f"released {order}", highlight=False)
    if not numbers:
        console.print(f"{name} holds no order in {store}")


def _keys(words: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not (key and sign):
            raise click.UsageError(f"{word}: settings are given as KEY=VALUE")
        found[key] = configedit.value_of(value)
    return found


def _edited(context: click.Context, edit: Any) -> service.Edit:
    try:
        made: service.Edit = edit()
    except ConfigError as error:
        _not_changed(context, error.problems)
    return made


def _not_changed(context: click.Context, problems: list[str]) -> None:
    errors.print("[red]not changed:[/red]")
    tell(problems)
    context.exit(2)


def _waiting(instance: Instance, name: str) -> tuple[str, ...]:
    try:
        return plugin_state.pending(instance, name)
    except peewee.PeeweeException as error:
        errors.print(f"the database cannot be asked: {escape(str(error))}")
        return ()


def _known(instance: Instance, name: str) -> plugin_state.State:
    states = {state.name: state for state in plugin_state.survey(instance)}
    if name not in states:
        raise ShopError(f"no plugin is called {name}; there are {', '.join(states) or 'none'}")
    return states[name]


plugins.add_command(new)
commands = [plugins]
