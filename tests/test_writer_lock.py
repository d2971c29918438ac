"""Writers of a SQLite file come in turn, and no turn is ever lost."""

import signal
import subprocess
import sys
import threading

import pytest

from shop import db
from shop.data.writer_lock import WriterLock
from tests.tools.waiting import PATIENCE

pytestmark = pytest.mark.sqlite_only
HOLD = """
import sys, time
from shop.data.writer_lock import WriterLock
assert (turn := WriterLock(sys.argv[1])).take(1)
print("mine", flush=True)
time.sleep(60)
"""


def elsewhere(call):
    """What a call answers in another thread."""
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join(PATIENCE)
    return found[0]


def test_one_thread_at_a_time_and_the_next_when_it_is_done(tmp_path):
    turn = WriterLock(str(tmp_path / "turn"))
    assert turn.take(1)
    assert elsewhere(lambda: turn.take(0.01)) is False
    turn.give()
    assert elsewhere(lambda: turn.take(0.01) and (turn.give() or True))


def test_who_has_no_turn_gives_none_away(tmp_path):
    turn = WriterLock(str(tmp_path / "turn"))
    assert turn.take(1)
    elsewhere(turn.give)
    assert elsewhere(lambda: turn.take(0.01)) is False
    turn.give()


def test_a_process_that_is_killed_gives_its_turn_back(tmp_path):
    path = str(tmp_path / "turn")
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"mine\n"
        turn, got = WriterLock(path), threading.Event()
        thread = threading.Thread(target=lambda: turn.take(PATIENCE) and got.set())
        thread.start()
        assert not got.wait(0.1)
        other.send_signal(signal.SIGKILL)
        assert got.wait(PATIENCE)
        thread.join()


def test_where_no_file_can_be_made_sqlite_sorts_the_writers(tmp_path):
    turn = WriterLock(str(tmp_path / "missing" / "turn"))
    assert turn.take(1)
    turn.give()
    assert turn.take(1)


@pytest.mark.parametrize("where", ["BEGIN", "INSERT", "COMMIT"])
def test_a_transaction_that_fails_anywhere_gives_its_turn_back(shop, where):
    def fail(sql):
        if sql.startswith(where):
            raise RuntimeError(where)

    def write(key):
        with db.transaction():
            db.run("INSERT INTO store (code, catalogue_version) VALUES (?, 1)", key)

    with db.watched(fail), pytest.raises(RuntimeError):
        write("one")
    assert elsewhere(lambda: (write("two"), db.database.close())[1])
    assert db.rows("SELECT code FROM store WHERE code IN ('one', 'two')") == [("two",)]


def test_nobody_waits_for_ever_behind_a_process_that_hangs_in_its_write(tmp_path):
    path = str(tmp_path / "turn")
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"mine\n"
        turn = WriterLock(path)
        assert turn.take(0.05) is False
        other.kill()
        other.wait()
        assert turn.take(1)
