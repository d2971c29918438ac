"""`shop init`, `check`, `secret` and `config …`: the file that says what the shop is."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from shop import config as configuration
from shop.cli.base import console, errors, guarded, open_instance, tell
from shop.config import edit as configedit
from shop.errors import ConfigError


@click.command()
@click.pass_context
@guarded
def check(context: click.Context) -> None:
    """Name every mistake of shop.toml and of the plugins it switches on."""
    instance = open_instance(context)
    for store in instance.config.stores.values():
        plugins = ", ".join(store.plugins) or "no plugin"
        console.print(f"{store.code}: {store.name}, {store.currency}, {plugins}", highlight=False)
        for name, plugin in instance.registry.stores[store.code].by_name.items():
            for line in plugin.notes(store):
                console.print(f"  {name}: {line}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"{len(instance.registry.installed)} plugin(s) installed; the file is good")


@click.command()
def secret() -> None:
    """Print a fresh secret."""
    click.echo(configedit.new_secret())


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--store", "code", default="main", show_default=True, help="code of the first store")
@click.option("--name", default="My shop", show_default=True)
@click.option("--currency", default="CNY", show_default=True)
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@click.option("--locale", default="zh_Hans", show_default=True)
@click.option("--database", default="sqlite:///shop.db", show_default=True)
@guarded
def init(folder: Path, code: str, database: str, **store: str) -> None:
    """Begin a shop in FOLDER: shop.toml, and a secret of its own in .env."""
    path = configedit.create(folder, code, store, database)
    console.print(
        f"wrote {path} and {path.parent / '.env'}; next:", highlight=False, soft_wrap=True
    )
    for command in ("db migrate", "token create --role owner --name NAME", "serve"):
        line = f"  shop --config {shlex.quote(str(path))} {command}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)


@click.group()
def config() -> None:
    """Change shop.toml; its comments stay."""


def _edit(context: click.Context, change: Callable[[str], tuple[str, str]]) -> None:
    path = configuration.find(context.find_root().obj)
    try:
        text, line = change(path.read_text("utf-8"))
        configedit.save(path, text)
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file; `shop init` makes one"]) from None
    except ConfigError as error:
        errors.print("[red]not changed:[/red]")
        tell(error.problems)
        context.exit(2)
    console.print(line, highlight=False, markup=False)


@config.command("set")
@click.argument("key")
@click.argument("value")
@click.pass_context
@guarded
def set_key(context: click.Context, key: str, value: str) -> None:
    """Set KEY (like stores.orchard.name) to VALUE. `shop reload` makes a running server take it."""
    given: Any = configedit.value_of(value)
    _edit(context, lambda text: configedit.set_key(text, key, given))


@config.command("unset")
@click.argument("key")
@click.pass_context
@guarded
def unset_key(context: click.Context, key: str) -> None:
    """Take KEY out of the file; its default holds again."""
    _edit(context, lambda text: configedit.unset_key(text, key))


commands = [check, secret, init, config]
