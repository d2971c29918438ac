"""Which plugins there are and how each is doing: `survey(instance) -> [State]`."""

from __future__ import annotations

from dataclasses import dataclass, field

import peewee

from shop import db
from shop.config import Config
from shop.context import Context
from shop.instance import Instance
from shop.ops import schema
from shop.plugin import Plugin
from shop.plugins import plugin_tables
from shop.plugins.plugin_tables import Trace

GONE, MISSING, UNREAD = "gone", "missing", "not loaded"


@dataclass(frozen=True, slots=True)
class State:
    """`origin` is bundled, folder or package; gone for one that only left things behind, missing
    for one that the file switches on and nobody finds. `ranks` are its places in the stores where
    it is on; `owes` its open work where it is off; `broken` says why it cannot be used, `barred`
    in which instances it may be."""

    name: str
    origin: str
    version: str = ""
    about: str = ""
    ranks: dict[str, int] = field(default_factory=dict)
    broken: str = ""
    barred: str = ""
    pending: tuple[str, ...] = ()
    owes: dict[str, list[str]] = field(default_factory=dict)
    left: Trace = field(default_factory=Trace)


def survey(instance: Instance) -> list[State]:
    """Every plugin that is installed, that the file names or that left something, by name."""
    registry = instance.registry
    file = [name for store in instance.config.stores.values() for name in store.plugins]
    left = _traces([*registry.installed, *registry.broken])
    names = sorted({*registry.installed, *registry.broken, *file, *left})
    return [_state(instance, name, left.get(name, Trace())) for name in names]


def find(instance: Instance, name: str) -> State | None:
    return next((state for state in survey(instance) if state.name == name), None)


def about(kind: type[Plugin]) -> str:
    """The first line of its docstring."""
    return (kind.__doc__ or "").strip().partition("\n")[0]


def ranks(config: Config, name: str) -> dict[str, int]:
    """The place of a plugin in each store where it is on, from 1."""
    return {
        code: list(store.plugins).index(name) + 1
        for code, store in config.stores.items()
        if name in store.plugins
    }


def open_work(ctx: Context, name: str) -> list[str]:
    """What a plugin still has to do in a store, a line each; one that cannot say, says why."""
    plugin = ctx.plugins.by_name.get(name) or ctx.plugins.off.by_name.get(name)
    if plugin is None:
        return []
    try:
        with db.transaction(), db.savepoint():
            return list(plugin.open_work(ctx))
    except Exception as error:
        return [f"it cannot say: {type(error).__name__}: {error}"]


def pending(instance: Instance, name: str) -> tuple[str, ...]:
    kind = instance.registry.installed.get(name)
    if kind is None:
        return ()
    steps = schema.status({name: kind})
    return tuple(step.name for step in steps if step.owner == name and step.applied is None)


def _state(instance: Instance, name: str, left: Trace) -> State:
    registry = instance.registry
    kind = registry.installed.get(name)
    places = ranks(instance.config, name)
    if kind is None:
        origin = registry.origin.get(name, "").partition(" ")[0] or (MISSING if places else GONE)
        if registry.safe:
            origin = UNREAD
        return State(name, origin, "", "", places, registry.broken.get(name, ""), left=left)
    origin = registry.origin[name].partition(" ")[0]
    owes: dict[str, list[str]] = {}
    waiting = _quietly(instance, name)
    for code in instance.config.stores:
        if code not in places and not waiting:
            lines = open_work(instance.context(code), name)
            owes |= {code: lines} if lines else {}
    barred = "" if instance.config.mode in kind.modes else f"only {' and '.join(kind.modes)}"
    return State(name, origin, kind.version, about(kind), places, "", barred, waiting, owes, left)


def _traces(known: list[str]) -> dict[str, Trace]:
    """None where the database cannot be asked: what is installed can be told all the same."""
    try:
        return plugin_tables.traces(known)
    except peewee.PeeweeException:
        return {}


def _quietly(instance: Instance, name: str) -> tuple[str, ...]:
    try:
        return pending(instance, name)
    except peewee.PeeweeException:
        return ()
