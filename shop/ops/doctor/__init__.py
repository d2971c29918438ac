"""How an instance is doing, and what to do about it: `examine(instance) -> [Sign]`.

It looks, and repairs nothing. `shop fsck` proves the books; this looks at everything around them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import peewee

from shop import db
from shop.instance import Instance
from shop.ops import schema
from shop.ops.doctor import hooks, machine, plugins, work
from shop.ops.doctor.sign import BAD, GOOD, WARN, Sign

SIZE = "SELECT pg_database_size(current_database())"


def examine(instance: Instance) -> list[Sign]:
    """`instance` may be one whose plugins have mistakes (`strict` off): they are told."""
    signs = [*_database(instance), *plugins.look_at_code(instance)]
    if all(sign.state == GOOD for sign in signs if sign.what in ("database", "tables")):
        signs += [*work.look(instance), *plugins.look_at_data(instance)]
    return [*signs, *machine.look(instance), *hooks.look(instance)]


def _database(instance: Instance) -> Iterator[Sign]:
    kind = "PostgreSQL" if db.is_postgres() else "SQLite"
    try:
        began = time.perf_counter()
        db.value("SELECT 1")
        ms = (time.perf_counter() - began) * 1000
        size = db.value(SIZE) if db.is_postgres() else _bytes(Path(db.database.obj.database))
        yield Sign(GOOD, "database", f"{kind}, {size / 1e6:.1f} MB, answers in {ms:.1f} ms")
        missing = schema.pending(instance.registry.installed)
    except peewee.PeeweeException as error:
        yield Sign(BAD, "database", f"{kind}: {error}", "see that it runs and can be reached")
        return
    if any(name.startswith(f"{schema.CORE} ") for name in missing):
        yield Sign(BAD, "tables", "older than the program", "shop db migrate")
    if missing:
        yield Sign(BAD, "migrations", f"pending: {', '.join(missing)}", "shop db migrate")
    else:
        yield Sign(GOOD, "migrations", "all have run")


def _bytes(path: Path) -> int:
    """With the write-ahead log beside it."""
    wal = path.with_name(path.name + "-wal")
    return path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)


__all__ = ["BAD", "GOOD", "WARN", "Sign", "examine"]
