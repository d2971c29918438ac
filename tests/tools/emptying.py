"""Empties a database for the next history of a machine."""

from shop import db


def forget():
    """Delete every row; the tables stay."""
    tables = [f'"{name}"' for name in db.database.get_tables() if not name.startswith("schema_")]
    filled = [name for name in tables if db.value(f"SELECT 1 FROM {name} LIMIT 1")]
    if db.is_postgres():
        if filled:
            db.run(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")
        return
    db.run("PRAGMA foreign_keys = 0")
    with db.transaction():
        for name in filled:
            db.run(f"DELETE FROM {name}")
    db.run("PRAGMA foreign_keys = 1")
