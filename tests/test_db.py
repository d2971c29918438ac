"""How a database is opened."""

import pytest

from shop import db

pytestmark = pytest.mark.both_databases


def test_what_sqlite_has_committed_survives_a_power_cut(tmp_path):
    database = db.connect(f"sqlite:///{tmp_path / 'shop.db'}")
    assert db.value("PRAGMA synchronous") == 2  # full
    assert db.value("PRAGMA journal_mode") == "wal"
    database.close()
