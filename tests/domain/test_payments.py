"""Money recorded by staff: what is owed is applied, what is odd waits in suspense."""

import pytest

from shop import db
from shop.context import Caller
from shop.errors import Conflict, Reject
from shop.ops import fsck
from shop.orders import order_view, orders
from shop.payments import payments, receipts, suspense
from tests import factory

pytestmark = pytest.mark.both_databases

OWNER = Caller("owner", 1, "anna", frozenset({"*"}))


@pytest.fixture(autouse=True)
def the_books_balance(shop):
    yield
    assert fsck.run(shop.ctx) == []


def suspended(ctx):
    return db.value("SELECT COALESCE(SUM(balance), 0) FROM account WHERE role = 'suspense'")


def test_the_whole_balance_makes_the_order_paid_and_stops_its_expiry(shop):
    order = factory.order(shop.ctx, method="transfer", pay_by=shop.ctx.now_us + 10)
    answer = payments.record(shop.context(OWNER), order.id, "manual", "transfer", 1000, "bank 7")
    assert (answer["state"], answer["paid"], answer["balance"]) == ("paid", 1000, 0)
    assert answer["suspense"] is None
    [payment] = receipts.of_order(shop.ctx, order.id)
    assert (payment["state"], payment["reference"], payment["actor"]) == (
        "accepted",
        "bank 7",
        "owner:anna",
    )
    assert db.rows("SELECT 1 FROM job WHERE name = 'expire_order'") == []
    kinds = [kind for (kind,) in db.rows("SELECT kind FROM event ORDER BY id")]
    assert kinds[-2:] == ["payment.accepted", "order.paid"]
    actions = [row[0] for row in db.rows("SELECT action FROM audit ORDER BY id")]
    assert actions[-1] == "payment.record"


def test_less_than_the_balance_is_a_part_payment(shop):
    order = factory.order(shop.ctx)
    first = payments.record(shop.ctx, order.id, "manual", "at_pickup", 400)
    assert (first["state"], first["balance"]) == ("pending", 600)
    rest = payments.record(shop.ctx, order.id, "manual", "at_pickup", 600)
    assert (rest["state"], rest["balance"]) == ("paid", 0)


def test_more_than_the_balance_is_refused_at_the_counter(shop):
    order = factory.order(shop.ctx)
    with pytest.raises(Reject, match="over_balance") as refused:
        payments.record(shop.ctx, order.id, "manual", "at_pickup", 1001)
    assert refused.value.facts == {"balance": 1000}
    assert order_view.load(shop.ctx, order.id).paid == 0


def test_the_excess_of_a_transfer_goes_to_suspense(shop):
    order = factory.order(shop.ctx, method="transfer")
    answer = payments.record(shop.ctx, order.id, "manual", "transfer", 1300)
    assert (answer["state"], answer["amount"], answer["balance"]) == ("paid", 1000, 0)
    row = suspense.get(shop.ctx, answer["suspense"]["id"])
    assert (row["reason"], row["amount"], row["refund_amount"], row["state"]) == (
        "excess",
        300,
        300,
        "open",
    )
    assert suspended(shop.ctx) == 300


def test_a_transfer_for_a_paid_order_is_double_and_for_a_cancelled_one_late(shop):
    order = factory.order(shop.ctx, paid=True)
    double = payments.record(shop.ctx, order.id, "manual", "transfer", 1000)
    assert (double["id"], double["suspense"]["reason"]) == (None, "double")
    gone = factory.order(shop.ctx)
    orders.cancel(shop.ctx, gone.id, "customer")
    late = payments.record(shop.ctx, gone.id, "manual", "at_pickup", 1000)
    assert (late["state"], late["paid"], late["suspense"]["reason"]) == ("cancelled", 0, "late")
    assert suspended(shop.ctx) == 2000


@pytest.mark.parametrize("amount", [0, -1, True, 1.5, "100", 2**53])
def test_case_04_an_amount_that_is_no_whole_number_above_zero_is_refused(shop, amount):
    order = factory.order(shop.ctx)
    with pytest.raises(Reject, match="bad_amount"):
        payments.record(shop.ctx, order.id, "manual", "at_pickup", amount)


