"""`shop plugins new`: write a plugin that works, to be changed into another."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from shop import config as configuration
from shop import scaffolding
from shop.cli.base import console, guarded
from shop.errors import ShopError
from shop.loading import discovery


@click.command("new")
@click.argument("name")
@click.option("--dir", "parent", metavar="FOLDER", help="the folder of plugins; else the file's")
@click.option("--package", is_flag=True, help="with a pyproject.toml, to be installed by pip")
@click.pass_context
@guarded
def new(context: click.Context, name: str, parent: str | None, package: bool) -> None:
    """Write a plugin NAME that works: a fee on small orders, with its table, routes and tests."""
    config = _config(context)
    if config is not None:
        discovery.namespace([config.path(folder) for folder in config.plugins])
    known = [config.path(folder) for folder in config.plugins] if config else []
    folder = Path(parent) if parent else known[0] if known else Path("plugins")
    written = scaffolding.create(name, folder, package)
    steps = [f"pytest {folder / name}"]
    if package:
        steps += [f"pip install {folder / name}"]
    elif folder.resolve() not in [path.resolve() for path in known]:
        value = json.dumps([*(config.plugins if config else ()), _named(config, folder)])
        steps += [f"shop config set shop.plugins {shlex.quote(value)}"]
    steps += [f"shop plugins enable {name} --migrate"]
    lines = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
    console.print(f"{folder / name}: {len(written)} files. What is next:", highlight=False)
    console.print(lines, markup=False, highlight=False, soft_wrap=True)


def _named(config: configuration.Config | None, folder: Path) -> str:
    """The folder as the file names it: from where the file stands."""
    if config is not None and folder.resolve().is_relative_to(config.folder.resolve()):
        return str(folder.resolve().relative_to(config.folder.resolve()))
    return str(folder) if config is None else str(folder.resolve())


def _config(context: click.Context) -> configuration.Config | None:
    """The file, if there is one that can be read."""
    try:
        return configuration.load(configuration.find(context.find_root().obj))
    except ShopError:
        return None
