"""What migrations promise: they build what the models say, once, under a lock, whole or not."""

import os
import re
import signal
import subprocess
import sys
import threading
import uuid

import psycopg
import pytest
from playhouse.schema_diff import diff_models

from shop import db
from shop.errors import ShopError
from shop.models import CORE
from shop.ops import schema
from shop.plugin import Plugin
from shop.testing import POSTGRES
from tests.tools import freeze_schema

pytestmark = pytest.mark.both_databases

STEPS = ["core 0001_initial"]

KILLED = """
import os, signal, sys
from shop import db
from shop.ops import schema

url, left = sys.argv[1], int(sys.argv[2])
db.connect(url)

def die(sql):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with db.watched(die):
    schema.migrate({})
print("migrated", left)
"""


@pytest.fixture
def empty(request, tmp_path):
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        db.database.close()
        return
    name = f"minishop_schema_{uuid.uuid4().hex[:12]}"
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL server answers")
    admin.execute(f"CREATE DATABASE {name}")
    yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    db.database.close()
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


on_both = pytest.mark.parametrize("empty", ["sqlite", "postgres"], indirect=True)


def described():
    """Every column, index and check of the database that is connected, a line each."""
    if not db.is_postgres():
        found = db.rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        lines = [" ".join(re.findall(r"\w+|[^\w\s\"]", sql)) for (sql,) in found]
    else:
        lines = [
            " ".join(map(str, line))
            for sql in (
                """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable,
                   column_default FROM information_schema.columns WHERE table_schema = 'public'""",
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
                """SELECT conrelid::regclass, contype, pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE connamespace = 'public'::regnamespace""",
            )
            for line in db.rows(sql)
        ]
    return sorted(line for line in lines if not re.search("schema_history|sqlite_sequence", line))


def from_models():
    db.database.create_tables(CORE)
    found = described()
    db.database.drop_tables(CORE)
    return found


@on_both
def test_a_migrated_database_is_what_the_models_say(empty):
    database = db.connect(empty)
    wanted = from_models()
    assert schema.migrate({}) == STEPS
    assert described() == wanted
    assert not diff_models(database, CORE)


def test_the_first_migration_is_up_to_date_with_the_models():
    text = (schema.FOLDER / "0001_initial.py").read_text("utf-8")
    assert freeze_schema.tables() in text, "run: python -m tests.tools.freeze_schema"


@on_both
def test_migrating_twice_does_nothing_and_rollback_leaves_nothing(empty):
    db.connect(empty)
    assert schema.pending({}) == STEPS
    with pytest.raises(schema.SchemaError, match="shop db migrate"):
        schema.require_current({})
    schema.migrate({})
    assert schema.migrate({}) == []
    assert schema.pending({}) == []
    schema.require_current({})
    assert schema.rollback({}, "core") == STEPS
    assert described() == []
    assert schema.pending({}) == STEPS


@on_both
def test_nodes_that_migrate_at_once_run_each_migration_once(empty):
    db.connect(empty)
    done, errors = [], []

    def node():
        try:
            done.extend(schema.migrate({}))
        except Exception as error:
            errors.append(error)
        finally:
            db.database.close()

    threads = [threading.Thread(target=node) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert done == STEPS


@on_both
@pytest.mark.parametrize("statements", [3, 12, 90])
def test_case_86_a_migration_killed_halfway_completes_when_run_again(empty, statements):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, empty, str(statements)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    database = db.connect(empty)
    assert described() == []
    assert schema.migrate({}) == STEPS
    assert not diff_models(database, CORE)


@pytest.fixture
def broken(tmp_path):
    """A plugin whose second migration fails after its first statement."""
    folder = tmp_path / "stamps" / "migrations"
    folder.mkdir(parents=True)
    head = "from shop.ops.schema import run_script\ndef up(migrator, db):\n    run_script(db, "
    (folder / "0001_first.py").write_text(
        head + "'CREATE TABLE stamps_card (id BIGSERIAL NOT NULL PRIMARY KEY)')\n"
        "def down(migrator, db):\n    run_script(db, 'DROP TABLE stamps_card')\n"
    )
    (folder / "0002_second.py").write_text(
        head + "'CREATE TABLE stamps_seal (id BIGINT); CREATE NONSENSE')\n"
    )

    class Stamps(Plugin):
        name = "stamps"

    Stamps.folder = folder.parent
    return {"stamps": Stamps}


@on_both
def test_a_plugins_migration_that_fails_leaves_the_schema_as_it_was(empty, broken):
    database = db.connect(empty)
    with pytest.raises(Exception, match="NONSENSE"):
        schema.migrate(broken)
    assert schema.pending(broken) == ["stamps 0002_second"]
    assert database.table_exists("stamps_card")
    assert not database.table_exists("stamps_seal")
    assert schema.rollback(broken, "stamps") == ["stamps 0001_first"]
    with pytest.raises(ShopError, match="no migrations of elsewhere"):
        schema.rollback(broken, "elsewhere")
