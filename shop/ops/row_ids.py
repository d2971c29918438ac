"""Row numbers (`id`) are never given out twice, even after a table was dropped and made again.

PostgreSQL's sequences and SQLite's AUTOINCREMENT see to it while a table lives. A purge or a
migration may drop or rebuild it: `kept()` carries the counters over. Job keys, JSON columns, ETags
and links name rows by number, so a number that came back would mean another row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from shop import db

SQLITE = "SELECT name, seq FROM sqlite_sequence"
POSTGRES = """
SELECT t.relname, s.last_value
FROM pg_class q
JOIN pg_depend d ON d.objid = q.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_sequences s ON s.sequencename = q.relname AND s.schemaname = current_schema()
WHERE q.relkind = 'S' AND q.relnamespace = current_schema()::regnamespace
  AND s.last_value IS NOT NULL"""
KEEP = """
INSERT INTO numbering (name, last) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET last = excluded.last WHERE excluded.last > numbering.last"""
RAISE_SQLITE = "UPDATE sqlite_sequence SET seq = ? WHERE name = ?"
BEGIN_SQLITE = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"
RAISE_POSTGRES = "SELECT setval(pg_get_serial_sequence(?, 'id'), ?)"
HISTORY = "schema_history_"
"""prefix of the migrations' own tables: no number of theirs stands anywhere"""


def last() -> dict[str, int]:
    """The last number given out, by table."""
    if not db.is_postgres() and not db.database.table_exists("sqlite_sequence"):
        return {}
    found = db.rows(POSTGRES if db.is_postgres() else SQLITE)
    return {name: number for name, number in found if not name.startswith(HISTORY)}


@contextmanager
def kept() -> Iterator[None]:
    """Inside a transaction that drops or rebuilds tables: their counters do not fall back."""
    before = last()
    yield
    there = set(db.database.get_tables())
    if "numbering" not in there:
        return
    for name in sorted(before.keys() - there):
        db.run(KEEP, name, before[name])
    for name, number in db.rows("SELECT name, last FROM numbering"):
        before[name] = max(number, before.get(name, 0))
    raise_to({name: number for name, number in before.items() if name in there})


def raise_to(least: Mapping[str, int]) -> None:
    """The next number of each table is above `least`."""
    now = last()
    for name, number in sorted(least.items()):
        if number <= now.get(name, 0):
            continue
        if db.is_postgres():
            db.run(RAISE_POSTGRES, name, number)
        elif not db.change(RAISE_SQLITE, number, name):
            db.run(BEGIN_SQLITE, name, number)
