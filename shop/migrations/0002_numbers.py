"""Never give a row's number out again.

On SQLite, tables made before this lack AUTOINCREMENT. Adding it changes no stored row, so the
declaration is changed in place, as https://www.sqlite.org/lang_altertable.html (section 7)
describes. Which numbers were used before is not known: each table goes on above the highest number
that any table has.
"""

import re

from playhouse.migrate import SqliteMigrator

from shop.services.schema import run_script

NUMBERING = """
CREATE TABLE IF NOT EXISTS numbering (
  name VARCHAR(128) NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL
)
"""
KEY = re.compile(r"\bINTEGER NOT NULL PRIMARY KEY\b(?! AUTOINCREMENT)")


def up(migrator, db):
    run_script(db, NUMBERING)
    if isinstance(migrator, SqliteMigrator):
        redeclare(db)


def down(migrator, db):
    """Nothing: the older code can work with it."""


def redeclare(db):
    found = db.execute_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    old = {name: sql for name, sql in found if KEY.search(sql) and not name.startswith("schema_")}
    if not old:
        return
    highest = max(
        db.execute_sql(f'SELECT COALESCE(MAX(rowid), 0) FROM "{name}"').fetchone()[0]
        for name in old
    )
    # the first table with AUTOINCREMENT makes SQLite's own table of counters
    db.execute_sql("CREATE TABLE numbers_begin (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    db.execute_sql("DROP TABLE numbers_begin")
    [version] = db.execute_sql("PRAGMA schema_version").fetchone()
    db.execute_sql("PRAGMA writable_schema = ON")
    try:
        for name, sql in old.items():
            db.execute_sql(
                "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
                (KEY.sub(r"\g<0> AUTOINCREMENT", sql), name),
            )
        db.execute_sql(f"PRAGMA schema_version = {version + 1}")
    finally:
        db.execute_sql("PRAGMA writable_schema = OFF")
    for name in old:
        db.execute_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, highest))
    [health] = db.execute_sql("PRAGMA quick_check(1)").fetchone()
    if health != "ok":
        raise RuntimeError(health)
