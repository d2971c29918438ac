"""`shop demo`: the demo store, made in a moment and served."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click
import orjson
from rich.panel import Panel
from rich.table import Table

from shop import companions, config, server
from shop.cli.base import console, guarded
from shop.config import edit as configedit
from shop.demo import load
from shop.instance import Instance
from shop.loading.registry import Registry
from shop.ops import schema


@click.command()
@click.option(
    "--dir", "folder", default="var/demo", show_default=True, type=click.Path(path_type=Path)
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@guarded
def demo(folder: Path, host: str, port: int) -> None:
    """Make the demo store in a folder, or use the one that is there, and serve it until SIGTERM."""
    server.require_free(host, port)
    facts = load.store_facts()
    code = facts.pop("code")
    path = folder / "shop.toml"
    if not path.exists():
        configedit.create(folder, code, facts, mode="demo", rate_limits="generous")
        _switch_on(path, code)
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    keys = _prepare(path, code, address)
    console.print(_panel(keys, path))
    beside = companions.wanted(Registry(config.load(path)))
    with companions.beside(path, address, beside):
        server.serve(path, host, port, ready=lambda: click.echo(f"ready: {address}"))


def _switch_on(path: Path, code: str) -> None:
    """Every plugin that may run in a demo, with the settings that it comes with."""
    text, found = path.read_text("utf-8"), Registry(config.load(path)).installed
    for name in sorted(name for name, kind in found.items() if "demo" in kind.modes):
        text, _ = configedit.set_key(text, f"stores.{code}.plugins.{name}", {})
    configedit.save(path, text)


def _prepare(path: Path, code: str, address: str) -> dict[str, Any]:
    """Migrate, fill and top up; what keys.json says."""
    instance = Instance(config.load(path))
    try:
        schema.migrate(instance.registry.installed)
        ctx = instance.context(code)
        file = path.parent / "keys.json"
        keys = orjson.loads(file.read_bytes()) if file.exists() else {}
        if not load.is_filled(ctx):
            load.fill(ctx, instance.config.path(instance.config.media) / code)
        if "passwords" not in keys:
            keys |= load.ways_in(ctx)
        load.top_up(ctx)
        for plugin in ctx.plugins.by_name.values():
            plugin.demo(ctx)
    finally:
        instance.close()
    keys |= {
        "plugins": list(ctx.plugins.names),
        "pages": [
            f"{address}/{code}{pages.url_prefix or ''}/"
            for plugin in ctx.plugins.by_name.values()
            for pages in plugin.pages
        ],
        "url": address,
        "store": code,
        "customers": load.phones(),
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(orjson.dumps(keys, option=orjson.OPT_INDENT_2))
    return keys


def _panel(keys: dict[str, Any], path: Path) -> Panel:
    api = f"{keys['url']}/api/v1/{keys['store']}"
    program = sys.argv[0] if Path(sys.argv[0]).name == "shop" else "shop"
    grid = Table.grid(padding=(0, 2))
    for name, value in (
        ("pages", "\n".join(keys["pages"]) or "none"),
        ("signing in", "\n".join(f"{name}  {word}" for name, word in keys["passwords"].items())),
        ("API", f"{api}/"),
        ("reference", f"{keys['url']}/docs"),
        ("owner's token", keys.get("owner_token", "")),
        ("clerk's token", keys.get("clerk_token", "")),
        ("customers", ", ".join(keys["customers"])),
        ("plugins", ", ".join(keys["plugins"]) or "none"),
        ("commands", f"{program} --config {shlex.quote(str(path))} --help"),
    ):
        grid.add_row(f"[bold]{name}[/bold]", value)
    return Panel(grid, title="Minishop demo", title_align="left", expand=False)


commands = [demo]
