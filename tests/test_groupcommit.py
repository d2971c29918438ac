"""Works that wait for each other share a commit; none of them sees anything of the others' failures."""

import contextvars
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from shop import db, groupcommit
from shop.errors import Reject
from shop.testing.crashes import dying

pytestmark = pytest.mark.both_databases

PUT = "INSERT INTO store (code, catalogue_version) VALUES (?, 1)"
who = contextvars.ContextVar("who", default="nobody")


def put(code):
    db.run(PUT, code)
    return code


def stored():
    return {code for (code,) in db.rows("SELECT code FROM store WHERE code LIKE 'g%'")}


@contextmanager
def watched():
    seen = []
    with db.watched(seen.append):
        yield seen


def together(*deeds):
    """All of them in one queue, each from a thread of its own: what each answered or raised."""
    outcomes = [None] * len(deeds)

    def ask(at, deed):
        who.set(f"thread {at}")
        try:
            outcomes[at] = groupcommit.run(deed)
        except BaseException as error:
            outcomes[at] = error
            if not db.database.is_closed():
                db.database.rollback()  # as the end of a process does
        finally:
            db.database.close()

    threads = [threading.Thread(target=ask, args=item) for item in enumerate(deeds)]
    with groupcommit._leading:
        for number, thread in enumerate(threads, 1):
            thread.start()
            while not db.is_postgres() and len(groupcommit._queue) < number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    return outcomes


def test_one_who_comes_alone_has_a_transaction_and_no_savepoint(shop):
    with watched() as seen:
        assert groupcommit.run(lambda: put("g1")) == "g1"
    assert not any("SAVEPOINT" in sql for sql in seen)
    assert stored() == {"g1"}


def test_a_refusal_writes_nothing(shop):
    def refuse():
        put("g1")
        raise Reject("no")

    with pytest.raises(Reject):
        groupcommit.run(refuse)
    assert stored() == set()


def test_inside_a_transaction_it_is_part_of_that(shop):
    with suppress(ZeroDivisionError), db.transaction():
        groupcommit.run(lambda: put("g1"))
        raise ZeroDivisionError
    assert stored() == set()


@pytest.mark.sqlite_only
def test_those_who_wait_share_a_commit(shop):
    with watched() as seen:
        outcomes = together(*(lambda code=f"g{n}": put(code) for n in range(6)))
    assert outcomes == [f"g{n}" for n in range(6)]
    assert seen.count("COMMIT") == 1
    assert len(stored()) == 6


def test_what_fails_is_undone_alone(shop):
    def refuse():
        put("g-refused")
        raise Reject("no")

    def fail():
        put("g-failed")
        return 1 / 0

    def twice():
        put("g0")  # it is there

    outcomes = together(lambda: put("g0"), refuse, lambda: put("g1"), fail, lambda: put("g2"))
    assert [outcomes[n] for n in (0, 2, 4)] == ["g0", "g1", "g2"]
    assert isinstance(outcomes[1], Reject)
    assert isinstance(outcomes[3], ZeroDivisionError)
    assert stored() == {"g0", "g1", "g2"}
    kinds = [type(outcome).__name__ for outcome in together(twice, lambda: put("g3"))]
    assert kinds == ["IntegrityError", "str"]
    assert stored() == {"g0", "g1", "g2", "g3"}


@pytest.mark.sqlite_only
def test_nobody_is_told_that_it_is_done_when_the_commit_fails(shop):
    def full(sql):
        if sql == "COMMIT":
            raise OSError("the disk is full")

    with db.watched(full):
        outcomes = together(lambda: put("g1"), lambda: put("g2"))
    assert [str(outcome) for outcome in outcomes] == ["the disk is full"] * 2
    assert stored() == set()
    assert groupcommit.run(lambda: put("g1")) == "g1"


@pytest.mark.sqlite_only
def test_when_the_database_ends_the_transaction_everyone_is_told(shop):
    def end():
        db.database.connection().rollback()  # as SQLite does when the disk is full
        raise OSError("the disk is full")

    ran = []
    outcomes = together(lambda: put("g1"), end, lambda: ran.append(put("g2")))
    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert (stored(), ran) == (set(), [])
    assert groupcommit.run(lambda: put("g3")) == "g3"


@pytest.mark.sqlite_only
def test_a_leader_who_dies_leaves_nothing_half_done(shop):
    def die():
        put("g1")
        raise KeyboardInterrupt

    outcomes = together(lambda: put("g0"), die, lambda: put("g2"))
    assert all(isinstance(outcome, BaseException) for outcome in outcomes)
    assert stored() == set()
    assert groupcommit.run(lambda: put("g3")) == "g3"


@pytest.mark.sqlite_only
def test_more_than_one_transaction_takes_are_done_in_the_next(shop, monkeypatch):
    monkeypatch.setattr(groupcommit, "MOST", 4)
    with watched() as seen:
        outcomes = together(*(lambda code=f"g{n}": put(code) for n in range(11)))
    assert outcomes == [f"g{n}" for n in range(11)]
    assert seen.count("COMMIT") == 3


def test_a_savepoint_that_cannot_be_made_leaves_nothing_behind(shop):
    def refuse(sql):
        if sql.startswith("SAVEPOINT"):
            raise OSError("not now")

    with db.transaction():
        with db.watched(refuse), pytest.raises(OSError, match="not now"):  # noqa: SIM117
            with db.savepoint(), db.savepoint():
                put("g1")
        with db.savepoint():
            put("g2")
    assert stored() == {"g2"}


def test_each_runs_in_the_context_of_who_asked(shop):
    outcomes = together(*(who.get for _ in range(4)))
    assert outcomes == [f"thread {n}" for n in range(4)]


def test_a_rush_through_it_loses_nothing(shop):
    def one(number):
        def deed():
            if number % 3 == 0:
                put(f"g{number}x")
                raise Reject("no")
            return put(f"g{number}")

        return deed

    at_once = (
        30 if db.is_postgres() else 90
    )  # its connections are for the tests beside this one too
    for first in range(0, 90, at_once):
        outcomes = together(*(one(number) for number in range(first, first + at_once)))
        refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert [type(one) for one in refused] == [Reject] * (at_once // 3), refused
    assert stored() == {f"g{number}" for number in range(90) if number % 3}


@pytest.mark.sqlite_only
def test_killed_before_any_statement_all_of_them_are_stored_or_none(shop):
    """Whoever was told that it is done finds it; what nobody was told may be there, but only whole."""
    ended = 0
    for statements in range(40):
        codes = {f"g{statements}-{n}" for n in range(3)}
        with dying(statements):
            outcomes = together(*(lambda code=code: put(code) for code in sorted(codes)))
        found = stored() & codes
        assert found in (set(), codes)
        assert {outcome for outcome in outcomes if isinstance(outcome, str)} <= found
        ended += found == codes
        db.database.close()
    assert 0 < ended < 40
