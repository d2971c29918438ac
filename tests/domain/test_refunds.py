"""Refunds: what a unit is worth, what a row holds, and never more than was paid."""

import contextlib
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop import db
from shop.context import SYSTEM, Caller
from shop.errors import Conflict, Reject
from shop.ops import fsck
from shop.orders import kept, order_view, orders
from shop.payments import dues, payments, refund_list, refunds
from shop.stock import stock
from tests import factory

pytestmark = pytest.mark.both_databases

OWNER = Caller("owner", 1, "anna", frozenset({"*"}))


@pytest.fixture(autouse=True)
def the_books_balance(shop, request):
    yield
    if "control" not in request.node.name:
        assert fsck.run(shop.ctx) == []


def on_hand(variant):
    return db.value("SELECT on_hand FROM stock WHERE variant_id = ? AND pool = 'main'", variant)


def sums(order_id):
    """The stored numbers of an order against those its rows add up to."""
    order = db.row("SELECT total, paid, refunded FROM orders WHERE id = ?", order_id)
    total = sum(
        db.value(f"SELECT COALESCE(SUM(amount), 0) FROM {table} WHERE order_id = ?", order_id)
        for table in ("order_line", "order_adjustment", "charge")
    )
    paid = db.value(
        "SELECT COALESCE(SUM(amount), 0) FROM payment WHERE order_id = ? AND state = 'accepted'",
        order_id,
    )
    taken = sum(
        db.value(f"SELECT COALESCE(SUM(refunded_amount), 0) FROM {t} WHERE order_id = ?", order_id)
        for t in ("order_line", "order_adjustment", "charge")
    )
    by_rows = db.value(
        "SELECT COALESCE(SUM(r.amount), 0) FROM refund_row r JOIN refund f ON f.id = r.refund_id"
        " WHERE f.order_id = ?",
        order_id,
    )
    by_parts = db.value(
        "SELECT COALESCE(SUM(r.amount), 0) FROM refund_part r JOIN refund f ON f.id = r.refund_id"
        " WHERE f.order_id = ?",
        order_id,
    )
    assert order == (total, paid, taken)
    assert taken == by_rows == by_parts
    assert order[2] <= order[1]
    return order


def test_units_are_worth_their_share_of_the_lines_net_to_the_last_cent(shop):
    ctx = shop.ctx
    pear = factory.product(ctx, price=999)
    order = factory.order(ctx, [(pear, 3)], discounts=[-100], paid=True)
    line = order.lines[0].id
    amounts = []
    for step in range(3):
        refund = refunds.refund(ctx, order.id, f"k{step}", lines={line: 1})
        amounts.append(refund_list.get(ctx, refund)["amount"])
    assert amounts == [965, 966, 966]
    after = order_view.load(ctx, order.id)
    assert (after.refunded, after.money_kept, after.lines[0].refunded) == (2897, 0, 3)
    sums(order.id)


@pytest.mark.sqlite_only
def test_a_unit_is_worth_its_share_of_what_the_line_still_holds(shop):
    """After 400 of goodwill two pears have cost 1600: each gives 800 back, not 1000 and 600."""
    order = factory.order(shop.ctx, [(factory.product(shop.ctx), 2)], paid=True)
    line = order.lines[0].id
    refunds.refund(shop.ctx, order.id, "sorry", amounts={("line", line): 400})
    amounts = []
    for key in ("one", "two"):
        refund = refunds.refund(shop.ctx, order.id, key, lines={line: 1})
        amounts.append(refund_list.get(shop.ctx, refund)["amount"])
    assert amounts == [800, 800]
    assert sums(order.id) == (2000, 2000, 2000)


REFUND_STEPS = st.lists(st.tuples(st.booleans(), st.integers(1, 3000)), max_size=12)


@pytest.mark.sqlite_only
@given(price=st.integers(0, 999), quantity=st.integers(1, 9), steps=REFUND_STEPS)
def test_equal_units_get_equal_shares_whatever_amounts_went_back_between(price, quantity, steps):
    """(is it a unit?, size): between two amounts all units give the same back, to a minor unit; all
    of a line's units together give back what the line held, to the last."""
    line = a_line(quantity, price)
    since: list[int] = []
    for is_unit, size in [*steps, *[(True, 1)] * quantity]:
        if is_unit and line.refunded < line.quantity:
            back = line.worth(1)
            since.append(back)
            line.refunded += 1
        else:
            back = min(size, line.kept)
            since = []
        line.refunded_amount += back
        assert 0 <= line.refunded_amount <= line.net
        assert not since or max(since) - min(since) <= 1
    assert line.refunded_amount == line.net


