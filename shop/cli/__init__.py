"""`shop …`: one file per group of commands; each exports `commands`, a list for the main group."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="FILE", help="shop.toml; else SHOP_CONFIG, else ./shop.toml")
@click.version_option(package_name="minishop")
@click.pass_context
def main(context: click.Context, config: str | None) -> None:
    """Minishop: a small shop for a community, on your own machine."""
    context.obj = config


for _module in sorted({module.name for module in pkgutil.iter_modules(__path__)} - {"__main__"}):
    for _command in getattr(import_module(f"{__name__}.{_module}"), "commands", ()):
        main.add_command(_command)
