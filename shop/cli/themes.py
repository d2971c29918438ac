"""`shop themes …`: looks of the pages, and one of your own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import jinja2

from shop import config as configs
from shop import i18n
from shop import themes as packs
from shop.cli.base import console, guarded, table, tell
from shop.config import Config
from shop.config import edit as configedit
from shop.errors import ShopError

WORD = re.compile(r"[a-z][a-z0-9_]{1,31}")
FOLDER = "themes"
COLOURS = """\
/* Your colours: what you do not name stays as it is. docs/themes.md lists the names. */
:root {
  --accent: #8a3b12;
  --accent-dark: #5f270a;
}
"""
WORDS = """\
# Your words: a code of the storefront (docs/themes.md) and what to say for it.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {locale}\\n"
"""


@click.group()
def themes() -> None:
    """Looks of the pages: those there are, one of your own."""


@themes.command("list")
@click.pass_context
@guarded
def show(context: click.Context) -> None:
    """The themes there are, and which store uses which."""
    _, config = _config(context)
    found, wrong = packs.find(packs.folders(config))
    shown = table("Themes", "theme", "extends", "used by", "about")
    for name, theme in found.items():
        used = [code for code, s in config.stores.items() if (s.theme or packs.DEFAULT) == name]
        shown.add_row(
            name, theme.options.get("extends", ""), ", ".join(used), theme.description or ""
        )
    console.print(shown)
    tell([f"{name}: {why}" for name, why in wrong.items()])


@themes.command()
@click.argument("name")
@click.option("--from", "base", default=packs.DEFAULT, show_default=True, help="what it stands on")
@click.option("--page", "pages", multiple=True, help="a template to copy and change: product.html")
@click.option("--store", help="use it there from now on")
@click.pass_context
@guarded
def new(
    context: click.Context, name: str, base: str, pages: tuple[str, ...], store: str | None
) -> None:
    """Make a theme NAME of your own: your colours and words on another theme, whose pages it keeps."""
    path, config = _config(context)
    if not WORD.fullmatch(name):
        raise ShopError(f"{name!r}: a theme is called 2-32 of a-z, 0-9 and _, a letter first")
    found, _ = packs.find(packs.folders(config))
    if name in found:
        raise ShopError(f"there is a theme {name} already, in {found[name].path}")
    if base not in found:
        raise ShopError(f"no theme {base}; there is {', '.join(found)}")
    if store and store not in config.stores:
        raise ShopError(f"no store {store}; there is {', '.join(config.stores)}")
    folder = config.path(FOLDER) / name
    sources = {page: _source(config, base, page) for page in pages}
    facts = {
        "application": packs.APPLICATION, "identifier": name, "name": name, "author": "",
        "options": {"extends": base, "colour": "#8a3b12"},
    }  # fmt: skip
    _write(folder / "info.json", json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    _write(folder / "static" / "colours.css", COLOURS)
    for locale in i18n.LOCALES:
        _write(folder / "words" / f"{locale}.po", WORDS.format(locale=locale))
    (folder / "templates").mkdir(exist_ok=True)
    for page, source in sources.items():
        _write(folder / "templates" / page, source)
    text = path.read_text("utf-8")
    if FOLDER not in config.themes:
        text, _ = configedit.set_key(text, "shop.themes", [*config.themes, FOLDER])
    if store:
        text, _ = configedit.set_key(text, f"stores.{store}.theme", name)
    configedit.save(path, text)
    console.print(f"made {folder}")
    if store:
        console.print(f"{store} uses it: `shop reload` shows it")
    else:
        console.print(f'to use it: theme = "{name}" in the table of a store')


@themes.command()
@click.argument("names", nargs=-1)
@click.pass_context
@guarded
def check(context: click.Context, names: tuple[str, ...]) -> None:
    """Look through themes, or all of them: every mistake with its file and line."""
    _, config = _config(context)
    found, wrong = packs.find(packs.folders(config))
    said = [f"{name}: {why}" for name, why in wrong.items() if not names or name in names]
    said += [f"{name}: no such theme" for name in names if name not in found | wrong]
    for name, theme in found.items():
        if not names or name in names:
            said += [f"{name}: {line}" for line in _mistakes(theme, found, config)]
    said += packs.problems(config)
    tell(said)
    if said:
        context.exit(1)
    console.print(f"{len(names or found)} themes are well")


def _mistakes(theme: packs.Theme, found: dict[str, packs.Theme], config: Config) -> list[str]:
    """What is wrong with a theme, a line each."""
    said, home = [], Path(theme.path)
    base = theme.options.get("extends", "")
    if base and base not in found:
        said.append(f"info.json: it extends {base}, which there is not")
    environment = jinja2.Environment(autoescape=True)
    known = {path.name for folder in _originals() for path in folder.glob("*.*")}
    for path in sorted((home / "templates").rglob("*")):
        if not path.is_file():
            continue
        inside = path.relative_to(home)
        try:
            environment.parse(path.read_text("utf-8"))
        except (jinja2.TemplateSyntaxError, UnicodeDecodeError) as error:
            said.append(f"{inside}:{getattr(error, 'lineno', 1)}: {error}")
        if known and path.parent == home / "templates" and path.name not in known:
            said.append(f"{inside}: no page uses a template of this name")
    for path in sorted((home / "words").glob("*")):
        inside = path.relative_to(home)
        if path.stem not in i18n.LOCALES or path.suffix != ".po":
            said.append(f"{inside}: words are in {' and '.join(f'{x}.po' for x in i18n.LOCALES)}")
            continue
        try:
            own = i18n.words(path.parent, path.stem)
        except ValueError as error:
            said.append(f"{inside}: {error}")
            continue
        known_codes = i18n.catalogue(path.stem)
        said += [f"{inside}: nothing says {code!r}" for code in own if code not in known_codes]
    return said


def _originals() -> list[Path]:
    """Folders of the templates that plugins with pages bring, which a theme may replace."""
    from shop.bundled import bundled

    return [
        path for path in bundled("plugins").glob("*/templates/*") if path.name == path.parts[-3]
    ]


def _source(config: Config, base: str, page: str) -> str:
    homes = [Path(theme.templates_path) for theme in packs.chain(config, base)]
    for home in (*homes, *_originals()):
        if (home / page).is_file():
            return (home / page).read_text("utf-8")
    names = sorted({path.name for home in _originals() for path in home.glob("*.html")})
    raise ShopError(f"no page uses a template {page}; there is {', '.join(names)}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _config(context: click.Context) -> tuple[Path, Config]:
    path = configs.find(context.find_root().obj)
    return path, configs.load(path)


commands = [themes]