def test_an_unknown_provider_or_method_is_refused(shop):
    order = factory.order(shop.ctx)
    with pytest.raises(Reject, match="unknown_provider"):
        payments.record(shop.ctx, order.id, "gold", "", 1000)
    with pytest.raises(Reject, match="unknown_method"):
        payments.start(shop.ctx, order.id, "manual", "cheque")


def test_a_transfer_begun_twice_is_one_payment_with_its_instructions(shop):
    order = factory.order(shop.ctx)
    ctx = shop.context(locale="en")
    first, again = (payments.start(ctx, order.id, "manual", "transfer") for _ in range(2))
    assert first == again
    assert (first["amount"], first["currency"], first["state"]) == (1000, "CNY", "pending")
    assert (
        first["data"]["instructions"] == f"Please transfer CN¥10.00 and name order {order.number}."
    )


def test_nothing_is_begun_for_an_order_that_owes_nothing_is_cancelled_or_wants_the_money_first(
    shop,
):
    ctx = shop.ctx
    with pytest.raises(Reject, match="nothing_to_pay"):
        payments.start(ctx, factory.order(ctx, paid=True).id)
    gone = factory.order(ctx)
    orders.cancel(ctx, gone.id, "customer")
    with pytest.raises(Conflict, match="order_cancelled"):
        payments.start(ctx, gone.id)
    first = factory.order(ctx, method="transfer", pay_by=ctx.now_us + 300_000_000)
    with pytest.raises(Reject, match="prepay_required") as refused:
        payments.start(ctx, first.id, "manual", "at_pickup")
    assert refused.value.facts == {"minutes": 5}


# -- suspense --------------------------------------------------------------------------------


def odd_money(ctx, amount=300, order_id=None):
    return suspense.put(
        ctx, "unknown", amount, "CNY", "manual", "transfer", order_id=order_id, back=amount
    )


def test_the_owner_applies_odd_money_to_an_order_and_keeps_what_is_too_much(shop):
    ctx = shop.context(OWNER)
    odd = odd_money(ctx, 1300)
    with pytest.raises(Reject, match="order_needed"):
        suspense.apply(ctx, odd)
    order = factory.order(ctx)
    row = suspense.apply(ctx, odd, order.number)
    assert (row["applied"], row["rest"], row["state"]) == (1000, 300, "open")
    assert order_view.load(ctx, order.id).state == "paid"
    assert suspended(ctx) == 300
    row = suspense.refund(ctx, odd)
    assert (row["refunded"], row["rest"], row["state"]) == (300, 0, "refunded")
    assert suspended(ctx) == 0
    with pytest.raises(Conflict, match="suspense_settled"):
        suspense.refund(ctx, odd)
    with pytest.raises(Conflict, match="suspense_settled"):
        suspense.apply(ctx, odd, order.number)


def test_odd_money_is_not_applied_to_a_cancelled_or_a_paid_order(shop):
    odd = odd_money(shop.ctx)
    with pytest.raises(Reject, match="nothing_to_pay"):
        suspense.apply(shop.ctx, odd, factory.order(shop.ctx, paid=True).number)
    gone = factory.order(shop.ctx)
    orders.cancel(shop.ctx, gone.id, "customer")
    with pytest.raises(Conflict, match="order_cancelled"):
        suspense.apply(shop.ctx, odd, gone.number)
    assert suspense.get(shop.ctx, odd)["rest"] == 300


def test_odd_money_is_listed_by_state_the_newest_first(shop):
    ids = [odd_money(shop.ctx, n + 1) for n in range(3)]
    suspense.refund(shop.ctx, ids[1])
    page = suspense.show(shop.ctx, "open", limit=1)
    assert [row["id"] for row in page["items"]] == [ids[2]]
    rest = suspense.show(shop.ctx, "open", limit=1, after=page["next"])
    assert [row["id"] for row in rest["items"]] == [ids[0]]
    assert rest["next"] is None
    assert len(suspense.show(shop.ctx)["items"]) == 3
