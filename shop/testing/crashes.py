"""A process that is killed in the middle of its work, told within one process.

    def test_a_return_that_dies_anywhere_is_made_whole_by_the_next(shop, stride):
        killed_everywhere(shop, prepare, act, stride)

`prepare()` makes what `act(made)` works on. `act` is killed before its n-th statement, for every
n; the next process finds the books in order, acts once more, and everything is as if nothing had
been.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from peewee import BooleanField, ForeignKeyField, IntegerField

from shop import db
from shop.models import CORE
from shop.models.base import UtcField
from shop.testing.under_test import Shop

UNDOES = re.compile(r"\s*ROLLBACK", re.I)
OWN = {"lease", "job", "seal", "attempt"}
"""tables that tell how often something was tried, or by whom"""
VAGUE = {"version", "catalogue_version", "tries"}
"""columns that say that something changed or was tried, not what"""
MOST = 3000
DEAD = "SELECT COUNT(*) FROM job WHERE state = 'dead'"


class Crash(KeyboardInterrupt):
    """Nobody handles it: neither a plugin's failure nor a job's."""


@contextmanager
def dying(statements: int | None) -> Iterator[None]:
    """Killed before the n-th statement: no later one runs either, and what was not committed is
    undone. None: nothing happens."""
    left = statements or 0

    def count(sql: str) -> None:
        nonlocal left
        left -= 1
        if left < 0 and not UNDOES.match(sql):
            raise Crash

    if statements is None:
        yield
        return
    with db.watched(count):
        yield


def restart(shop: Shop) -> None:
    """The next process: with a connection of its own. What the dead one had open is undone, and its
    turn to write is given up."""
    db.database.rollback()
    shop.instance.close()
    shop.instance.database = db.connect(shop.config.database, shop.config.folder)


@pytest.fixture(params=["some", pytest.param("every", marks=pytest.mark.slow)])
def stride(request: pytest.FixtureRequest) -> int:
    """How many statements lie between two crash points: few of them in every run; in a long one
    all of them on SQLite, every ninth on PostgreSQL, where each costs more."""
    if request.param == "every":
        return 9 if db.is_postgres() else 1
    return 61 if db.is_postgres() else 23


def killed_everywhere(
    shop: Shop, prepare: Callable[[], Any], act: Callable[[Any], Any], stride: int = 1
) -> int:
    """How many statements `act` makes, about; AssertionError for a crash that leaves a trace."""

    def once(statements: int | None) -> tuple[bool, Counter[str]]:
        made = prepare()
        before, died = books(shop), False
        try:
            with dying(statements):
                act(made)
        except Crash:
            died = True
            restart(shop)
            _clean(shop, statements)
            act(made)
        _clean(shop, statements)
        after = books(shop)
        after.subtract(before)
        return died, Counter({name: count for name, count in after.items() if count})

    once(None)  # what is made at the first time only
    _, effect = once(None)
    assert effect, "what is killed changes nothing"
    for statements in range(0, MOST, stride):
        died, found = once(statements)
        odd = {name: (found[name], effect[name]) for name in found | effect}
        odd = {name: (is_, was) for name, (is_, was) in odd.items() if is_ != was}
        assert not odd, f"killed before statement {statements}, it had other effects: {odd}"
        if not died:
            assert statements > 3, "it makes hardly a statement"
            return statements
    raise AssertionError(f"it is not done after {MOST} statements: what it does grows each time")


def _clean(shop: Shop, statements: int | None) -> None:
    findings = shop.fsck()
    assert not findings, f"killed before statement {statements}: {findings}"


def books(shop: Shop) -> Counter[str]:
    """What the tables hold, added up: rows, sums of whole numbers, rows by state."""
    found: Counter[str] = Counter()
    plugins = shop.ctx.plugins.by_name.values()
    models: list[Any] = [*CORE, *(model for plugin in plugins for model in plugin.models)]
    for model in models:
        table = model._meta.table_name
        if table in OWN:
            continue
        sums = [field.column_name for field in model._meta.sorted_fields if _adds_up(field)]
        asked = ", ".join(["COUNT(*)", *(f'COALESCE(SUM("{name}"), 0)' for name in sums)])
        counted = db.row(f'SELECT {asked} FROM "{table}"') or ()
        found.update(
            dict(zip([table, *(f"{table}.{name}" for name in sums)], counted, strict=True))
        )
        if "state" in model._meta.columns:
            for state, count in db.rows(f'SELECT state, COUNT(*) FROM "{table}" GROUP BY state'):
                found[f"{table} {state}"] += count
    found["job dead"] = db.value(DEAD)
    return found


def _adds_up(field: Any) -> bool:
    return (
        isinstance(field, IntegerField)
        and not isinstance(field, (ForeignKeyField, UtcField, BooleanField))
        and not field.primary_key
        and field.column_name not in VAGUE
        and not field.column_name.endswith("_id")
    )
