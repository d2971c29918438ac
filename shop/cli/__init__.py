"""`shop …`: one file per group of commands; each exports `commands`, a list for the main group.

A file is imported when one of its commands is run; the list of them all is read from the sources.
Commands of plugins stand beside ours, when there is a shop.toml that can be read.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from shop.cli import listing

FILES = {
    "catalogue": ("export", "import"),
    "config": ("check", "config", "init", "secret"),
    "db": ("db",),
    "demo": ("demo",),
    "doctor": ("doctor",),
    "fsck": ("fsck",),
    "jobs": ("jobs", "worker"),
    "pictures": ("pictures",),
    "people": ("staff", "token"),
    "pickup": ("sheet", "windows"),
    "plugins": ("plugins",),
    "serve": ("reload", "serve"),
    "themes": ("themes",),
}
"""the names of the commands by file"""


class Main(click.Group):
    """Our commands, then those of plugins: a plugin takes no name of ours."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*_ours(), *sorted(_of_plugins(context))]

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """What click writes, without importing a command."""
        headlines: dict[str, str] = {}
        for file in FILES:
            headlines |= listing.headlines(listing.HERE / f"{file}.py")
        rows = [(name, headlines[name]) for name in _ours()]
        rows += sorted(listing.of_plugins(context.params.get("config")).items())
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        for file, names in FILES.items():
            if name in names:
                found = import_module(f"{__name__}.{file}").commands
                return next(command for command in found if command.name == name)
        return _of_plugins(context).get(name)

    def invoke(self, context: click.Context) -> Any:
        """What the system refuses, a folder that is a file or a disk that is full, is said in words."""
        try:
            return super().invoke(context)
        except BrokenPipeError:  # nobody reads on
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", metavar="FILE", is_eager=True, help="shop.toml; else SHOP_CONFIG, else ./shop.toml"
)
@click.version_option(package_name="minishop")
@click.pass_context
def main(context: click.Context, config: str | None) -> None:
    """Minishop: a small shop for a community, on your own machine."""
    context.obj = config


def _ours() -> list[str]:
    return sorted(name for names in FILES.values() for name in names)


def _of_plugins(context: click.Context) -> dict[str, click.Command]:
    """{name: command}; none where the file or a plugin has a mistake, which other commands name."""
    from shop import config
    from shop.errors import ShopError
    from shop.loading.registry import Registry

    if "plugins" not in context.meta:
        try:
            path = config.find(context.params.get("config"))
            installed = Registry(config.load(path)).installed.values()
        except ShopError:
            installed = {}.values()
        found = [command for plugin in installed for command in plugin.commands]
        context.meta["plugins"] = {command.name: command for command in found}
    return dict(context.meta["plugins"])
