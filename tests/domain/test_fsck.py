"""Break each invariant by hand, and see it named."""

from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from shop import db
from shop.cli import main
from shop.context import Caller
from shop.jobs import leases
from shop.ledger import ledger, seal
from shop.models import CORE
from shop.ops import fsck
from shop.ops.invariants import references
from shop.orders import holds, orders
from shop.payments import dues, refunds, suspense
from shop.people import audit
from shop.pickup import pickup
from shop.stock import claims
from shop.testing import CONFIG, SECRET
from tests import factory
from tests.tools.rows import make

FIRST_LINE = "(SELECT MIN(id) FROM order_line WHERE order_id = {})"

BREAKERS = {
    "stock_on_hand": "UPDATE stock SET on_hand = on_hand + 1",
    "stock_missing": "UPDATE stock_movement SET pool = 'ghost'",
    "price_in_force": "UPDATE variant SET price = price + 1",
    "price_open_once": """INSERT INTO price (store, variant_id, source, amount, starts, pool)
      SELECT store, variant_id, source, amount, starts, pool FROM price WHERE id = 1""",
    "counter_used": "UPDATE counter SET used = used + 1",
    "claim_cancelled": "UPDATE claim SET order_id = {cancelled}",
    "order_state": "UPDATE orders SET state = 'shipped' WHERE id = {completed}",
    "order_times": "UPDATE orders SET paid_at = NULL WHERE id = {paid}",
    "order_event": "DELETE FROM event WHERE kind = 'order.paid' AND order_id = {paid}",
    "order_pending": "UPDATE orders SET state = 'pending' WHERE id = {paid}",
    "order_unpaid_goods": "UPDATE orders SET state = 'pending' WHERE id = {completed}",
    "order_completed": "UPDATE orders SET state = 'paid' WHERE id = {completed}",
    "order_expiry": "DELETE FROM job WHERE name = 'expire_order'",
    "line_units": "UPDATE order_line SET quantity = 0 WHERE order_id = {pending}",
    "order_stock": "UPDATE stock_movement SET delta = delta - 1 WHERE kind = 'order'",
    "order_stock_back": "UPDATE stock_movement SET delta = 100 WHERE kind = 'return'",
    "cancelled_stock": "DELETE FROM stock_movement WHERE kind = 'return'",
    "hold_cancelled": "UPDATE hold SET order_id = {cancelled}",
    "order_total": "UPDATE orders SET total = total + 1 WHERE id = {pending}",
    "order_paid": "UPDATE payment SET amount = amount + 1",
    "order_refunded": "UPDATE orders SET refunded = 1 WHERE id = {completed}",
    "order_cancelled": "UPDATE orders SET refunded = 0 WHERE id = {cancelled}",
    "order_balance": "UPDATE orders SET paid = paid - 1 WHERE id = {completed}",
    "line_amount": "UPDATE order_line SET unit_price = unit_price + 1",
    "line_allocation": "UPDATE allocation SET amount = amount - 1",
    "adjustment_allocation": "UPDATE order_adjustment SET amount = amount - 1",
    "allocation_order": "UPDATE allocation SET line_id = " + FIRST_LINE.format("{pending}"),
    "line_refunded": "UPDATE refund_row SET units = units + 1",
    "adjustment_refunded": "UPDATE order_adjustment SET refunded_amount = 1 WHERE kind = 'fee'",
    "charge_refunded": "UPDATE charge SET refunded_amount = 1",
    "refund_amount": "UPDATE refund SET amount = amount + 1",
    "refund_row_order": "UPDATE refund_row SET line_id = " + FIRST_LINE.format("{pending}"),
    "refund_state": "UPDATE refund SET state = 'pending'",
    "payment_parts": "UPDATE refund_part SET amount = amount + 1000000",
    "suspense_ledger": "UPDATE suspense SET amount = amount + 1",
    "suspense_missing": "UPDATE lot SET key = 'suspense:999' WHERE key = 'suspense:1'",
    "suspense_state": "UPDATE suspense SET state = 'applied'",
    "job_lease": "UPDATE job SET state = 'running', lease_until = 1",
    "job_event": "UPDATE job SET name = 'react', key = 'event:999' WHERE name = 'expire_order'",
    "event_store": "UPDATE event SET customer_id = 999",
    "movement_sum": "UPDATE entry SET amount = amount + 1",
    "movement_unit": "UPDATE account SET unit = 'gems' WHERE role = 'wallet'",
    "movement_back": """UPDATE entry SET amount = amount * 10 WHERE movement_id IN (
      SELECT id FROM movement WHERE kind = 'claw_back')""",
    "account_balance": "UPDATE account SET balance = balance + 1 WHERE role = 'wallet'",
    "account_sign": "UPDATE account SET balance = 1 WHERE role = 'debt'",
    "account_lots": "UPDATE account SET balance = balance + 1 WHERE role = 'suspense'",
    "lot_remaining": "UPDATE lot SET remaining = remaining + 1",
    "lot_amount": "UPDATE lot SET amount = 0",
    "lot_account": """UPDATE entry SET lot_id = (SELECT id FROM lot WHERE key = 'suspense:1')
      WHERE lot_id IN (SELECT id FROM lot WHERE key = 'earned')""",
    "lot_missing": "UPDATE entry SET lot_id = NULL",
    "hand_out": "UPDATE hand_out SET lines = '[]'",
    "seal": "UPDATE audit SET action = 'nothing'",
}


