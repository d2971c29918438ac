"""A store's look in a language: its theme and those that it stands on, their templates, words and files.

Made once by a process: a theme that is changed is seen after `shop reload`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import jinja2
from flask import current_app

from shop import Context, i18n, themes
from shop.messages import templates

from .settings import NAME

HERE = Path(__file__).parent
Plugins = tuple[tuple[str, Path], ...]


class Look:
    def __init__(self, stack: tuple[themes.Theme, ...], plugins: Plugins, locale: str) -> None:
        self.stack, self.locale = stack, locale
        self.plugins = [name for name, _ in plugins]
        self.words: dict[str, Any] = {}
        for theme in reversed(stack):
            self.words |= i18n.words(Path(theme.path) / "words", locale)
        base = jinja2.FileSystemLoader(HERE / "templates" / NAME)
        homes = [jinja2.FileSystemLoader(theme.templates_path) for theme in stack]
        parts = {kind: _of_plugins(plugins, kind) for kind in ("slots", "pages")}
        loader = jinja2.ChoiceLoader([*homes, base, jinja2.PrefixLoader({"base": base, **parts})])
        self.environment = templates.environment(loader, auto_reload=False)
        self._slots: dict[str, list[tuple[str, jinja2.Template]]] = {}
        self._marks: dict[str, str] = {}

    def template(self, name: str) -> jinja2.Template:
        return self.environment.get_template(name)

    def slots(self, name: str) -> list[tuple[str, jinja2.Template]]:
        """The templates that fill a slot, by plugin, in the owner's order."""
        if name not in self._slots:
            found = []
            for plugin in self.plugins:
                try:
                    found.append((plugin, self.template(f"slots/{plugin}/{name}.html")))
                except jinja2.TemplateNotFound:
                    continue
            self._slots[name] = found
        return self._slots[name]

    def say(self, code: str, **facts: Any) -> str:
        """The theme's own words for a code, else everybody's."""
        own = self.words.get(code)
        return i18n.say(code, self.locale, **facts) if own is None else str(own).format(**facts)

    def file(self, name: str) -> Path | None:
        """A static file of the theme, of one that it stands on, or of the storefront."""
        return themes.file(self.stack, name, HERE / "static")

    def mark(self, name: str) -> str:
        """What changes with the content of a static file; "" if there is none."""
        if name not in self._marks:
            path = self.file(name)
            self._marks[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path else ""
        return self._marks[name]

    def option(self, name: str, default: Any = "") -> Any:
        return themes.option(self.stack, name, default)


def _of_plugins(plugins: Plugins, kind: str) -> jinja2.BaseLoader:
    """`<plugin>/<name>.html` from each plugin's `templates/<kind>` folder."""
    return jinja2.PrefixLoader(
        {name: jinja2.FileSystemLoader(folder / "templates" / kind) for name, folder in plugins}
    )


def look(here: Context) -> Look:
    """Made once by an application."""
    made: dict[tuple[str, str], Look] = current_app.extensions.setdefault(f"{NAME}_looks", {})
    found = made.get((here.code, here.locale))
    if found is None:
        plugins = tuple((n, one.folder) for n, one in here.plugins.by_name.items() if one.folder)
        stack = themes.chain(here.config, here.store.theme)
        found = made[here.code, here.locale] = Look(stack, plugins, here.locale)
    return found
