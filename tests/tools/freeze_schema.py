"""Write the models' tables down as shop/migrations/0001_initial.py.

    .venv/bin/python -m tests.tools.freeze_schema

Only until the first release: from then on that file is history, and a change of a model is a new
migration beside it.
"""

import re
from pathlib import Path

from peewee import SchemaManager

from shop import db
from shop.models import CORE
from shop.ops import schema

HEAD = '''"""The first tables. A copy of its own, not the models: what they become later is not for here."""

from shop.ops.schema import run_script

TABLES = """
'''
TAIL = '''"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    names = [part.split()[2] for part in TABLES.split(";") if "CREATE TABLE" in part]
    run_script(db, ";".join(f"DROP TABLE {name}" for name in reversed(names)))
'''
PLAIN = re.compile(r'"([a-z_]+)"')


def tables(models: tuple = CORE) -> str:
    """CREATE TABLE and CREATE INDEX of each model, in PostgreSQL's words."""
    database = db.Postgres("never_connected")
    parts = []
    for model in models:
        manager = SchemaManager(model, database)
        parts.append(_wrapped(manager._create_table(safe=False).query()[0]))
        parts += [_plain(made.query()[0]) for made in manager._create_indexes(safe=False)]
        parts[-1] += "\n"
    return ";\n".join(parts).replace("\n;\n", ";\n\n").rstrip("\n") + ";\n"


def _plain(sql: str) -> str:
    return PLAIN.sub(r"\1", sql)


def _wrapped(sql: str) -> str:
    """One column a line: split at the commas that stand in no inner bracket."""
    head, _, body = sql.partition(" (")
    columns, depth, start = [], 0, 0
    for at, char in enumerate(body):
        depth += (char == "(") - (char == ")")
        if (char == "," and depth == 0) or depth < 0:
            columns.append(body[start:at].strip())
            start = at + 1
    return _plain(f"{head} (\n  " + ",\n  ".join(columns) + "\n)")


def main() -> None:
    path = Path(schema.FOLDER) / "0001_initial.py"
    path.write_text(HEAD + tables() + TAIL, "utf-8")
    print(f"{path.name}: {len(CORE)} tables")


if __name__ == "__main__":
    main()