@pytest.mark.sqlite_only
@given(price=st.integers(0, 999), quantity=st.integers(2, 9), amount=st.integers(0, 3000))
def test_units_given_back_together_are_worth_what_they_are_one_by_one(price, quantity, amount):
    line = a_line(quantity, price)
    line.refunded_amount = min(amount, line.net)
    all_at_once, some = line.worth(quantity), line.worth(quantity - 1)
    assert all_at_once == line.kept
    assert abs(some - line.kept * (quantity - 1) / quantity) < 1


def a_line(quantity, price):
    whole = price * quantity
    return order_view.LineView(
        1, 0, 1, "PEAR", "Pear", "", "catalogue", "main", quantity, price, whole, 0, 0, None, {}, {}
    )


@pytest.mark.parametrize("amount, units, money, bought", [
    (0, 0, 2000, 2), (400, 0, 1600, 2), (0, 1, 1000, 1), (2000, 0, 0, 0), (1000, 1, 0, 0),
    (0, 2, 0, 0),
])  # fmt: skip
def test_what_is_still_paid_is_the_same_asked_of_the_view_and_in_sql(
    shop, amount, units, money, bought
):
    order = factory.order(shop.ctx, [(factory.product(shop.ctx), 2)], paid=True)
    line = order.lines[0].id
    if units:
        refunds.refund(shop.ctx, order.id, "units", lines={line: units})
    if amount:
        refunds.refund(shop.ctx, order.id, "amount", amounts={("line", line): amount})
    after = order_view.load(shop.ctx, order.id)
    assert (after.lines[0].kept, after.lines[0].units_kept) == (money, bought)
    assert (after.goods_kept, after.is_paid_for) == (money, bool(bought))
    sql = f"SELECT {kept.MONEY}, {kept.UNITS} FROM order_line l WHERE l.id = ?"
    assert db.row(sql, line) == (money, bought)


def test_goods_that_were_free_are_bought_until_their_units_are_refunded(shop):
    """Money cannot go back of a line that holds none, so it does not make the line unpaid."""
    order = factory.order(shop.ctx, [(factory.product(shop.ctx, price=0), 2)])
    assert (order.lines[0].units_kept, order.is_paid_for) == (2, True)
    refunds.refund(shop.ctx, order.id, "units", lines={order.lines[0].id: 2})
    assert not order_view.load(shop.ctx, order.id).is_paid_for


def test_units_that_were_not_handed_out_are_withdrawn_and_the_order_completes(shop):
    ctx = shop.ctx
    apple = factory.product(ctx, units=5)
    order = factory.order(ctx, [(apple, 3)], paid=True)
    line = order.lines[0].id
    factory.hand_out(ctx, order.id, {line: 2})
    refunds.refund(ctx, order.id, "k", lines={line: 2})
    after = order_view.load(ctx, order.id)
    assert (after.lines[0].refunded, after.lines[0].withdrawn) == (2, 1)
    assert after.state == "completed"
    with pytest.raises(Reject, match="over_refund") as refused:
        refunds.refund(ctx, order.id, "k2", lines={line: 2})
    assert refused.value.facts == {"line": line, "asked": 2, "left": 1}


@pytest.mark.parametrize("restock, left, returned", [
    ("leave", 3, 0), ("restore", 4, 1), ("write_off", 3, 1),
])  # fmt: skip
def test_the_goods_are_left_restored_or_written_off(shop, restock, left, returned):
    apple = factory.product(shop.ctx, units=5)
    order = factory.order(shop.ctx, [(apple, 2)], paid=True)
    refunds.refund(shop.ctx, order.id, "k", lines={order.lines[0].id: 1}, restock=restock)
    assert on_hand(apple) == left
    assert order_view.load(shop.ctx, order.id).lines[0].returned == returned


def test_goods_that_came_back_before_are_not_restored_again(shop):
    order = factory.order(shop.ctx, paid=True)
    line = order.lines[0].id
    factory.hand_out(shop.ctx, order.id, {line: 1})
    stock.take_back(shop.ctx, line, 1, "restore")
    with pytest.raises(Conflict, match="not_returnable"):
        refunds.refund(shop.ctx, order.id, "k", lines={line: 1}, restock="restore")
    assert order_view.load(shop.ctx, order.id).refunded == 0
    refunds.refund(shop.ctx, order.id, "k", lines={line: 1})


