"""What every command shares: the instance, tables, and errors a person can act on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from shop import config
from shop.errors import ConfigError, ShopError
from shop.instance import Instance

console = Console()
errors = Console(stderr=True)


def open_instance(context: click.Context) -> Instance:
    """The instance of --config; its mistakes are printed, all of them, and end the command."""
    given = context.find_root().obj
    path = config.find(given)
    try:
        instance = Instance(config.load(path))
        context.call_on_close(instance.close)
        return instance
    except ConfigError as error:
        errors.print(f"[red]{path} cannot be used:[/red]")
        for problem in error.problems:
            errors.print(f"  {problem}", markup=False, highlight=False)
        sys.exit(2)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print our own errors in a line instead of a traceback; exit with 1."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ShopError as error:
            errors.print(f"[red]{type(error).__name__}:[/red] ", end="")
            errors.print(str(error), markup=False, highlight=False)
            sys.exit(1)

    return wrapper


def table(title: str, *columns: str) -> Table:
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column)
    return made


store_option = click.option("--store", metavar="CODE", required=True, help="which store")
