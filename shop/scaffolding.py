"""Writes a new plugin: `create("gift_wrap", Path("plugins"))` copies `scaffold/` under that name."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from shop.api import blueprints
from shop.errors import ShopError
from shop.loading import discovery

SCAFFOLD = Path(__file__).parent / "scaffold"
SUFFIX = ".txt"
"""what every file there ends with, so that no tool takes it for code of ours"""
PACKAGE = "pyproject.toml"
WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
RESERVED = {
    "admin", "api", "docs", "me", "never", "openapi", "plugin", "plugins", "scaffold", "shop",
    "store", "stores", "test", "tests", "your_plugin",
}  # fmt: skip
"""what would be mistaken for something else"""


def create(name: str, parent: Path, package: bool = False) -> list[Path]:
    """The files written, below `parent`/`name`. ShopError for a name that cannot be a plugin's or
    a folder that is there already. `package` adds a pyproject.toml, so that it can be installed
    instead of lying in a folder of plugins."""
    refuse(name)
    folder = parent / name
    if folder.exists():
        raise ShopError(f"{folder} is there already; nothing is overwritten")
    written = []
    for source in sorted(SCAFFOLD.rglob(f"*{SUFFIX}")):
        relative = str(source.relative_to(SCAFFOLD)).removesuffix(SUFFIX)
        if relative == PACKAGE and not package:
            continue
        path = folder / renamed(relative, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(renamed(source.read_text("utf-8"), name), "utf-8")
        written.append(path)
    return written


def refuse(name: str) -> None:
    """ShopError, with the reason, for a name that cannot be a new plugin's."""
    if not WORD.fullmatch(name) or not 2 <= len(name) <= 32:
        raise ShopError(f"{name}: a name is 2-32 of a-z, 0-9 and _, a letter first: gift_wrap")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise ShopError(f"{name} is a word of Python's, choose another")
    if name in RESERVED or name in {blueprint.name for blueprint in blueprints()}:
        raise ShopError(f"the name {name} is the core's, choose another")
    discovery.check_name(name)
    if any((folder / name).exists() for folder in discovery.searched()):
        raise ShopError(f"there is a plugin {name} already")


def renamed(text: str, name: str) -> str:
    """`text` with the name of the scaffold replaced by a plugin's."""
    camel = "".join(part.capitalize() for part in name.split("_"))
    text = text.replace("your_plugin", name).replace("YourPlugin", camel)
    return text.replace("your-plugin", name.replace("_", "-"))