def test_case_12_the_same_key_is_one_refund_and_another_orders_key_is_refused(shop):
    ctx = shop.ctx
    order, other = factory.order(ctx, paid=True), factory.order(ctx, paid=True)
    line = order.lines[0].id
    first = refunds.refund(ctx, order.id, "tier:7", amounts={("line", line): 300})
    assert refunds.refund(ctx, order.id, "tier:7", amounts={("line", line): 300}) == first
    assert order_view.load(ctx, order.id).refunded == 300
    with pytest.raises(Conflict, match="key_used"):
        refunds.refund(ctx, other.id, "tier:7", amounts={("line", other.lines[0].id): 300})
    assert db.value("SELECT COUNT(*) FROM event WHERE kind = 'order.refunded'") == 1


def test_an_amount_moves_money_only_and_is_bounded_by_its_row(shop):
    ctx = shop.ctx
    order = factory.order(ctx, fees=[200], deposits=[500], discounts=[-100], paid=True)
    line = order.lines[0].id
    discount, fee, deposit = (item.id for item in order.adjustments)
    assert [item.kind for item in order.adjustments] == ["discount", "fee", "deposit"]
    refunds.refund(ctx, order.id, "a", amounts={("adjustment", fee): 200, ("line", line): 300})
    refunds.refund(ctx, order.id, "b", amounts={("adjustment", deposit): 500})
    after = order_view.load(ctx, order.id)
    assert (after.refunded, after.lines[0].refunded, after.goods_kept) == (1000, 0, 600)
    for named, code in (
        ({("line", line): 601}, "over_refund"),
        ({("adjustment", fee): 1}, "over_refund"),
        ({("adjustment", discount): 1}, "unknown_row"),
        ({("charge", 1): 1}, "unknown_row"),
        ({("line", 10**9): 1}, "unknown_row"),
        ({("line", line): True}, "over_refund"),
        ({("line", line): -1}, "over_refund"),
        ({}, "nothing_to_refund"),
    ):
        with pytest.raises(Reject, match=code):
            refunds.refund(ctx, order.id, "c", amounts=named)
    refunds.refund(ctx, order.id, "d", lines={line: 1})
    assert sums(order.id)[1:] == (1600, 1600)


def test_an_unpaid_order_has_nothing_to_give_back_and_a_cancelled_one_no_more(shop):
    ctx = shop.ctx
    order = factory.order(ctx)
    line = order.lines[0].id
    with pytest.raises(Reject, match="nothing_paid"):
        refunds.refund(ctx, order.id, "k", lines={line: 1})
    payments.record(ctx, order.id, "manual", "at_pickup", 400)
    with pytest.raises(Reject, match="over_refund") as refused:
        refunds.refund(ctx, order.id, "k", lines={line: 1})
    assert refused.value.facts == {"asked": 1000, "left": 400}
    orders.cancel(ctx, order.id, "customer")
    with pytest.raises(Conflict, match="order_cancelled"):
        refunds.refund(ctx, order.id, "k", lines={line: 1}, restock="restore")


def test_cancelling_gives_back_what_is_kept_fees_and_deposits_too(shop):
    ctx = shop.ctx
    pear = factory.product(ctx, price=999)
    order = factory.order(ctx, [(pear, 2)], fees=[200], deposits=[500], paid=True)
    refunds.refund(ctx, order.id, "k", amounts={("line", order.lines[0].id): 98})
    after = orders.cancel(ctx, order.id, "owner")
    assert (after.state, after.money_kept) == ("cancelled", 0)
    assert [item.refunded_amount for item in after.adjustments] == [200, 500]
    assert refunds.refund_rest(ctx, order.id, "again", "owner") is None
    sums(order.id)


def test_a_part_payment_goes_back_spread_over_the_rows(shop):
    ctx = shop.ctx
    order = factory.order(ctx, [(factory.product(ctx), 2)], fees=[1000])
    payments.record(ctx, order.id, "manual", "at_pickup", 100)
    after = orders.cancel(ctx, order.id, "expired")
    assert (after.paid, after.refunded) == (100, 100)
    assert (after.lines[0].refunded_amount, after.adjustments[0].refunded_amount) == (67, 33)


