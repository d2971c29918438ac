"""Forgets a plugin: what is its own is exported and goes, what is everyone's history stays.

Its tables and their history of migrations, its jobs, counters and prices to come go, its pools are
closed. Orders, money, the ledger, events and audit keep what they say. One transaction: a purge
that is killed has done nothing, and a second one finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import peewee

from shop import db
from shop.catalog import prices, version
from shop.clock import to_us
from shop.errors import ShopError
from shop.instance import Instance
from shop.ops import row_ids, schema
from shop.people import audit
from shop.plugins import plugin_export, plugin_state, plugin_tables, plugins
from shop.plugins.plugin_tables import HISTORY
from shop.stock import stock

POOLS = """
SELECT store, pool, SUM(on_hand) FROM stock
WHERE substr(pool, 1, ?) = ? AND closed_at IS NULL GROUP BY store, pool ORDER BY store, pool"""
CLOSED = "DELETE FROM stock WHERE substr(pool, 1, ?) = ? AND closed_at IS NOT NULL AND on_hand = 0"
ACTIVE = "SELECT COUNT(*) FROM price WHERE source = ? AND (ends IS NULL OR ends > ?)"
PRICES = "SELECT DISTINCT variant_id FROM price WHERE store = ? AND source = ?"
CLAIMS = """
DELETE FROM claim WHERE counter_id IN (SELECT id FROM counter WHERE substr(name, 1, ?) = ?)"""
ONCE = "DELETE FROM once_per_phone WHERE substr(what, 1, ?) = ?"
COUNTERS = "DELETE FROM counter WHERE substr(name, 1, ?) = ?"
JOBS = "DELETE FROM job WHERE plugin = ? AND (state <> 'running' OR lease_until < ?)"
RUNNING = "SELECT COUNT(*) FROM job WHERE plugin = ? AND state = 'running' AND lease_until >= ?"
PURGED = "SELECT MAX(at) FROM audit WHERE action = 'plugin.purge' AND subject = ?"
PATIENCE = "SET LOCAL lock_timeout = '10s'"


class PurgeRefused(ShopError):
    """It cannot be forgotten as it is; `str()` says why, a line each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would take: `tables` and `core` are rows by table, `holds` orders by store,
    `pools` units by (store, pool). `last` is when it was purged before (microseconds)."""

    name: str
    installed: bool
    enabled: tuple[str, ...] = ()
    tables: dict[str, int] = field(default_factory=dict)
    core: dict[str, int] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)
    owes: dict[str, list[str]] = field(default_factory=dict)
    pools: dict[tuple[str, str], int] = field(default_factory=dict)
    prices: int = 0
    running: int = 0
    history: bool = False
    last: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing of it left; one that is installed has its tables."""
        rows = any(self.tables.values()) or any(self.core.values()) or self.pools or self.prices
        return not (rows or (not self.installed and (self.tables or self.history)))


def plan(instance: Instance, name: str) -> Plan:
    """What there is. PurgeRefused for a name that no plugin has or had."""
    registry, stores = instance.registry, instance.config.stores
    state = plugin_state.find(instance, name)
    last = db.value(PURGED, f"plugin:{name}")
    if state is None:
        if last is None:
            known = ", ".join(found.name for found in plugin_state.survey(instance)) or "none"
            raise PurgeRefused(f"no plugin is called {name}; there are {known}")
        return Plan(name, False, last=last)
    prefix, now = f"{name}:", to_us(instance.clock.now())
    return Plan(
        name=name,
        installed=name in registry.installed,
        enabled=tuple(state.ranks),
        tables=plugin_tables.counted(state.left.tables),
        core={source.file: source.count() for source in plugin_export.of_core(name)},
        holds={code: held for code in stores if (held := plugins.held(code, name))},
        owes=state.owes,
        pools={(store, pool): n for store, pool, n in db.rows(POOLS, len(prefix), prefix)},
        prices=db.value(ACTIVE, name, now),
        running=db.value(RUNNING, name, now),
        history=state.left.history,
        last=last,
    )