@pytest.fixture
def stores_toml():
    return (
        '[stores.harbour]\nname = "港"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\nlocale = "en"'
    )


@pytest.fixture
def world(shop, clock):
    """A store where everything has happened once; order ids by state."""
    ctx = shop.ctx
    apple = factory.product(ctx, units=100)
    ids = {}
    for state in ("pending", "paid", "completed", "cancelled"):
        made = factory.order(
            ctx, [(apple, 3), (factory.product(ctx, units=10), 1)], discounts=[-100],
            spends=[-50], fees=[30], paid=state != "pending",
            pay_by=ctx.now_us + 1 if state == "pending" else None,
        )  # fmt: skip
        ids[state] = made.id
    line = factory.order_view.load(ctx, ids["paid"]).lines[0].id
    claims.set_cap(ctx, "tests:seats", 5)
    claims.claim(ctx, "tests:seats", "a", order_id=ids["paid"])
    pickup.hand_out(ctx, ids["completed"])
    owner = shop.context(Caller("owner", 1, "anna", frozenset({"*"})))
    refunds.refund(owner, ids["paid"], "r", lines={line: 1}, restock="restore")
    dues.charge(ctx, ids["completed"], "late", "tests", "Late", 70, ctx.now_us)
    orders.cancel(owner, ids["cancelled"], "owner")
    holds.hold(ctx, ids["paid"], "tests", "waits")
    suspense.put(ctx, "unknown", 500, "CNY", "manual")
    customer = factory.customer(ctx)
    ledger.grant(ctx, "points", customer, 10, "earned", "tests")
    ledger.grant(ctx, "points", customer, 10, "kept", "tests")
    ledger.spend(ctx, "points", customer, 15, "spent", "tests")
    ledger.claw_back(ctx, "earned", 10, "tests")
    audit.record(ctx, "tests.done")
    seal.seal(ctx)
    leases.lead("runner", "tests", ctx.now_us, 15)
    clock.forward(hours=2)
    return ids


@contextmanager
def rolled_back():
    with db.database.atomic() as transaction:
        yield
        transaction.rollback()


def finds(ctx, name):
    """Whether the check of this name finds something; running all each time would take long."""
    checks = {check.name: check.run for check in fsck.sql_checks(ctx)} | fsck.PYTHON
    return [finding.check for finding in checks[name](ctx)][:1] == [name]


def reference_checks():
    return {check.name for check in references.of_models(CORE)}


