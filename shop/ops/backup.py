"""Copies of the database: taken while the shop sells, checked before they are put back.

    make(url, file) -> Path        the copy, and `<copy>.sha256` beside it
    check(file)                    BackupError if it is not what was written
    put_back(url, file, now_us)    the database is then what the copy says

SQLite is copied by VACUUM INTO, one moment of the whole file; PostgreSQL by pg_dump. Pictures and
shop.toml are files of the instance folder: copy them as such.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from shop import db
from shop.errors import ShopError

SOLD = "SELECT 1 FROM orders LIMIT 1"
SERVED = "SELECT holder FROM lease WHERE name = 'runner' AND until > ?"
PG_NAMES = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER",
    "password": "PGPASSWORD", "dbname": "PGDATABASE", "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT", "service": "PGSERVICE", "passfile": "PGPASSFILE",
}  # fmt: skip


class BackupError(ShopError):
    """A copy cannot be made, is damaged, or may not be put back."""


def default_file(folder: Path, at: datetime) -> Path:
    kind = "dump" if db.is_postgres() else "db"
    return folder / "backups" / f"shop-{at:%Y%m%d-%H%M%S}.{kind}"


def make(url: str, file: Path) -> Path:
    """Copy the database that is connected (its address is `url`); others go on writing."""
    if file.exists():
        raise BackupError(f"{file} is there already")
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    try:
        if db.is_postgres():
            _pg("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", "-f", fresh)
        else:
            db.run("VACUUM INTO ?", str(fresh))
        fresh.chmod(0o600)
        checksum = _sha256(fresh)
        _sync(fresh)
        fresh.rename(file)
        _sum_of(file).write_text(f"{checksum}  {file.name}\n", "utf-8")
    finally:
        fresh.unlink(missing_ok=True)
    return file


def check(file: Path) -> None:
    """The copy is whole: its checksum stands beside it and agrees."""
    if not file.is_file():
        raise BackupError(f"there is no file {file}")
    if not _sum_of(file).is_file():
        raise BackupError(f"{_sum_of(file).name} is missing: nothing shows that the copy is whole")
    if _sum_of(file).read_text("utf-8").split()[:1] != [_sha256(file)]:
        raise BackupError(f"{file.name} is damaged: its checksum is another")


def put_back(url: str, file: Path, now_us: int, force: bool = False) -> None:
    """Replace what the database holds, in one transaction; `force` also where orders stand or
    where the shop is being served."""
    check(file)
    known = db.database.obj.table_exists
    if not force and known("lease") and (holder := db.value(SERVED, now_us)):
        raise BackupError(f"the shop is running ({holder}): stop it first")
    if not force and known("orders") and db.row(SOLD):
        raise BackupError("the database holds orders, which would be lost; --force replaces them")
    if db.is_postgres():
        options = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
        name = _environment(url)["PGDATABASE"]
        _pg("pg_restore", url, *options, "--single-transaction", "-d", name, file)
        return
    source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        source.backup(db.database.obj.connection(), pages=-1)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{file.name} is no copy of an SQLite database: {error}") from None
    finally:
        source.close()


def newest(folder: Path) -> Path | None:
    """The last copy in the instance's folder of copies."""
    found = [*(folder / "backups").glob("shop-*.db"), *(folder / "backups").glob("shop-*.dump")]
    return max(found, key=lambda file: file.stat().st_mtime, default=None)


def _pg(program: str, url: str, *arguments: Any) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, not the command."""
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not installed (Debian: apt install postgresql-client)")
    done = subprocess.run(
        [program, *map(str, arguments)],
        env={**os.environ, **_environment(url)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip()}")


def _environment(url: str) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    known = {PG_NAMES[name]: value for name, value in given.items() if name in PG_NAMES}
    return {"PGDATABASE": db.value("SELECT current_database()"), **known}


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sum_of(file: Path) -> Path:
    return file.with_name(file.name + ".sha256")


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
