"""Edits shop.toml as a person would: comments and order stay, each edit is told in a line."""

from __future__ import annotations

import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table, Whitespace

from shop import config
from shop.errors import ConfigError

NEW = """\
# A shop. `shop check` names every mistake in this file; docs/operations.md explains every key.

[shop]
database = {database}
secret = {{ env = "SHOP_SECRET" }}    # stands in .env, beside this file
{more}
# One table per store; its code stands in its addresses.
[stores.{code}]
name = {name}
currency = {currency}
timezone = {timezone}
locale = {locale}
{facts}"""


def create(
    folder: Path,
    code: str,
    store: dict[str, Any],
    database: str = "sqlite:///shop.db",
    **shop: Any,
) -> Path:
    """A new instance folder: shop.toml, and a fresh secret in .env. Nothing is overwritten."""
    path, env = folder / "shop.toml", folder / ".env"
    for existing in (path, env):
        if existing.exists():
            raise ConfigError([f"{existing} is there already"])
    known = {name: toml(store[name]) for name in ("name", "currency", "timezone", "locale")}
    facts = {name: value for name, value in store.items() if name not in known}
    text = NEW.format(
        code=code, database=toml(database), more=_lines(shop), facts=_lines(facts), **known
    )
    secret = new_secret()
    config.parse(text, folder, {"SHOP_SECRET": secret})
    folder.mkdir(parents=True, exist_ok=True)
    _write(env, f"SHOP_SECRET={secret}\n", 0o600)
    _write(path, text, 0o644)
    return path


def new_secret() -> str:
    return secrets.token_urlsafe(48)


def set_key(text: str, key: str, value: Any) -> tuple[str, str]:
    """The text with `stores.orchard.name` (a dotted key) set, and the change in a line."""
    document = tomlkit.parse(text)
    *tables, name = key.split(".")
    at: MutableMapping[str, Any] = document
    for depth, table in enumerate(tables):
        if table not in at:
            at[table] = tomlkit.table(is_super_table=depth < len(tables) - 1)
        at = at[table]
        if not isinstance(at, MutableMapping):
            raise ConfigError([f"{'.'.join(tables[: depth + 1])}: not a table"])
    before = toml(at[name]) if name in at else "(not set)"
    if isinstance(at, Table) and name not in at:
        _add(at, name, value)
    else:
        at[name] = value
    return tomlkit.dumps(document), f"{key}: {before} -> {toml(value)}"


def _add(table: Table, name: str, value: Any) -> None:
    """A new key, right below the last one: the comments there belong to what follows."""
    body = table.value.body
    keys = [at for at, (key, item) in enumerate(body) if key is not None and _is_line(key, item)]
    begin = end = keys[-1] + 1 if keys else 0
    while end < len(body) and body[end][0] is None:
        end += 1
    kept = body[begin:end]
    body[begin:end] = [(None, Whitespace("")) for _ in kept]  # tomlkit passes over these
    table[name] = value
    body[begin + 1 : end + 1] = kept


def _is_line(key: Any, item: Any) -> bool:
    """Whether it is `key = …`, and no table with a heading."""
    return not isinstance(item, (Table, AoT)) or key.is_dotted()


def unset_key(text: str, key: str) -> tuple[str, str]:
    """The text without a key or table, and the change in a line."""
    document = tomlkit.parse(text)
    *tables, name = key.split(".")
    at: Any = document
    try:
        for table in tables:
            at = at[table]
        before = at.pop(name)
    except (KeyError, TypeError, AttributeError):
        raise ConfigError([f"{key}: is not set"]) from None
    shown = "a table" if isinstance(before, MutableMapping) else toml(before)
    return tomlkit.dumps(document), f"{key}: {shown} -> (not set)"


def value_of(text: str) -> Any:
    """What a person typed: a TOML value where it is one, else the words themselves."""
    try:
        return tomlkit.value(text)
    except (TOMLKitError, ValueError):
        return text


def save(path: Path, text: str) -> None:
    """Replace the file in one step; ConfigError, and no change, if the new text has a mistake."""
    config.parse(text, path.parent, config.environment(path.parent))
    _write(path, text, path.stat().st_mode & 0o777)


def _write(path: Path, text: str, mode: int) -> None:
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    os.replace(fresh, path)


def _lines(values: dict[str, Any]) -> str:
    return "".join(f"{name} = {toml(value)}\n" for name, value in values.items())


def toml(value: Any) -> str:
    """A value as it stands behind the `=`."""
    item = tomlkit.item(value)
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        inline.update(value)
        item = inline
    return item.as_string()
