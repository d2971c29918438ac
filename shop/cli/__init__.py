"""`shop …`: one file per group of commands; each exports `commands`, a list for the main group.

Commands of installed plugins stand beside them, when there is a shop.toml that can be read.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

from shop import config as configuration
from shop.errors import ShopError


class Main(click.Group):
    """Our commands, then those of plugins: a plugin takes no name of ours."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*super().list_commands(context), *sorted(_of_plugins(context))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return super().get_command(context, name) or _of_plugins(context).get(name)


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", metavar="FILE", is_eager=True, help="shop.toml; else SHOP_CONFIG, else ./shop.toml"
)
@click.version_option(package_name="minishop")
@click.pass_context
def main(context: click.Context, config: str | None) -> None:
    """Minishop: a small shop for a community, on your own machine."""
    context.obj = config


def _of_plugins(context: click.Context) -> dict[str, click.Command]:
    """{name: command}; none where the file or a plugin has a mistake, which other commands name."""
    from shop.registry import Registry

    if "plugins" not in context.meta:
        try:
            path = configuration.find(context.params.get("config"))
            installed = Registry(configuration.load(path)).installed.values()
        except ShopError:
            installed = {}.values()
        found = [command for plugin in installed for command in plugin.commands]
        context.meta["plugins"] = {command.name: command for command in found}
    return dict(context.meta["plugins"])


for _module in sorted({module.name for module in pkgutil.iter_modules(__path__)} - {"__main__"}):
    for _command in getattr(import_module(f"{__name__}.{_module}"), "commands", ()):
        main.add_command(_command)
