"""Themes: Flask-Themes2 packs of the bundled folder and of the owner's, and what stands on what.

`info.json` names the pack; its `options` may say which theme it `extends`: what it lacks, a
template, a file or a word, is taken from that one. A plugin with pages takes the rest from itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask_themes2 import Theme

from shop.bundled import bundled
from shop.config import Config
from shop.errors import ShopError

DEFAULT = "market"
APPLICATION = "minishop"
DEPTH = 5
"""themes that may stand on one another"""


class Broken(ShopError):
    """A pack that cannot be used; `str()` says why."""


def folders(config: Config) -> list[Path]:
    """Where themes are looked for: the owner's folders first."""
    return [*(config.path(name) for name in config.themes), bundled("themes")]


def read(folder: Path) -> Theme:
    """The pack in a folder; Broken says what is wrong with its info.json."""
    try:
        theme = Theme(str(folder))
    except FileNotFoundError:
        raise Broken("there is no info.json") from None
    except KeyError as error:
        raise Broken(f"info.json lacks {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise Broken(f"info.json: {error}") from None
    if theme.application != APPLICATION:
        raise Broken(f'info.json: "application" must be "{APPLICATION}"')
    if theme.identifier != folder.name:
        raise Broken(f'info.json: "identifier" must be that of its folder, "{folder.name}"')
    return theme


def find(places: Iterable[Path]) -> tuple[dict[str, Theme], dict[str, str]]:
    """(themes by name, what is wrong with the others); a folder listed first wins."""
    found: dict[str, Theme] = {}
    wrong: dict[str, str] = {}
    for place in places:
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.is_dir() and path.name not in found and not path.name.startswith((".", "_")):
                try:
                    found[path.name] = read(path)
                except Broken as error:
                    wrong[path.name] = str(error)
    return found, wrong


@lru_cache(maxsize=64)
def _chain(places: tuple[Path, ...], name: str) -> tuple[Theme, ...]:
    found, _ = find(places)
    chain: list[Theme] = []
    while name in found and len(chain) < DEPTH and found[name] not in chain:
        chain.append(found[name])
        name = chain[-1].options.get("extends", "")
    return tuple(chain)


def chain(config: Config, name: str) -> tuple[Theme, ...]:
    """The theme, then what it extends; the default one where it is not found. What a process has
    found it keeps; templates, words and files of a theme are looked at anew."""
    places = tuple(folders(config))
    return _chain(places, name or DEFAULT) or _chain(places, DEFAULT)


def file(stack: Iterable[Theme], name: str, base: Path) -> Path | None:
    """A static file of the first theme that has it, else of the folder `base`."""
    for home in (*(Path(theme.static_path) for theme in stack), base):
        path = home / name
        with suppress(OSError):  # a name that no file can have
            if path.is_file() and path.resolve().is_relative_to(home.resolve()):
                return path
    return None


def option(stack: Iterable[Theme], name: str, default: Any = "") -> Any:
    """What info.json says under `options`, the theme's own before those it extends."""
    for theme in stack:
        if name in theme.options:
            return theme.options[name]
    return default


def problems(config: Config) -> list[str]:
    """What of the stores' themes cannot be, a line each."""
    found, wrong = find(folders(config))
    lost = [name for name in config.themes if not config.path(name).is_dir()]
    said = [f"shop.themes: there is no folder {name}" for name in lost]
    for code, store in config.stores.items():
        if store.theme in wrong:
            said.append(f"stores.{code}.theme: {store.theme}: {wrong[store.theme]}")
        elif store.theme and store.theme not in found:
            said.append(f"stores.{code}.theme: no theme {store.theme}; there is {', '.join(found)}")
    return said
