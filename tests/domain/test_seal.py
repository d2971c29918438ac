"""Hash chains over ledger and audit: what was sealed cannot change unseen."""

import threading

import pytest

from shop import db
from shop.ledger import ledger, seal
from shop.models import Customer
from shop.people import audit
from shop.testing import NOON
from tests.tools.racing import race, slow_before
from tests.tools.waiting import PATIENCE


@pytest.fixture
def ctx(shop):
    customer = Customer.create(store="orchard", phone="+8613800000000", created_at=NOON).id
    for number in range(5):
        ledger.grant(shop.ctx, "points", customer, 10, f"g{number}", "test")
        audit.record(shop.ctx, "points.grant", f"customer:{customer}", amount=10)
    return shop.ctx


def rows_of(findings):
    return [(finding.row, finding.message) for finding in findings]


def test_everything_unsealed_is_sealed_once_and_verifies(ctx):
    assert seal.seal(ctx) == 10
    assert seal.seal(ctx) == 0
    assert seal.verify(ctx) == []
    assert {chain: number for chain, (number, _) in seal.heads(ctx).items()} == {
        "ledger": 1,
        "audit": 1,
    }


def test_a_chain_goes_on_over_many_batches(ctx, monkeypatch):
    monkeypatch.setattr(seal, "BATCH", 2)
    assert seal.seal(ctx) == 10
    assert seal.heads(ctx)["ledger"][0] == 3
    audit.record(ctx, "later")
    seal.seal(ctx)
    assert seal.heads(ctx)["audit"][0] == 4
    assert seal.verify(ctx) == []


@pytest.mark.parametrize(
    "sql, row",
    [
        ("UPDATE entry SET amount = amount + 1 WHERE id = (SELECT MIN(id) FROM entry)", "movement 1"),
        ("UPDATE movement SET reason = 'x' WHERE id = 2", "movement 2"),
        ("UPDATE movement SET seal_id = NULL WHERE id = 2", "movement 2"),
        ("UPDATE account SET name = 'wallet:points:999' WHERE role = 'wallet'", "movement 1"),
        ("UPDATE audit SET data = '{\"amount\":11}' WHERE id = 3", "audit 3"),
        ("DELETE FROM audit WHERE id = 3", "audit 3"),
        ("DELETE FROM entry WHERE movement_id = 4", "movement 4"),
        ("UPDATE seal SET hash = previous WHERE chain = 'audit'", "seal audit 1"),
        ("UPDATE seal SET rows = '[]' WHERE chain = 'audit'", "audit 1"),
        ("DELETE FROM seal WHERE chain = 'audit'", "audit 1"),
        ("UPDATE seal SET number = 7 WHERE chain = 'ledger'", "seal ledger 7"),
        ("UPDATE seal SET previous = 'ff' WHERE chain = 'ledger'", "seal ledger 1"),
    ],
)  # fmt: skip
def test_case_83_a_sealed_row_that_is_changed_or_missing_is_named(ctx, sql, row):
    seal.seal(ctx)
    assert db.change(sql)
    assert row in {found for found, _ in rows_of(seal.verify(ctx))}


def test_a_row_slipped_into_a_seal_is_named(ctx):
    seal.seal(ctx)
    audit.record(ctx, "forged")
    db.run("UPDATE audit SET seal_id = (SELECT id FROM seal WHERE chain = 'audit') WHERE id = 6")
    assert rows_of(seal.verify(ctx)) == [("audit 6", "was added to a seal")]


def test_a_seal_taken_out_of_the_middle_is_found(ctx, monkeypatch):
    monkeypatch.setattr(seal, "BATCH", 2)
    seal.seal(ctx)
    db.run("DELETE FROM audit WHERE id IN (3, 4)")
    db.run("DELETE FROM seal WHERE chain = 'audit' AND number = 2")
    assert rows_of(seal.verify(ctx)) == [("seal audit 3", "does not follow 1")]


@pytest.mark.postgres_only
def test_a_row_that_commits_late_is_sealed_late_and_never_skipped(ctx):
    written, sealed = threading.Event(), threading.Event()

    def late():
        with db.transaction():
            audit.record(ctx, "late")
            written.set()
            sealed.wait(PATIENCE)

    def sealer():
        written.wait(PATIENCE)
        audit.record(ctx, "early, with a higher id")
        count = seal.seal(ctx)
        sealed.set()
        return count

    assert race(late, sealer)[1] == 11
    assert seal.seal(ctx) == 1
    assert seal.verify(ctx) == []


def test_parallel_sealers_make_one_chain(ctx, monkeypatch):
    monkeypatch.setattr(seal, "BATCH", 1)
    with slow_before("SELECT id, actor", 0.005):
        counts = race(*[lambda: seal.seal(ctx)] * 4)
    seal.seal(ctx)
    assert not [count for count in counts if isinstance(count, Exception)]
    assert seal.heads(ctx)["audit"][0] == 5
    assert seal.verify(ctx) == []


@pytest.mark.postgres_only
def test_control_without_the_unique_number_sealers_take_the_same_rows(ctx, monkeypatch):
    monkeypatch.setattr(seal, "BATCH", 1)
    db.run("DROP INDEX seal_store_chain_number")
    try:
        with slow_before("INSERT INTO seal", 0.02):
            results = race(*[lambda: seal.seal(ctx)] * 4)
        assert [result for result in results if isinstance(result, RuntimeError)]
    finally:
        db.run("DELETE FROM seal")
        db.run("CREATE UNIQUE INDEX seal_store_chain_number ON seal (store, chain, number)")
