"""The tables of plugins in shop.toml, switched on, moved and taken out line by line.

Every other line stays as it is. The result is read back before it is given away: a file that is
written in a way this cannot edit is refused, and the person told what to write.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shop.config import edit as configedit
from shop.errors import ConfigError

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A table by its header, as lines of the text: from the comment right above its header up to
    its last key and the comment right below that."""

    place: Place
    start: int
    end: int


def enabled(text: str, store: str) -> list[str]:
    """The plugins of a store in the order of the file."""
    return list(_plugins(text, store))


def enable(
    text: str,
    store: str,
    name: str,
    settings: dict[str, Any],
    before: str = "",
) -> str:
    """The text with the plugin on in the store, last or `before` another; one that is on already
    takes the settings and moves only if `before` says where to. Keys of `settings` may be dotted."""
    order = enabled(text, store)
    if before and before not in order:
        raise ConfigError([f"stores.{store}.plugins.{before}: is not switched on"])
    place = ("stores", store, "plugins", name)
    if name in order:
        after = text
        for key, value in settings.items():
            after, _ = configedit.set_key(after, ".".join((*place, key)), value)
        if before and before != name:
            rest, lines = _cut(after, place)
            after = _insert(rest, store, lines, before)
    else:
        lines = [f"[{'.'.join(place)}]\n"]
        lines += [f"{key} = {configedit.toml(value)}\n" for key, value in settings.items()]
        after = _insert(text, store, lines, before)
    wanted = [other for other in order if other != name or (before in ("", name) and name in order)]
    if name not in wanted:
        wanted.insert(wanted.index(before) if before else len(wanted), name)
    _read_back(text, after, store, wanted, name)
    return after


def disable(text: str, store: str, name: str) -> tuple[str, list[str]]:
    """The text with the plugin off in the store, and the lines that are gone."""
    order = enabled(text, store)
    if name not in order:
        raise ConfigError([f"stores.{store}.plugins.{name}: is not switched on"])
    after, lines = _cut(text, ("stores", store, "plugins", name))
    _read_back(text, after, store, [other for other in order if other != name], name)
    return after, [line.rstrip("\n") for line in lines]


def changed(before: str, after: str) -> list[str]:
    """`- line` and `+ line` of what is different; empty lines are not told."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    told = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return [f"{line[0]} {line[1:]}" for line in told if line[1:].strip()]


def _plugins(text: str, store: str) -> dict[str, Any]:
    stores = tomllib.loads(text).get("stores", {})
    if store not in stores:
        raise ConfigError([f"stores.{store}: there is no such store"])
    return dict(stores[store].get("plugins", {}))


def _cut(text: str, place: Place) -> tuple[str, list[str]]:
    """Without the sections of a place and below it, and without the gap that they would leave."""
    lines = text.splitlines(keepends=True)
    gone: list[str] = []
    mine = [section for section in _sections(text) if section.place[: len(place)] == place]
    if not mine:  # an inline table, or a key of the table above
        after, _ = configedit.unset_key(text, ".".join(place))
        return after, [line[2:] for line in changed(text, after) if line.startswith("-")]
    for section in reversed(mine):
        start, end = section.start, section.end
        gone[:0] = lines[start:end]
        if start and not lines[start - 1].strip():
            while end < len(lines) and not lines[end].strip():
                end += 1
            while end == len(lines) and start and not lines[start - 1].strip():
                start -= 1
        del lines[start:end]
    return "".join(lines), gone


def _insert(text: str, store: str, block: list[str], before: str) -> str:
    """Before the tables of a plugin, else behind the last one of the store."""
    lines, sections = text.splitlines(keepends=True), _sections(text)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    where = ("stores", store, "plugins", before) if before else ("stores", store)
    near = [section for section in sections if section.place[: len(where)] == where]
    plugins = [section for section in near if section.place[2:3] == ("plugins",)]
    if not near:
        raise ConfigError([_by_hand(store, block[0].strip())])
    if before:
        at = near[0].start
        block = [*block, "\n"] if at and not lines[at - 1].strip() else block
    else:
        at = (plugins or near)[-1].end
        block = ["\n", *block]
    return "".join([*lines[:at], *block, *lines[at:]])


def _sections(text: str) -> list[Section]:
    lines = text.splitlines(keepends=True)
    headers = list(_headers(lines))
    starts = [_above(lines, at) for at, _ in headers]
    ends = [*starts[1:], *[len(lines)][: len(starts)]]
    return [
        Section(place, start, _last(lines, at, end))
        for (at, place), start, end in zip(headers, starts, ends, strict=True)
    ]


def _headers(lines: list[str]) -> Iterator[tuple[int, Place]]:
    for at, line in enumerate(lines):
        if not line.lstrip().startswith("["):
            continue
        try:
            tomllib.loads("".join(lines[:at]))  # else it stands inside a text or a list
            found: Any = tomllib.loads(line)
        except tomllib.TOMLDecodeError:
            continue
        place = []
        while found:
            [(name, found)] = found.items()
            found = found[0] if isinstance(found, list) else found
            place.append(name)
        yield at, tuple(place)


def _above(lines: list[str], header: int) -> int:
    """Where the comment right above a header begins; the one at the top is the file's, and a key
    that is commented out is of the table above."""
    start = header
    while start and lines[start - 1].lstrip().startswith("#") and not _is_key(lines[start - 1]):
        start -= 1
    return start if start else header


def _is_key(comment: str) -> bool:
    try:
        return bool(tomllib.loads(comment.lstrip("# \t")))
    except tomllib.TOMLDecodeError:
        return False


def _last(lines: list[str], header: int, end: int) -> int:
    last = max(at for at in range(header, end) if at == header or lines[at].split("#")[0].strip())
    while last + 1 < end and lines[last + 1].lstrip().startswith("#"):
        last += 1
    return last + 1


def _read_back(before: str, after: str, store: str, order: list[str], name: str) -> None:
    """ConfigError unless nothing but the plugin is different and the order is the wanted one."""
    try:
        whole, new = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        raise ConfigError([_by_hand(store, name)]) from None
    if list(_plugins(after, store)) != order or _without(whole, store, name) != _without(
        new, store, name
    ):
        raise ConfigError([_by_hand(store, name)])


def _without(document: dict[str, Any], store: str, name: str) -> dict[str, Any]:
    document["stores"][store].setdefault("plugins", {}).pop(name, None)
    return document


def _by_hand(store: str, what: str) -> str:
    return f"stores.{store}.plugins: written in a way that only you can edit: {what}"
