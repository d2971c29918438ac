"""Where products wait between reading and writing: a private file that SQLite deletes itself.

A file may be larger than memory and its rows may come in any order; the shop's own database is
locked only once everything is known to be right.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

SCHEMA = """
CREATE TABLE product (handle TEXT PRIMARY KEY, line INTEGER, document TEXT);
CREATE TABLE sku (sku TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID;
CREATE TABLE parent (line INTEGER PRIMARY KEY, id TEXT, sku TEXT, row TEXT);
CREATE TABLE child (line INTEGER PRIMARY KEY, parent TEXT, place INTEGER, row TEXT, taken);
CREATE TABLE target (variant INTEGER PRIMARY KEY, sku TEXT, units INTEGER);
CREATE TABLE known (title TEXT, handle TEXT, PRIMARY KEY (title, handle)) WITHOUT ROWID;
CREATE INDEX children ON child (parent, place, line);
"""


Row = tuple[int, list[str], bool]
"""The line of a row, its cells, and whether it is bad."""


class Staging:
    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.executescript("BEGIN;" + SCHEMA)

    def close(self) -> None:
        self._file.close()

    def claim_handle(self, handle: str, line: int) -> int | None:
        """None, or the line on which this handle was claimed before."""
        return self._claim("product", "handle", handle, line)

    def claim_sku(self, sku: str, line: int) -> int | None:
        return self._claim("sku", "sku", sku, line)

    def _claim(self, table: str, key: str, value: str, line: int) -> int | None:
        text = f"INSERT INTO {table} ({key}, line) VALUES (?, ?) ON CONFLICT DO NOTHING"
        if self._file.execute(text, (value, line)).rowcount:
            return None
        [before] = self._file.execute(f"SELECT line FROM {table} WHERE {key} = ?", (value,))
        return int(before[0])

    def put(self, document: dict[str, Any]) -> None:
        """Keep the product of a handle that was claimed."""
        self._file.execute(
            "UPDATE product SET document = ? WHERE handle = ?",
            (orjson.dumps(document), document["handle"]),
        )

    def count(self) -> int:
        [row] = self._file.execute("SELECT COUNT(*) FROM product WHERE document IS NOT NULL")
        return int(row[0])

    def chunks(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """The products in the order of the file, `size` at a time."""
        found = self._file.execute(
            "SELECT document FROM product WHERE document IS NOT NULL ORDER BY line"
        )
        while some := found.fetchmany(size):
            yield [orjson.loads(document) for (document,) in some]

    def put_targets(self, targets: Iterable[tuple[int, str, int]]) -> None:
        """(variant id, SKU, the units it is to have)"""
        self._file.executemany("INSERT OR REPLACE INTO target VALUES (?, ?, ?)", targets)

    def targets(self, size: int) -> Iterator[list[tuple[int, str, int]]]:
        """In the order of the variants' ids, `size` at a time."""
        found = self._file.execute("SELECT variant, sku, units FROM target ORDER BY variant")
        while some := found.fetchmany(size):
            yield some

    def put_known(self, titles: Iterable[tuple[str, str]]) -> None:
        """(title, handle) of the products that the shop had before."""
        self._file.executemany("INSERT INTO known VALUES (?, ?)", titles)

    def known(self, title: str) -> str:
        """The handle of a product that the shop had before under this title, and that the file does
        not hold; or an empty text."""
        found = self._file.execute(
            "SELECT handle FROM known WHERE title = ? AND handle NOT IN (SELECT handle FROM product)",
            (title,),
        ).fetchone()
        return str(found[0]) if found else ""

    # -- variations that stand apart from their product --------------------------------------

    def put_parent(self, id: str, sku: str, row: Row) -> None:
        values = (row[0], id, sku, orjson.dumps(row))
        self._file.execute("INSERT INTO parent VALUES (?, ?, ?, ?)", values)

    def put_child(self, parent: str, place: int, row: Row) -> None:
        """`parent` is a SKU, or `id:` and an id."""
        values = (row[0], parent, place, orjson.dumps(row))
        self._file.execute("INSERT INTO child VALUES (?, ?, ?, ?, 0)", values)

    def families(self, most: int) -> Iterator[tuple[Row, list[Row]]]:
        """Each parent with its children, at most `most` + 1 of them."""
        parents = self._file.execute("SELECT id, sku, row FROM parent ORDER BY line")
        for id, sku, parent in parents:
            names = [f"id:{id}"] + ([sku] if sku else [])
            which = f"parent IN ({', '.join('?' * len(names))}) AND NOT taken"
            children = self._file.execute(
                f"SELECT row FROM child WHERE {which} ORDER BY place, line LIMIT ?",
                (*names, most + 1),
            ).fetchall()
            self._file.execute(f"UPDATE child SET taken = 1 WHERE {which}", names)
            yield orjson.loads(parent), [orjson.loads(row) for (row,) in children]

    def orphans(self) -> Iterator[tuple[int, str]]:
        """(line, the parent named) of the children that no parent took."""
        yield from self._file.execute(
            "SELECT line, parent FROM child WHERE NOT taken ORDER BY line"
        )
