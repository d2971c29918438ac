"""What is wrong with a plugin's class as it stands, a line each: hooks, attributes, routes, words.

Nothing of the plugin is called: what is looked at are names, types and signatures.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.pofile import PoFileError

from shop import i18n
from shop.hooks import Hooks
from shop.loading.plugintypes import TYPES
from shop.plugin import Plugin

CORE_SCOPES = frozenset(
    f"{thing}:{act}"
    for thing, acts in {
        "audit": "read",
        "customers": "read write",
        "events": "read",
        "jobs": "read write",
        "me": "read write",
        "orders": "read refund write",
        "payments": "read write",
        "pickup-points": "write",
        "pickups": "read write",
        "plugins": "read",
        "products": "read write",
        "self": "read write",
        "sheets": "read",
        "staff": "read",
        "stock": "write",
        "tokens": "read write",
        "windows": "write",
    }.items()
    for act in acts.split()
)
"""what routes of the core need; `*` is the owner's"""
HOOKS = [hook for hook in vars(Hooks) if not hook.startswith("_")]
KNOWN = [name for name in vars(Plugin) if not name.startswith("_")]
ALIKE = 0.8
"""how near a name of the class must be to one of ours to be a slip of the hand"""


def problems(kind: type[Plugin], base: Path) -> list[str]:
    """Everything at once; `base` is the folder that paths are told from."""
    wrong = [*_hooks(kind, base), *_names(kind, base)]
    if types := list(_types(kind, base)):
        return wrong + types  # what follows reads these attributes
    return [*wrong, *_routes(kind, base), *_commands(kind, base), *_words(kind)]


def lost_jobs(plugin: Plugin) -> list[str]:
    """Periodic jobs that nothing would run: here `jobs()` is called."""
    handlers = plugin.jobs()
    return [
        f"periodic names {name}, jobs() has no handler of that name{_instead(name, handlers)}"
        for name in plugin.periodic
        if name not in handlers
    ]


def _hooks(kind: type[Plugin], base: Path) -> Iterator[str]:
    for name, function in inspect.getmembers(kind, inspect.isroutine):
        marks = getattr(function, "shop_impl", None)
        if marks is None:
            if name in HOOKS:
                yield f"{name} is a hook: write @hookimpl above it{_place(kind, name, base)}"
            continue
        plain = inspect.unwrap(function)
        code, place = plain.__code__, _line(plain, base)
        if name not in HOOKS:
            hint = _instead(name, HOOKS, 0.6) or f", there are {', '.join(HOOKS)}"
            yield f"no hook is called {name}{hint}{place}"
            continue
        takes = list(inspect.signature(getattr(Hooks, name)).parameters)
        for argument in code.co_varnames[1 : code.co_argcount]:
            if argument not in takes:
                yield f"{name} is not given {argument}, only {', '.join(takes[1:])}{place}"
        # what would be called and do nothing, or be called around the others
        generates = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
        if code.co_flags & generates or marks.get("wrapper") or marks.get("hookwrapper"):
            yield f"{name} returns its answer: no yield, no async, no wrapper{place}"


def _names(kind: type[Plugin], base: Path) -> Iterator[str]:
    """A name like one of ours that is none of ours would be passed over in silence."""
    for name in _own(kind):
        if name in KNOWN or name in HOOKS or hasattr(getattr(kind, name), "shop_impl"):
            continue
        if hint := _instead(name, KNOWN):
            yield f"{name}: unknown{hint}{_place(kind, name, base)}"


def _types(kind: type[Plugin], base: Path) -> Iterator[str]:
    for name, (fits, words) in TYPES.items():
        value = getattr(kind, name)
        if not fits(value):
            yield f"{name} must be {words}, it is {_said(value)}{_place(kind, name, base)}"


def _routes(kind: type[Plugin], base: Path) -> Iterator[str]:
    known = {"", "*", *CORE_SCOPES, *kind.permissions}
    for blueprint in kind.blueprints:
        for view, needs in getattr(blueprint, "views", ()):
            if needs not in known:
                hint = _instead(str(needs), known) or f", give it to `permissions` as {kind.name}.…"
                place = _line(inspect.unwrap(view), base)
                yield f'{view.__name__}: no scope is called "{needs}"{hint}{place}'


def _commands(kind: type[Plugin], base: Path) -> Iterator[str]:
    dashed = kind.name.replace("_", "-")
    for command in kind.commands:
        if not f"{command.name}-".startswith(f"{dashed}-"):
            place = _line(inspect.unwrap(command.callback), base) if command.callback else ""
            yield f"the command {command.name} must be called {dashed}, or {dashed}-…{place}"


def _words(kind: type[Plugin]) -> Iterator[str]:
    """A code has words in every language or in none."""
    folder = (kind.folder or Path()) / "locale"
    if kind.folder is None or not folder.is_dir():
        return
    codes = {}
    for locale in i18n.LOCALES:
        try:
            codes[locale] = i18n.words(folder, locale).keys()
        except (PoFileError, ValueError) as error:
            yield f"locale/{locale}.po cannot be read: {error}"
            return
    for locale, own in codes.items():
        if missing := sorted(set().union(*codes.values()) - own):
            yield f"locale/{locale}.po has no words for {', '.join(missing)}"


# -- saying where ------------------------------------------------------------------------------


def near(path: Path | None, base: Path) -> str:
    """As a person in the instance's folder would write it."""
    if path is None:
        return ""
    for start in (base.resolve(), Path.cwd()):
        if path.resolve().is_relative_to(start):
            return str(path.resolve().relative_to(start))
    return str(path)


def _own(kind: type[Plugin]) -> list[str]:
    """What the class, or one between it and Plugin, defines in public."""
    classes = kind.__mro__[: kind.__mro__.index(Plugin)]
    return sorted({name for item in classes for name in vars(item) if not name.startswith("_")})


def _instead(name: str, known: Any, alike: float = ALIKE) -> str:
    found = difflib.get_close_matches(name, known, 1, alike)
    return f", did you mean {found[0]}?" if found else ""


def _said(value: Any) -> str:
    inside = [type(item).__name__ for item in value] if isinstance(value, tuple | list) else []
    some = f" of {', '.join(dict.fromkeys(inside))}" if inside else ""
    return f"a {type(value).__name__}{some}"


def _line(function: Any, base: Path) -> str:
    code = function.__code__
    return f" ({near(Path(code.co_filename), base)}:{code.co_firstlineno})"


def _place(kind: type[Plugin], name: str, base: Path) -> str:
    """Where the class gives itself the attribute; "" where its source cannot be had."""
    for item in kind.__mro__:
        if name in vars(item) and item is not Plugin:
            try:
                lines, first = inspect.getsourcelines(item)
                path = Path(inspect.getfile(item))
            except (OSError, TypeError):
                return ""
            gives = re.compile(rf"\s+(def |async def |class )?([\w\s,()]+,\s*)?{name}\b")
            at = (number for number, line in enumerate(lines, first) if gives.match(line))
            return f" ({near(path, base)}:{next(at, first)})"
    return ""
