"""Reads a plugin's folder: the codes its source raises, its words, its README."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shop import i18n

WORD = re.compile(r"[a-z][a-z0-9_]*")
"""a code; other text is none"""
SAYS = {"Reject", "Conflict", "Problem", "say"}
"""what is called with a code first, or with `code=`"""
NOTHING = ("", "-", "—", "none", "None", "null")
"""how a README says that a setting has no value by default"""


def python_files(folder: Path) -> Iterator[Path]:
    """The plugin's own source, its tests aside."""
    for path in sorted(folder.rglob("*.py")):
        if "tests" not in path.relative_to(folder).parts:
            yield path


def codes(folder: Path) -> set[str]:
    """Every code that its source refuses with or says, where it stands there as text."""
    return {
        text
        for path in python_files(folder)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        for given in _codes(node)
        for text in _texts(given)
    }


def _codes(call: ast.Call) -> Iterator[ast.expr]:
    """What a call is given as a code."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in SAYS:
        yield from call.args[:1]
    yield from (given.value for given in call.keywords if given.arg == "code")


def _texts(given: ast.expr) -> Iterator[str]:
    """`"a"`, and both of `"a" if some else "b"`."""
    if isinstance(given, ast.IfExp):
        yield from (*_texts(given.body), *_texts(given.orelse))
    elif isinstance(given, ast.Constant) and WORD.fullmatch(str(given.value)):
        yield str(given.value)


def words(folder: Path, locale: str) -> dict[str, Any]:
    """{code: text or (singular, plural)} of one locale; {} without a file."""
    return i18n.words(folder / "locale", locale)


def facts(text: str | tuple[str, ...]) -> set[str]:
    """The names in braces."""
    forms = (text,) if isinstance(text, str) else text
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


def core_words(locale: str) -> dict[str, Any]:
    return words(Path(i18n.__file__).parent, locale)


def settings_table(readme: str) -> dict[str, str]:
    """{setting: the cell of its default} of the table under the heading Settings."""
    _, _, after = readme.partition("\n## Settings\n")
    text = re.split(r"^## ", after, flags=re.M)[0]
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if "|" in line]
    return {cells[0].strip().strip("`"): cells[1].strip() for cells in rows[2:] if len(cells) > 1}


def says(cell: str, value: Any) -> bool:
    """Whether a cell of the table names this value, as TOML writes it or in plain words."""
    text = cell.strip("`")
    if value is None or value in ("", [], {}, ()):
        return text in (*NOTHING, '""', "[]", "{}", "empty")
    try:
        known = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        known = text
    wanted = list(value) if isinstance(value, tuple | frozenset | set) else value
    return bool(known == wanted) or text == str(value)
