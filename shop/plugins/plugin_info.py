"""All there is to know about one plugin: `describe(instance, name) -> Info`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, missing

from shop.config import edit as configedit
from shop.hooks import Hooks
from shop.instance import Instance
from shop.ops import schema
from shop.ops.schema import Step
from shop.plugin import Plugin
from shop.plugins import plugin_tables
from shop.plugins.plugin_state import State

HIDDEN = '"…"'
"""stands for a secret"""


@dataclass(frozen=True, slots=True)
class Setting:
    """`default` and the `values` by store are as in the file, but for secrets; a default of None must
    be given."""

    name: str
    default: str | None
    meaning: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Info:
    """`tables` are rows by table; `jobs` have their seconds where they are periodic, else 0."""

    settings: list[Setting]
    hooks: list[str]
    tables: dict[str, int]
    permissions: dict[str, str]
    jobs: dict[str, int]
    commands: list[str]
    providers: list[str]
    channels: list[str]
    modes: tuple[str, ...]
    migrations: list[Step]


def describe(instance: Instance, state: State) -> Info:
    """Of a plugin that is installed; the database must be there."""
    kind = instance.registry.installed[state.name]
    return Info(
        settings=list(settings(instance, kind)),
        hooks=hooks_of(kind),
        tables=plugin_tables.counted(state.left.tables),
        permissions=dict(kind.permissions),
        jobs=_jobs(instance, kind),
        commands=[command.name for command in kind.commands],
        providers=[f"{item.name}: {', '.join(item.methods)}" for item in kind.providers],
        channels=[getattr(item, "name", type(item).__name__) for item in kind.channels],
        modes=kind.modes,
        migrations=[step for step in schema.status({kind.name: kind}) if step.owner == kind.name],
    )


def hooks_of(kind: type[Plugin]) -> list[str]:
    """The hooks that it implements, in the order of the specifications."""
    names = [name for name in vars(Hooks) if not name.startswith("_")]
    return [name for name in names if hasattr(getattr(kind, name, None), "shop_impl")]


def settings(instance: Instance, kind: type[Plugin]) -> Iterator[Setting]:
    schema_of: Schema = kind.Settings()
    for name, item in schema_of.fields.items():
        facts = item.metadata
        words = [str(facts[key]) for key in ("title", "help") if facts.get(key)]
        unit = f" ({facts['unit']})" if facts.get("unit") else ""
        values = {
            code: _toml(found.settings[kind.name], name)
            for code, found in instance.registry.stores.items()
            if kind.name in found.settings
        }
        if facts.get("unit") == "secret":
            values = {code: HIDDEN if value != '""' else value for code, value in values.items()}
        default = item.load_default
        default = default() if callable(default) else default
        shown = None if default is missing else _shown(default)
        yield Setting(name, shown, ": ".join(words) + unit, values)


def _toml(settings: Any, name: str) -> str:
    return _shown(getattr(settings, name, None))


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    try:
        return configedit.toml(value)
    except Exception:
        return str(value)


def _jobs(instance: Instance, kind: type[Plugin]) -> dict[str, int]:
    found = dict.fromkeys(kind.periodic, 0)
    for plugins in instance.registry.stores.values():
        plugin = plugins.by_name.get(kind.name) or plugins.off.by_name.get(kind.name)
        if plugin:
            found |= dict.fromkeys(plugin.jobs(), 0)
    return found | dict(kind.periodic)
