"""What plugins have in the database, those too whose folder is gone: tables, history, marks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from shop import db
from shop.models import CORE
from shop.ops import schema

HISTORY = "schema_history_"
OPEN_JOBS = """
SELECT plugin, COUNT(*) FROM job
WHERE state IN ('waiting', 'running', 'dead') AND plugin <> 'core' GROUP BY plugin"""
OPEN_HOLDS = """
SELECT source, store, COUNT(*) FROM hold
WHERE released_at IS NULL AND source <> 'core' GROUP BY source, store ORDER BY source, store"""


@dataclass(frozen=True, slots=True)
class Trace:
    """What one plugin left: its tables, open jobs, open holds by store, and whether its
    migrations are noted."""

    tables: tuple[str, ...] = ()
    jobs: int = 0
    holds: dict[str, int] = field(default_factory=dict)
    history: bool = False

    def __bool__(self) -> bool:
        return bool(self.tables or self.jobs or self.holds or self.history)


def traces(known: Iterable[str] = ()) -> dict[str, Trace]:
    """By plugin, of `known` names and of every other that left something."""
    there = db.database.get_tables()
    noted = {name.removeprefix(HISTORY) for name in there if name.startswith(HISTORY)}
    noted -= {schema.CORE}
    jobs: dict[str, int] = {}
    holds: dict[str, dict[str, int]] = {}
    if "job" in there and "hold" in there:
        jobs = dict(db.rows(OPEN_JOBS))
        for source, store, count in db.rows(OPEN_HOLDS):
            holds.setdefault(source, {})[store] = count
    names = sorted({*known, *noted, *jobs, *holds})
    return {
        name: Trace(
            tuple(_of(name, names, there)),
            jobs.get(name, 0),
            holds.get(name, {}),
            name in noted,
        )
        for name in names
    }


def counted(tables: Iterable[str]) -> dict[str, int]:
    """Rows by table."""
    return {table: db.value(f'SELECT COUNT(*) FROM "{table}"') for table in tables}


def _of(name: str, names: Collection[str], there: Iterable[str]) -> list[str]:
    """The tables that begin with the plugin's name, but for those of the core and those of a
    plugin with a longer name: `sale_card_row` is of `sale_card` where there is one."""
    core = {model._meta.table_name for model in CORE}  # type: ignore[attr-defined]
    longer = [f"{other}_" for other in names if other.startswith(f"{name}_")]
    return sorted(
        table
        for table in there
        if table.startswith(f"{name}_")
        and table not in core
        and not table.startswith(HISTORY)
        and not any(table.startswith(prefix) for prefix in longer)
    )