def refuse(found: Plan, force: bool = False) -> None:
    """PurgeRefused if it is on, holds orders, runs, or owes something that is not `force`d."""
    lines = [
        f"it is on in {store}: shop plugins disable {found.name} --store {store}"
        for store in found.enabled
    ]
    for store, orders in found.holds.items():
        some = ", ".join(orders[:3]) + (" …" if len(orders) > 3 else "")
        lines.append(
            f"it holds {len(orders)} order(s) in {store} ({some}): cancel them, or "
            f"shop plugins release {found.name} --store {store}"
        )
    if found.running:
        lines.append(f"{found.running} job(s) of it run now: try again in a minute")
    if not force:
        for store, work in found.owes.items():
            lines += [f"it still owes in {store}: {line}" for line in work]
        if found.owes:
            lines.append("wait until that is done, or give it up with --force")
    if lines:
        raise PurgeRefused(f"{found.name} stays:\n  " + "\n  ".join(lines))


def export(instance: Instance, found: Plan) -> Path | None:
    """Write all of it into exports/; None if there is no row."""
    if not any([*found.tables.values(), *found.core.values()]):
        return None
    kind = instance.registry.installed.get(found.name)
    return plugin_export.write(
        instance.config.folder / "exports",
        found.name,
        kind.version if kind else "",
        found.tables,
        instance.clock.now(),
    )


def run(instance: Instance, name: str, *, force: bool = False, file: Path | None = None) -> Plan:
    """Export and forget; what was there. `file` is an export of a moment ago: it is written anew
    if something was changed since.

    A plugin that is still installed is left as a fresh one: with its tables, empty.
    """
    kind = instance.registry.installed.get(name)
    with schema.locked(), db.transaction():
        found = plan(instance, name)
        refuse(found, force)
        if not found.empty:
            _lock([*found.tables])
            if file is None or not plugin_export.is_true(file, found.tables):
                file = export(instance, found)
            _forget(instance, found)
            facts = {"rows": sum(found.tables.values()), "export": file.name if file else ""}
            for code in instance.config.stores:
                audit.record(instance.context(code), "plugin.purge", f"plugin:{name}", **facts)
    if kind:
        schema.migrate({name: kind}, only=name)
    return found


def _lock(tables: list[str]) -> None:
    """Nobody writes into them any more; on SQLite the write transaction is the lock."""
    if not (tables and db.is_postgres()):
        return
    db.run(PATIENCE)
    names = ", ".join(f'"{table}"' for table in tables)
    try:
        db.run(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
    except peewee.OperationalError as error:
        raise PurgeRefused(f"its tables are in use, try again: {error}") from None


def _forget(instance: Instance, found: Plan) -> None:
    name, prefix = found.name, f"{found.name}:"
    for code in instance.config.stores:
        ctx = instance.context(code)
        for store, pool in found.pools:
            if store == code:
                stock.close_pool(ctx, pool)
        priced = [variant for (variant,) in db.rows(PRICES, code, name)]
        if priced:
            prices.end_prices(ctx, name, variant_ids=priced)
        version.touch(ctx)
    db.change(CLOSED, len(prefix), prefix)
    db.change(CLAIMS, len(prefix), prefix)
    db.change(COUNTERS, len(prefix), prefix)
    db.change(ONCE, len(prefix), prefix)
    db.change(JOBS, name, to_us(instance.clock.now()))
    if db.row("SELECT 1 FROM job WHERE plugin = ?", name):
        raise PurgeRefused(f"a job of {name} has just begun: try again in a minute")
    with row_ids.kept():
        for table in _children_first([*found.tables]):
            db.run(f'DROP TABLE "{table}"')
    if found.history:
        db.run(f'DROP TABLE "{HISTORY}{name}"')


def _children_first(tables: list[str]) -> Iterator[str]:
    """No table before one that refers to it."""
    targets = {
        table: {key.dest_table for key in db.database.get_foreign_keys(table)} - {table}
        for table in tables
    }
    while targets:
        free = [name for name in targets if not any(name in to for to in targets.values())]
        for name in free or [*targets][:1]:
            yield name
            del targets[name]
