"""Plugins that are broken, missing or gone, and what those that are off still owe."""

from __future__ import annotations

from collections.abc import Iterator

from shop.catalog import goods_in_use
from shop.instance import Instance
from shop.ops.doctor.sign import BAD, GOOD, WARN, Sign
from shop.plugins import plugin_state

SHOWN = 3
"""lines of open work; the rest is counted"""


def look_at_code(instance: Instance) -> Iterator[Sign]:
    """What the file and the folders say; needs no database."""
    registry = instance.registry
    if registry.safe:
        yield Sign(WARN, "plugins", "safe mode: none is loaded", "start without SHOP_SAFE_MODE")
        return
    on = {name for store in instance.config.stores.values() for name in store.plugins}
    for name, reason in registry.broken.items():
        state, todo = (BAD, "mend it, or shop plugins disable") if name in on else (WARN, "mend it")
        yield Sign(state, "plugins", f"{name} is broken: {reason}", todo)
    reasons = tuple(f": {reason}" for reason in registry.broken.values())
    for problem in registry.problems:
        if not (reasons and problem.endswith(reasons)):
            yield Sign(BAD, "shop.toml", problem, "mend the file: the server would not start")
    if not registry.broken and not registry.problems:
        yield Sign(GOOD, "plugins", f"{len(registry.installed)} installed, {len(on)} on")


def look_at_data(instance: Instance) -> Iterator[Sign]:
    for state in plugin_state.survey(instance):
        if state.origin == plugin_state.GONE:
            yield from _gone(state)
        for store, lines in state.owes.items():
            more = f" … and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
            found = f"{state.name} is off in {store}, and owes: {'; '.join(lines[:SHOWN])}{more}"
            yield Sign(WARN, "plugins", found)
    for store in instance.config.stores:
        for lost in goods_in_use.missing(instance.context(store)):
            found = f"{lost['what']} in {store} needs {lost['sku'] or 'goods'}, which was deleted"
            yield Sign(WARN, lost["plugin"], found, "change it, or end it")


def _gone(state: plugin_state.State) -> Iterator[Sign]:
    name, left = state.name, state.left
    for store, count in left.holds.items():
        found = f"{count} holds of {name} in {store}, which is not installed"
        todo = f"install it again, cancel the orders, or shop plugins release {name}"
        yield Sign(BAD, "plugins", found, todo)
    if left.jobs:
        found = f"{left.jobs} jobs of {name}, which is not installed"
        yield Sign(WARN, "plugins", found, "install it again, or shop plugins purge")
    if left.tables:
        found = f"{name} is not installed; its {len(left.tables)} tables are kept"
        yield Sign(GOOD, "plugins", found, "shop plugins purge, if it does not come back")
