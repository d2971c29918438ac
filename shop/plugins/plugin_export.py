"""A plugin's rows as JSON lines in one zip file, with a manifest of counts and checksums."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from shop import db
from shop.clock import rfc3339, to_us

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of `table` that go into `file`."""

    file: str
    table: str
    where: str = ""
    params: tuple[Any, ...] = ()

    def count(self) -> int:
        sql = f'SELECT COUNT(*) FROM "{self.table}" {self.where}'
        return int(db.value(sql, *self.params))

    def lines(self) -> Iterator[bytes]:
        """A JSON object per row, in the order of the table's key."""
        names = [column.name for column in db.database.get_columns(self.table)]
        key = db.database.get_primary_keys(self.table) or names
        columns = ", ".join(f'"{name}"' for name in names)
        order = ", ".join(f'"{name}"' for name in key)
        sql = f'SELECT {columns} FROM "{self.table}" {self.where} ORDER BY {order}'
        for row in db.stream(sql, *self.params):
            document = dict(zip(names, row, strict=True))
            yield orjson.dumps(document, default=_odd, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class Part:
    """What one file of an export holds."""

    file: str
    rows: int
    sha256: str


def of_core(name: str) -> list[Source]:
    """The plugin's rows in tables of the core that go with it."""
    mine = (len(name) + 1, f"{name}:")
    counters = "WHERE substr(name, 1, ?) = ?"
    claims = f"WHERE counter_id IN (SELECT id FROM counter {counters})"
    return [
        Source("core/counter.jsonl", "counter", counters, mine),
        Source("core/claim.jsonl", "claim", claims, mine),
        Source("core/job.jsonl", "job", "WHERE plugin = ?", (name,)),
    ]


def sources(name: str, tables: Any) -> list[Source]:
    return [*(Source(f"{table}.jsonl", table) for table in tables), *of_core(name)]


def write(folder: Path, name: str, version: str, tables: Any, now: datetime) -> Path:
    """`<folder>/<name>-<date>.zip`, whole or not at all; only its owner may read it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _free(folder / f"{name}-{now:%Y%m%d-%H%M%S}.zip")
    half = path.with_suffix(".part")
    opener = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opener, "wb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as made:
            parts = [_part(source, made) for source in sources(name, tables)]
            manifest = {
                "plugin": name,
                "version": version,
                "made_at": rfc3339(to_us(now)),
                "files": [asdict(part) for part in parts],
            }
            made.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        raw.flush()
        os.fsync(raw.fileno())
    os.replace(half, path)
    return path


def read_manifest(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as made:
        found: dict[str, Any] = orjson.loads(made.read(MANIFEST))
    return found


def is_true(path: Path, tables: Any) -> bool:
    """Whether an export still says what the tables hold."""
    manifest = read_manifest(path)
    now = [asdict(_part(source)) for source in sources(manifest["plugin"], tables)]
    return bool(manifest["files"] == now)


def _part(source: Source, into: zipfile.ZipFile | None = None) -> Part:
    rows, digest = 0, hashlib.sha256()
    target = into.open(source.file, "w", force_zip64=True) if into else None
    try:
        for line in source.lines():
            rows += 1
            digest.update(line)
            if target:
                target.write(line)
    finally:
        if target:
            target.close()
    return Part(source.file, rows, digest.hexdigest())


def _free(path: Path) -> Path:
    """The path, or with a number behind it if there is such a file."""
    found, count = path, 1
    while found.exists():
        count += 1
        found = path.with_stem(f"{path.stem}-{count}")
    return found


def _odd(value: Any) -> Any:
    """Bytes as hex, and numbers that JSON has not as text."""
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
