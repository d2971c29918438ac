"""Does everything add up? Every invariant, checked against the tables.

    run(ctx) -> [Finding(check, row, message)]       one store
    whole() -> [Finding]                             the database file itself
    file() -> [Finding]                              only whether the file can be read: before a start
    names(ctx) -> [check, …]

A finding names the row that breaks a check. Nothing is changed or repaired here.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import peewee

from shop import db
from shop.context import Context
from shop.ledger import seal
from shop.models import CORE
from shop.ops import checks
from shop.ops.checks import Check, Finding
from shop.ops.invariants import CHECKS, references

SMALL = 256 * 2**20
"""bytes up to which a file is read whole before a start, which takes a second or two"""
HAND_OUTS = """
SELECT h.order_id, h.lines FROM hand_out h JOIN orders o ON o.id = h.order_id
WHERE o.store = ? AND h.undone_at IS NULL AND h.order_id > ? AND h.order_id <= ?"""
LINES = """
SELECT l.id, l.order_id, l.handed_out FROM order_line l JOIN orders o ON o.id = l.order_id
WHERE o.store = ? AND l.order_id > ? AND l.order_id <= ?"""
NEXT = """
SELECT MAX(id) FROM (SELECT id FROM orders WHERE store = ? AND id > ? ORDER BY id LIMIT 1000) o"""


def run(ctx: Context) -> list[Finding]:
    """Every check of one store, plugins' references included."""
    found = checks.run(ctx, sql_checks(ctx))
    for name, check in PYTHON.items():
        found += _read(name, check, ctx)
    return found


def sql_checks(ctx: Context) -> list[Check]:
    plugins = ctx.plugins.by_name.values()
    models = [*CORE, *(model for plugin in plugins for model in plugin.models)]
    own = [check for plugin in plugins for check in plugin.invariants]
    return [*CHECKS, *own, *references.of_models(models)]


def names(ctx: Context) -> list[str]:
    return [*(check.name for check in sql_checks(ctx)), *PYTHON]


def whole() -> list[Finding]:
    """What SQLite says of its file: pages, indexes, references. PostgreSQL sees to its own."""
    if db.is_postgres():
        return []
    return file(small=sys.maxsize) + _read("foreign_key_check", _references)


def file(small: int = SMALL) -> list[Finding]:
    """Pages and, of a file up to `small` bytes, that the indexes say what the tables do."""
    if db.is_postgres():
        return []
    return _read("integrity_check", lambda: _pages(small))


def _pages(small: int) -> Iterator[Finding]:
    size = db.value("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    for [line] in db.rows(f"PRAGMA {'integrity_check' if size <= small else 'quick_check'}"):
        if line != "ok":
            yield Finding("integrity_check", "database", str(line))


def _references() -> Iterator[Finding]:
    for table, row, parent, _ in db.rows("PRAGMA foreign_key_check"):
        yield Finding("foreign_key_check", f"{table} {row}", f"its {parent} is missing")


def _read(name: str, check: Callable[..., Iterable[Finding]], *facts: Any) -> list[Finding]:
    """What a check finds, that it cannot be made included."""
    try:
        return list(check(*facts))
    except peewee.DatabaseError as error:
        return [checks.unreadable(name, error)]
    except ValueError as error:
        return [Finding(name, "database", f"cannot be read: {error}")]


def hand_outs(ctx: Context) -> Iterator[Finding]:
    """Units handed out of a line against the hand-outs that stand, 1,000 orders at a time."""
    last = 0
    while (end := db.value(NEXT, ctx.code, last)) is not None:
        given: Counter[tuple[int, int]] = Counter()
        for order_id, lines in db.rows(HAND_OUTS, ctx.code, last, end):
            for line_id, units in db.load(lines):
                given[order_id, line_id] += units
        for line_id, order_id, handed_out in db.rows(LINES, ctx.code, last, end):
            if (units := given.pop((order_id, line_id), 0)) != handed_out:
                message = f"{handed_out} handed out, its hand-outs sum to {units}"
                yield Finding("hand_out", f"order line {line_id}", message)
        for (order_id, line_id), units in given.items():
            message = f"hand-outs of order {order_id} name it for {units}, it is none of its lines"
            yield Finding("hand_out", f"order line {line_id}", message)
        last = end


PYTHON: dict[str, Callable[[Context], Iterator[Finding] | list[Finding]]] = {
    "hand_out": hand_outs,
    "seal": seal.verify,
}
