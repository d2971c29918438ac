"""`shop serve`: the shop on a port."""

from __future__ import annotations

import click

from shop import config, server
from shop.cli.base import guarded


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, envvar="HOST")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), envvar="PORT"
)
@click.pass_context
@guarded
def serve(context: click.Context, host: str, port: int) -> None:
    """Serve the shop, with its job runner, until SIGTERM or Ctrl-C."""
    path = config.find(context.find_root().obj)
    address = f"http://{host}:{port}"
    server.serve(path, host, port, ready=lambda: click.echo(f"ready: {address}"))


commands = [serve]