def test_cash_goes_back_at_once_and_a_transfer_when_staff_says_so(shop):
    ctx = shop.context(OWNER)
    cash = factory.order(ctx, paid=True)
    refund = refunds.refund(ctx, cash.id, "cash", lines={cash.lines[0].id: 1}, reason="bruised")
    view = refund_list.get(ctx, refund)
    assert (view["state"], view["provider"], view["reason"]) == ("done", "manual", "bruised")
    order = factory.order(ctx, method="transfer")
    payments.record(ctx, order.id, "manual", "transfer", 1000)
    refund = refunds.refund(ctx, order.id, "bank", lines={order.lines[0].id: 1})
    assert [item["id"] for item in refund_list.show(ctx, "pending")["items"]] == [refund]
    for _ in range(2):
        assert refund_list.confirm(ctx, refund)["state"] == "done"
    assert refund_list.show(ctx, "pending")["items"] == []
    done = db.value("SELECT COUNT(*) FROM event WHERE kind = 'refund.done'")
    actions = [name for (name,) in db.rows("SELECT action FROM audit ORDER BY id")]
    assert (done, actions.count("refund.done"), actions.count("order.refund")) == (2, 1, 2)


@pytest.mark.parametrize("caller, source", [
    (Caller("customer", 1, "Wang"), ""), (Caller("guest"), ""), (SYSTEM, ""), (OWNER, "trial"),
])  # fmt: skip
def test_cash_that_nobody_hands_over_waits_until_staff_says_so(shop, caller, source):
    ctx = shop.context(caller)
    order = factory.order(shop.ctx, paid=True)
    line = order.lines[0].id
    if source:
        refund = refunds.refund(ctx, order.id, "k", lines={line: 1}, source=source)
    else:
        orders.cancel(ctx, order.id, "no_show")
        [refund] = db.row("SELECT id FROM refund WHERE order_id = ?", order.id)
    assert refund_list.get(ctx, refund)["state"] == "pending"
    assert refund_list.confirm(shop.context(OWNER), refund)["state"] == "done"


def test_money_goes_back_the_way_it_came_the_latest_payment_first(shop):
    ctx = shop.context(OWNER)
    order = factory.order(ctx)
    payments.record(ctx, order.id, "manual", "transfer", 700)
    payments.record(ctx, order.id, "manual", "at_pickup", 300)
    refund = refunds.refund(ctx, order.id, "k", lines={order.lines[0].id: 1})
    view = refund_list.get(ctx, refund)
    parts = [(part["method"], part["amount"], part["state"]) for part in view["parts"]]
    assert parts == [("at_pickup", 300, "done"), ("transfer", 700, "pending")]
    assert view["state"] == "pending"


# -- dues ------------------------------------------------------------------------------------


def test_a_charge_leaves_a_due_changes_no_state_and_is_made_once(shop):
    ctx = shop.ctx
    order = factory.order(ctx)
    with pytest.raises(Conflict, match="order_not_paid"):
        dues.charge(ctx, order.id, "k", "trial", "Damage", 500, ctx.now_us)
    payments.record(ctx, order.id, "manual", "at_pickup", 1000)
    factory.hand_out(ctx, order.id, {order.lines[0].id: 1})
    orders.settle(ctx, order.id)
    first = dues.charge(ctx, order.id, "k", "trial", "Damage", 500, ctx.now_us + 5)
    assert dues.charge(ctx, order.id, "k", "trial", "Damage", 500, ctx.now_us) == first
    after = order_view.load(ctx, order.id)
    assert (after.state, after.total, after.balance) == ("completed", 1500, 500)
    [due] = dues.show(ctx)["items"]
    assert (due["order"], due["open"], due["due_at"]) == (order.number, 500, ctx.now_us + 5)
    payments.record(ctx, order.id, "manual", "transfer", 500)
    after = order_view.load(ctx, order.id)
    assert (after.state, after.balance, dues.show(ctx)["items"]) == ("completed", 0, [])


def test_payments_pay_the_oldest_charge_first_and_dues_turn_pages(shop):
    ctx = shop.ctx
    order = factory.order(ctx, paid=True)
    for number, amount in enumerate((300, 200, 100)):
        dues.charge(ctx, order.id, f"k{number}", "trial", "", amount, ctx.now_us + 10 - number)
    payments.record(ctx, order.id, "manual", "at_pickup", 350)
    page = dues.show(ctx, order.customer_id, limit=1)
    rest = dues.show(ctx, order.customer_id, limit=1, after=page["next"])
    assert [item["open"] for item in page["items"] + rest["items"]] == [100, 150]
    assert rest["next"] is None
    assert dues.show(ctx, order.customer_id + 1)["items"] == []


