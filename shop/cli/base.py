"""What every command shares: the instance, tables, and errors a person can act on."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click
import peewee
from rich.console import Console
from rich.table import Table

from shop import config, db, i18n
from shop.clock import from_us
from shop.context import Context
from shop.errors import ConfigError, Reject, ShopError
from shop.instance import Instance

console = Console()
errors = Console(stderr=True)


class Number(click.ParamType):
    """The number of a row, of a job or a sale: at most what a database can count to."""

    name = "number"

    def convert(self, value: Any, param: Any, context: Any) -> int:
        number: int = click.INT.convert(value, param, context)
        if not 0 < number < 2**63:
            self.fail(f"there is no number {value}", param, context)
        return number


NUMBER = Number()


def open_instance(context: click.Context, strict: bool = True) -> Instance:
    """The instance of --config; its mistakes are printed, all of them, and end the command.
    Without `strict` those of plugins do not: they are in `registry.problems`."""
    given = context.find_root().obj
    path = config.find(given)
    try:
        instance = Instance(config.load(path), strict=strict)
        context.call_on_close(instance.close)
        return instance
    except ConfigError as error:
        errors.print(f"[red]{path} cannot be used:[/red]", soft_wrap=True)
        tell(error.problems)
        sys.exit(2)


def tell(problems: list[str]) -> None:
    """Problems on stderr, a line each, however long: they can be searched and copied."""
    for problem in problems:
        errors.print(f"  {problem}", markup=False, highlight=False, soft_wrap=True)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Say our own errors in words instead of a traceback; exit with 1."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ShopError as error:
            words = str(error)
            if isinstance(error, Reject):
                words = f"{i18n.say(error.code, 'en', **error.facts)} ({error.code})"
            _end(words)
        except peewee.DatabaseError as error:
            away = "is away, busy or full" if db.transient(error) else "cannot be read"
            _end(f"the database {away}: {str(error).strip()}")

    return wrapper


def _end(words: str) -> NoReturn:
    errors.print("[red]Error:[/red] ", end="")
    errors.print(words, markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)


def table(title: str, *columns: str) -> Table:
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def when(ctx: Context, at: int | None) -> str:
    """`2026-05-01 12:00`, by the store's own clock, of an instant in microseconds."""
    zone = ZoneInfo(ctx.store.timezone)
    return "" if at is None else f"{from_us(at).astimezone(zone):%Y-%m-%d %H:%M}"


def _known_store(
    context: click.Context, parameter: click.Parameter, code: str | None
) -> str | None:
    """Refuse a store that the file has not."""
    try:
        stores = list(config.load(config.find(context.find_root().obj)).stores)
    except ConfigError:
        return code or ""  # `open_instance` says what is wrong with the file
    if code is None or code in stores:
        return code
    near = difflib.get_close_matches(code, stores, 1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(stores)}"
    raise click.BadParameter(f"no store is called {code}; {hint}", context, parameter)


def _one_store(context: click.Context, parameter: click.Parameter, code: str | None) -> str | None:
    """The store named, or the only one."""
    if (code := _known_store(context, parameter, code)) is not None:
        return code
    stores = list(config.load(config.find(context.find_root().obj)).stores)
    if len(stores) > 1:
        raise click.UsageError(f"Which store? --store is one of {', '.join(stores)}.", context)
    return stores[0]


store_option = click.option(
    "--store", metavar="CODE", callback=_one_store, help="which store, if there is more than one"
)
any_store_option = click.option(
    "--store", metavar="CODE", callback=_known_store, help="only this store; else all of them"
)