def test_a_store_where_everything_happened_is_clean(shop, world):
    assert fsck.run(shop.ctx) == []
    assert fsck.run(shop.context(store="harbour")) == []
    assert fsck.whole() == []


def test_no_check_lacks_its_breaker(shop):
    names = fsck.names(shop.ctx)
    assert len(set(names)) == len(names)
    assert set(BREAKERS) | reference_checks() == set(names)


def test_each_broken_invariant_is_named(shop, world, subtests):
    for name, sql in BREAKERS.items():
        with subtests.test(name), rolled_back():
            assert db.change(sql.format(**world)), "the breaker changes nothing"
            assert finds(shop.ctx, name)


def test_each_reference_into_another_store_is_named(shop, world, subtests):
    for model in CORE:
        for key in references.keys(model):
            name = f"store:{model._meta.table_name}.{key.column_name}"
            if name in reference_checks():
                with subtests.test(name), rolled_back():
                    make_foreign(model, key)
                    assert finds(shop.ctx, name)


def make_foreign(model, key):
    """A row in orchard that refers to one in harbour."""
    row, foreign = make(model, "orchard"), make(key.rel_model, "harbour")
    where = [
        field == getattr(row, field.name)
        for field in model._meta.sorted_fields
        if field.primary_key or field.name in getattr(model._meta.primary_key, "field_names", ())
    ]
    assert model.update({key: foreign}).where(*where).execute() == 1


def test_a_shop_that_was_off_for_a_month_since_its_worker_died_is_clean(shop, world, clock):
    """Nobody is there who could have taken the job; who comes next does."""
    shop.run_jobs()
    leases.lead("runner", "dead", shop.ctx.now_us, 15)
    db.run("UPDATE job SET state = 'running', lease_until = ?", shop.ctx.now_us + 60_000_000)
    clock.forward(days=30)
    assert fsck.run(shop.ctx) == []
    leases.lead("runner", "next", shop.ctx.now_us, 15)
    assert {found.check for found in fsck.run(shop.ctx)} == {"job_lease"}


def test_a_finding_names_the_row_and_says_what_is_wrong(shop, world):
    number = db.value("SELECT number FROM orders WHERE id = ?", world["pending"])
    db.run("UPDATE orders SET total = total + 1 WHERE id = ?", world["pending"])
    [finding] = fsck.run(shop.ctx)
    assert finding.row == f"order {number}"
    assert finding.message == "total 3881, its rows sum to 3880"


def test_a_finding_of_one_store_is_none_of_another(shop, world):
    db.run("UPDATE stock SET on_hand = on_hand + 1")
    assert fsck.run(shop.context(store="harbour")) == []


def test_hand_outs_are_read_in_parts(shop, world, monkeypatch):
    monkeypatch.setattr(fsck, "NEXT", fsck.NEXT.replace("1000", "1"))
    assert fsck.run(shop.ctx) == []
    db.run("UPDATE hand_out SET lines = '[[999,1]]'")
    rows = {finding.row for finding in fsck.run(shop.ctx)}
    assert "order line 999" in rows
    assert len(rows) == 3


@pytest.mark.sqlite_only
def test_a_reference_to_nothing_is_found_in_the_file(shop, world):
    db.run("PRAGMA foreign_keys = OFF")
    db.run("DELETE FROM customer WHERE id = 1")
    [finding] = {finding.message for finding in fsck.whole()}
    assert finding == "its customer is missing"


@pytest.mark.parametrize("broken, code, said", [(False, 0, "clean: "), (True, 1, "stock_on_hand")])
def test_the_command_says_clean_or_fails_with_a_table(
    shop, world, tmp_path, database_url, stores_toml, broken, code, said
):
    path = tmp_path / "shop.toml"
    path.write_text(CONFIG.format(database=database_url, secret=SECRET, stores=stores_toml))
    if broken:
        db.run("UPDATE stock SET on_hand = on_hand + 1")
    result = CliRunner().invoke(main, ["--config", str(path), "fsck"])
    assert (result.exit_code, said in result.output) == (code, True), result.output
