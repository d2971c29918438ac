"""What `shop plugins` shows: tables that can be read at 80 columns, and lines below them."""

from __future__ import annotations

import re
from typing import Any

from rich.markup import escape
from rich.table import Table

from shop.app import mount
from shop.cli.base import console, table
from shop.instance import Instance
from shop.plugins import plugin_info, plugin_state
from shop.plugins.plugin_state import GONE, MISSING, UNREAD, State
from shop.plugins.purge import Plan


def say(words: str) -> None:
    """A line as it is, however long."""
    console.print(words, markup=False, highlight=False, soft_wrap=True)


def show_list(instance: Instance, states: list[State]) -> None:
    if not states:
        console.print("no plugin is there")
        return
    shown = table("Plugins", "plugin", "version", "from", "on in", "state")
    for state in states:
        places = "\n".join(f"{code} {place}" for code, place in state.ranks.items())
        shown.add_row(state.name, state.version, state.origin, places, "\n".join(_words(state)))
    console.print(shown)
    if instance.registry.safe:
        console.print("SHOP_SAFE_MODE is set: no plugin is loaded.")
    for state in states:
        if state.broken:
            say(f"{state.name} is broken: {state.broken}")
        for store, lines in state.owes.items():
            for line in lines:
                say(f"{state.name} is off in {store}, and owes: {line}")
    for problem in instance.registry.problems:
        if not problem.endswith(tuple(f": {state.broken}" for state in states if state.broken)):
            say(problem)


def _words(state: State) -> list[str]:
    words = []
    if state.broken:
        words.append("[red]broken[/red]")
    if state.origin == MISSING:
        words.append("[red]on, and not found[/red]")
    if state.pending:
        words.append(f"[yellow]{len(state.pending)} migration(s) to run[/yellow]")
    if state.owes:
        words.append(f"[yellow]off, owes {sum(map(len, state.owes.values()))}[/yellow]")
    if state.origin in (GONE, MISSING, UNREAD) and state.left:
        words.append(f"left: {_left(state)}")
    if state.barred:
        words.append(state.barred)
    return words or ["[green]good[/green]" if state.ranks else "off"]


def _left(state: State) -> str:
    left = state.left
    parts = [
        (len(left.tables), "table(s)"),
        (sum(left.holds.values()), "hold(s)"),
        (left.jobs, "job(s)"),
    ]
    return ", ".join(f"{count} {what}" for count, what in parts if count) or "its migrations"


def show_info(instance: Instance, state: State) -> None:
    say(" ".join(filter(None, (state.name, state.version))))
    if state.about:
        say(state.about)
    facts = _facts(instance, state)
    if state.name not in instance.registry.installed:
        _grid([*facts, ("left", _left(state) if state.left else "")])
        return
    found = plugin_info.describe(instance, state)
    facts += [
        ("modes", ", ".join(found.modes)),
        ("hooks", ", ".join(found.hooks) or "none"),
        ("tables", "\n".join(f"{name}: {rows} rows" for name, rows in found.tables.items())),
        ("migrations", "\n".join(f"{step.name}: {_ran(step)}" for step in found.migrations)),
        ("jobs", "\n".join(_job(name, every) for name, every in found.jobs.items())),
        ("routes", "\n".join(routes(instance, state.name))),
        ("permissions", "\n".join(f"{key}: {text}" for key, text in found.permissions.items())),
        ("commands", "\n".join(f"shop {name}" for name in found.commands)),
        ("payments by", "\n".join(found.providers)),
        ("messages by", "\n".join(found.channels)),
    ]
    _grid(facts)
    if not found.settings:
        console.print("It has no settings.")
        return
    shown = table("Settings", "key", "default", "value", "meaning")
    for item in found.settings:
        values = "\n".join(f"{code}: {value}" for code, value in item.values.items())
        default = "[red]must be given[/red]" if item.default is None else escape(item.default)
        shown.add_row(item.name, default, escape(values), escape(item.meaning))
    console.print(shown)


def _facts(instance: Instance, state: State) -> list[tuple[str, str]]:
    kind = instance.registry.installed.get(state.name)
    on = ", ".join(f"{code} (place {place})" for code, place in state.ranks.items())
    facts = [
        ("from", instance.registry.origin.get(state.name, state.origin)),
        ("hook API", str(kind.shop_api) if kind else ""),
        ("on in", on or "no store"),
        ("broken", state.broken),
    ]
    for store, lines in state.owes.items():
        facts += [(f"owes in {store}", line) for line in lines]
    return facts


def _grid(facts: list[tuple[str, str]]) -> None:
    shown = Table.grid(padding=(0, 2))
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column(overflow="fold")
    for what, found in facts:
        if found:
            shown.add_row(what, escape(found))
    console.print(shown, highlight=False)


def _ran(step: Any) -> str:
    ran = f"ran {step.applied:%Y-%m-%d %H:%M}" if step.applied else "to run"
    return ran + (", its file is gone" if step.missing else "")


def _job(name: str, every: int) -> str:
    return f"{name}, every {every} s" if every else name


def routes(instance: Instance, name: str) -> list[str]:
    """`POST /admin/gifts/boxes/{box_id}`, below /api/v1/{store}."""
    kind = instance.registry.installed[name]
    mine = {blueprint.name for blueprint in (*kind.blueprints, *kind.pages)}
    found = []
    for rule in mount(instance).url_map.iter_rules():
        if rule.endpoint.rpartition(".")[0] in mine:
            path = rule.rule.replace("/api/v1/<string:store>", "")
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            found += [f"{method} {path}" for method in methods]
    return sorted(found, key=lambda line: (line.partition(" ")[2], line))


def show_lines(lines: list[str]) -> None:
    """A diff: `+ line` and `- line`."""
    for line in lines:
        color = "green" if line.startswith("+") else "red"
        console.print(f"[{color}]{escape(line)}[/{color}]", highlight=False, soft_wrap=True)


def show_taken_out(lines: list[str]) -> None:
    """As they stood, so that they can be put back."""
    say("taken out of the file:")
    for line in lines:
        say(line)


def show_enabled(instance: Instance, store: str, name: str) -> None:
    kind = instance.registry.installed[name]
    hooks = plugin_info.hooks_of(kind)
    say(f"{name} {kind.version}: {plugin_state.about(kind)}")
    if hooks:
        say(f"It takes part in {', '.join(hooks)}.")
    order = list(instance.config.stores[store].plugins)
    if len(order) > 1:
        say(f"Precedence in {store}: {', '.join(order)}.")


def show_owes(name: str, lines: list[str]) -> None:
    if not lines:
        say("It owes nothing.")
        return
    say(f"{name} goes on with what it owes:")
    for line in lines:
        say(f"  {line}")


def show_plan(found: Plan) -> None:
    shown = table(f"What {found.name} has", "what", "rows")
    for name, rows in found.tables.items():
        shown.add_row(f"table {name}", str(rows))
    for file, rows in found.core.items():
        if rows:
            shown.add_row(f"its {file.removeprefix('core/').removesuffix('.jsonl')}s", str(rows))
    for (store, pool), units in found.pools.items():
        shown.add_row(f"units of pool {pool} in {store}, back to main", str(units))
    if found.prices:
        shown.add_row("prices in force or to come, ended", str(found.prices))
    console.print(shown)
