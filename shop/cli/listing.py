"""What `shop --help` lists, read from source files: to import every command would take seconds."""

from __future__ import annotations

import ast
import os
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from shop.bundled import bundled

HERE = Path(__file__).parent


def headlines(path: Path) -> dict[str, str]:
    """{command or group: first sentence of its docstring} of a file; {} if it cannot be read."""
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return {}
    found: dict[str, str] = {}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            for mark in map(_command, function.decorator_list):
                if mark is not None:
                    words = " ".join((ast.get_docstring(function) or "").split())
                    name = mark or function.name.replace("_", "-")
                    found[name] = words.partition(". ")[0].removesuffix(".") + "."
    return found


def _command(decorator: ast.expr) -> str | None:
    """The name in `@click.command("name")`, "" if it is that of the function; else None."""
    match decorator:
        case ast.Call(ast.Attribute(ast.Name("click"), "command" | "group"), arguments):
            first = arguments[0] if arguments else None
            return str(first.value) if isinstance(first, ast.Constant) else ""
    return None


def of_plugins(config: str | None) -> dict[str, str]:
    """{group: headline} of the plugins that can be used where shop.toml stands; none without one.
    A plugin's commands are a group in its cli.py with the plugin's name, `-` for `_`."""
    path = Path(config or os.environ.get("SHOP_CONFIG") or "shop.toml")
    try:
        shop = tomllib.loads(path.read_text("utf-8")).get("shop", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    given = shop.get("plugins", []) if isinstance(shop, dict) else []
    folders = [path.parent / name for name in given if isinstance(name, str)]
    found: dict[str, str] = {}
    for plugin, folder in [*_in_folders(folders), *_in_packages()]:
        group = plugin.replace("_", "-")
        if (headline := headlines(folder / "cli.py").get(group)) is not None:
            found.setdefault(group, headline)
    return found


def _in_folders(given: list[Path]) -> Iterator[tuple[str, Path]]:
    for folder in (bundled("plugins"), *given):
        yield from ((path.parent.name, path.parent) for path in folder.glob("*/plugin.py"))


def _in_packages() -> Iterator[tuple[str, Path]]:
    for point in entry_points(group="shop.plugins"):
        package = point.module.partition(".")[0]  # to look for more would import it
        spec = find_spec(package)
        for place in spec.submodule_search_locations or () if spec else ():
            inside = point.module.split(".")[1:-1]
            yield point.name, Path(place, *inside)
