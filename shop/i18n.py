"""Words for people, in the languages we speak: gettext catalogues read as they are (.po).

A message is known by its code (`over_limit`); a plugin's folder may hold `locale/<locale>.po`
of its own. `say(code, locale, **facts)` fills in the facts with str.format; an unknown code is
said as it is, so a forgotten translation never hides an error.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.messages.pofile import read_po
from babel.numbers import list_currencies

LOCALES = ("zh_Hans", "en")
NUMBER = re.compile(r"-?\d+")
COOKIE = "shop_lang"
"""in which a browser keeps the language that its user chose"""
CHOSEN = re.compile(rf"(?:^|;\s*){COOKIE}=(\w+)")
FOLDERS: list[Path] = [Path(__file__).parent / "locale"]
"""where catalogues are looked for; `registry` adds those of plugins"""


def add_folder(folder: Path) -> None:
    if folder not in FOLDERS:
        FOLDERS.append(folder)
        catalogue.cache_clear()


@lru_cache(maxsize=8)
def catalogue(locale: str) -> dict[str, Any]:
    """{code: text, or (singular, plural …)} of one locale, the core first."""
    known: dict[str, Any] = {}
    for folder in FOLDERS:
        known = {**words(folder, locale), **known}
    return known


def words(folder: Path, locale: str) -> dict[str, Any]:
    """{code: text, or (singular, plural …)} of one catalogue; {} without a file."""
    path = folder / f"{locale}.po"
    return _read(path, locale, path.stat().st_mtime_ns) if path.is_file() else {}


@lru_cache(maxsize=128)
def _read(path: Path, locale: str, changed: int) -> dict[str, Any]:
    with path.open("rb") as file:
        found = read_po(file, locale=locale, abort_invalid=True)
    return {_code(message.id): message.string for message in found if message.id and message.string}


def _code(known: Any) -> str:
    return str(known[0] if isinstance(known, tuple) else known)


def say(code: str, locale: str, /, **facts: Any) -> str:
    """The message of `code`; `n` among the facts chooses the plural form."""
    text = catalogue(locale).get(code) or catalogue("en").get(code)
    if text is None:
        return wordless(code)
    if isinstance(text, tuple):
        form = Locale.parse(locale).plural_form(facts.get("n", 0))
        text = text[0] if len(text) == 1 or form == "one" else text[-1]
    try:
        return str(text).format(**facts)
    except (KeyError, IndexError, ValueError):
        return str(text)


def wordless(code: str) -> str:
    """What is said of a code that no catalogue has; the contract of plugins listens here."""
    return code.replace("_", " ")


def translate(sentence: str, locale: str) -> str:
    """A library's English sentence in our words, or as it is; `#` stands for each number."""
    numbers = iter(NUMBER.findall(sentence))
    words = catalogue(locale).get(NUMBER.sub("#", sentence))
    return re.sub("#", lambda _: next(numbers), str(words)) if words else sentence


@lru_cache(maxsize=512)
def negotiate(accept: str, default: str) -> str:
    """The best of our locales for an Accept-Language header, else `default`.

    `zh`, `zh-CN` and `zh-SG` mean Hans; the script decides, which plain matching misses.
    """
    wanted: list[tuple[float, str]] = []
    for part in accept.split(",")[:20]:
        tag, _, quality = part.partition(";q=")
        try:
            wanted.append((float(quality or 1), tag.strip()))
        except ValueError:
            continue
    for _, tag in sorted(wanted, key=lambda pair: -pair[0]):
        try:
            locale = Locale.parse(tag, sep="-", resolve_likely_subtags=True)
        except (ValueError, UnknownLocaleError, TypeError):
            continue
        if locale.language == "zh" and (locale.script or _script(locale)) == "Hans":
            return "zh_Hans"
        if locale.language in LOCALES:
            return str(locale.language)
    return default


@lru_cache(maxsize=512)
def of_visitor(cookies: str, accept: str | None, default: str) -> str:
    """The language of a page: what its visitor chose (`COOKIE`), else what his browser
    asks for, else the store's."""
    chosen = CHOSEN.search(cookies)
    if chosen and chosen[1] in LOCALES:
        return chosen[1]
    return negotiate(accept, default) if accept else default


def _script(locale: Locale) -> str:
    return "Hant" if locale.territory in ("TW", "HK", "MO") else "Hans"


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    return frozenset(list_currencies())
