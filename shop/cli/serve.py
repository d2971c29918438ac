"""`shop serve`: the shop on a port; `shop reload`: its file taken anew."""

from __future__ import annotations

import click

from shop import config, server
from shop.cli.base import errors, guarded, tell


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


@click.command()
@click.pass_context
@guarded
def reload(context: click.Context) -> None:
    """Let the running server take a changed shop.toml; nobody who is buying notices.

    A file with a mistake is refused, and the server goes on with the old one.
    """
    path = config.find(context.find_root().obj)
    if problems := server.problems_of(path):
        errors.print(f"[red]{path} is not taken:[/red]", soft_wrap=True)
        tell(problems)
        context.exit(2)
    pid = server.running(path.parent)
    if pid is None:
        raise server.Refused(f"no server of {path} runs on this machine; `shop serve` starts one")
    done = server.reload(pid)
    click.echo("the server has taken the file" if done else "the server is still taking the file")


commands = [serve, reload]