def test_a_charge_that_is_not_paid_gives_nothing_back(shop):
    ctx = shop.ctx
    order = factory.order(ctx, paid=True)
    charge = dues.charge(ctx, order.id, "k", "trial", "", 500, ctx.now_us)
    with pytest.raises(Reject, match="over_refund"):
        refunds.refund(ctx, order.id, "r", amounts={("charge", charge): 1})
    payments.record(ctx, order.id, "manual", "at_pickup", 200)
    refunds.refund(ctx, order.id, "r", amounts={("charge", charge): 200})
    with pytest.raises(Reject, match="over_refund"):
        refunds.refund(ctx, order.id, "r2", amounts={("charge", charge): 1})
    assert orders.cancel(ctx, order.id, "owner").money_kept == 0
    sums(order.id)


# -- races -----------------------------------------------------------------------------------


def in_parallel(count, work):
    gate, answers = threading.Barrier(count), []

    def one(number):
        gate.wait()
        try:
            answers.append(work(number))
        except Reject as error:
            answers.append(error.code)
        finally:
            db.database.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_case_11_twenty_partial_refunds_in_parallel_never_pass_what_was_paid(shop):
    order = factory.order(shop.ctx, paid=True)
    named = {("line", order.lines[0].id): 100}
    answers = in_parallel(
        20, lambda n: bool(refunds.refund(shop.ctx, order.id, f"k{n}", amounts=named))
    )
    assert answers.count(True) == 10
    assert answers.count("over_refund") == 10
    assert sums(order.id) == (1000, 1000, 1000)


def test_case_12_twenty_of_the_same_key_in_parallel_are_one_refund(shop):
    order = factory.order(shop.ctx, paid=True)
    named = {("line", order.lines[0].id): 100}
    answers = in_parallel(20, lambda _: refunds.refund(shop.ctx, order.id, "one", amounts=named))
    assert len(set(answers)) == 1
    assert sums(order.id) == (1000, 1000, 100)


def test_control_reading_then_writing_refunds_more_than_was_paid(shop):
    """Without the lock and the conditional UPDATE the race is real."""
    order = factory.order(shop.ctx, paid=True)
    gate = threading.Barrier(20)

    def careless(_):
        kept = order_view.load(shop.ctx, order.id).money_kept
        gate.wait()
        if kept >= 100:
            with db.transaction():
                db.run("UPDATE orders SET refunded = refunded + 100 WHERE id = ?", order.id)

    in_parallel(20, careless)
    assert order_view.load(shop.ctx, order.id).refunded > 1000


# -- whatever the order and the steps ----------------------------------------------------------

CARTS = st.fixed_dictionaries(
    {
        "lines": st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 7)), min_size=1, max_size=4),
        "discounts": st.lists(st.integers(0, 60), max_size=2),
        "spends": st.lists(st.integers(0, 40), max_size=1),
        "fees": st.lists(st.integers(1, 900), max_size=2),
    }
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(("units", "line", "adjustment")), st.integers(0, 9), st.integers(1, 4000)),
    max_size=12,
)  # fmt: skip


def made(ctx, cart):
    """Discounts and spends are per cent of what is left, so that nothing falls below zero."""
    left, cuts = sum(price * units for price, units in cart["lines"]), {}
    for kind in ("discounts", "spends"):
        cuts[kind] = []
        for percent in cart[kind]:
            cuts[kind].append(-(left * percent // 100))
            left += cuts[kind][-1]
    lines = [(factory.product(ctx, price), units) for price, units in cart["lines"]]
    return factory.order(ctx, lines, fees=cart["fees"], paid=True, **cuts)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cart=CARTS, steps=STEPS)
def test_any_refunds_in_any_order_never_pass_what_was_paid_and_end_exactly(shop, cart, steps):
    ctx = shop.ctx
    order = made(ctx, cart)
    for number, (how, which, size) in enumerate(steps):
        if how == "units":
            wanted = {"lines": {order.lines[which % len(order.lines)].id: size % 7 + 1}}
        else:
            rows = order.lines if how == "line" else order.adjustments
            if not rows:
                continue
            wanted = {"amounts": {(how, rows[which % len(rows)].id): size}}
        with contextlib.suppress(Reject):
            refunds.refund(ctx, order.id, f"{order.id}:{number}", **wanted)
        sums(order.id)
    state = order_view.load(ctx, order.id)
    rest = {line.id: line.quantity - line.refunded for line in state.lines}
    rest = {line: units for line, units in rest.items() if units}
    if rest:
        refunds.refund(ctx, order.id, f"{order.id}:units", lines=rest)
    goods = order_view.load(ctx, order.id).lines
    assert all(line.kept == 0 for line in goods if line.id in rest)
    refunds.refund_rest(ctx, order.id, f"{order.id}:rest", "owner")
    total, paid, refunded = sums(order.id)
    assert total == paid == refunded
    assert fsck.run(ctx) == []
