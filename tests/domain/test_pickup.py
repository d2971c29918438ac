"""Handing out, undoing, codes, ready notices and no-shows."""

import threading

import pytest
from peewee import IntegrityError

from shop import db
from shop.carts.quote import Basket, Item
from shop.catalog import products
from shop.context import Caller
from shop.errors import Conflict, NotFound, Reject
from shop.jobs.runner import Runner
from shop.ops import fsck
from shop.orders import holds, order_view, orders
from shop.orders.orders import Draft
from shop.payments import payments, refunds
from shop.pickup import no_show, pickup, pickup_codes, points, timetable
from shop.stock import stock
from tests.tools.waiting import PATIENCE

pytestmark = pytest.mark.both_databases

HOUR = 3_600_000_000


@pytest.fixture
def ctx(shop):
    variants = [("APPLE", 1000), ("PEAR", 999)]
    for sku, price in variants:
        products.create(
            shop.ctx,
            {
                "title": sku.title(),
                "status": "published",
                "variants": [{"sku": sku, "price": price, "stock": 50}],
            },
        )
    points.create(shop.ctx, "gate", {"name": "东门"})
    points.create(shop.ctx, "lobby", {"name": "大堂"})
    return shop.ctx


@pytest.fixture
def window(ctx):
    starts = ctx.now_us + 5 * HOUR
    point = points.named(ctx, "gate")
    return timetable.create(ctx, point.id, starts, starts + 2 * HOUR, starts)["id"]


def place(ctx, *items, paid=True, point="gate", window=None, phone="+8613000000001"):
    basket = Basket([Item(sku, count) for sku, count in items or (("APPLE", 2), ("PEAR", 1))])
    order = orders.place(ctx, Draft(basket, "王小明", phone, point, window))
    if paid:
        payments.record(ctx, order.id, "manual", "at_pickup", order.total)
    return order_view.load(ctx, order.id)


def clerk_of(shop, *codes):
    bound = frozenset(points.named(shop.ctx, code).id for code in codes)
    return shop.context(Caller("clerk", 7, "li", frozenset(), bound))


def kinds(ctx, order):
    found = db.rows("SELECT kind FROM event WHERE order_id = ? ORDER BY id", order.id)
    return [kind.removeprefix("order.") for (kind,) in found]


def handed(order):
    return [line.handed_out for line in order.lines]


# -- handing out -----------------------------------------------------------------------------


def test_a_paid_order_is_handed_out_whole_and_completes(ctx):
    order = pickup.hand_out(ctx, place(ctx).id)
    assert (order.state, handed(order)) == ("completed", [2, 1])
    assert kinds(ctx, order)[-2:] == ["handed_out", "completed"]
    assert fsck.run(ctx) == []


def test_part_is_handed_out_by_line_and_quantity(ctx):
    order = place(ctx)
    apple, pear = (line.id for line in order.lines)
    order = pickup.hand_out(ctx, order.id, {apple: 1})
    assert (order.state, handed(order)) == ("paid", [1, 0])
    order = pickup.hand_out(ctx, order.id, {apple: 1, pear: 1})
    assert order.state == "completed"


def test_no_more_is_handed_out_than_waits(ctx):
    order = place(ctx)
    apple, _ = (line.id for line in order.lines)
    with pytest.raises(Conflict, match="nothing_waiting") as refusal:
        pickup.hand_out(ctx, order.id, {apple: 3})
    assert refusal.value.facts == {"line": apple, "waiting": 2}
    pickup.hand_out(ctx, order.id)
    with pytest.raises(Conflict, match="nothing_waiting"):
        pickup.hand_out(ctx, order.id)


def test_a_line_of_another_order_is_refused(ctx):
    order, other = place(ctx), place(ctx)
    with pytest.raises(Reject, match="line_unknown"):
        pickup.hand_out(ctx, order.id, {other.lines[0].id: 1})
    assert handed(order_view.load(ctx, other.id)) == [0, 0]


def test_an_order_on_hold_is_not_handed_out_and_says_why(ctx):
    order = place(ctx)
    holds.hold(ctx, order.id, "group_buy", "等待成团")
    with pytest.raises(Conflict, match="held") as refusal:
        pickup.hand_out(ctx, order.id)
    assert refusal.value.facts["holds"] == [{"by": "group_buy", "reason": "等待成团"}]
    holds.release(ctx, order.id)
    assert pickup.hand_out(ctx, order.id).state == "completed"


def test_a_cancelled_order_is_not_handed_out(ctx):
    order = place(ctx, paid=False)
    orders.cancel(ctx, order.id, "customer")
    with pytest.raises(Conflict, match="order_cancelled"):
        pickup.hand_out(ctx, order.id)


def test_an_unpaid_order_is_handed_out_only_with_its_money(ctx):
    order = place(ctx, paid=False)
    with pytest.raises(Conflict, match="unpaid") as refusal:
        pickup.hand_out(ctx, order.id)
    assert refusal.value.facts["balance"] == 2999
    with pytest.raises(Conflict, match="balance_differs"):
        pickup.hand_out(ctx, order.id, payment={"amount": 2000})
    order = pickup.hand_out(ctx, order.id, payment={"amount": 2999})
    assert (order.state, order.paid, order.balance) == ("completed", 2999, 0)
    assert kinds(ctx, order)[-3:] == ["paid", "handed_out", "completed"]
    assert fsck.run(ctx) == []


def test_money_is_not_taken_twice(ctx):
    order = place(ctx)
    with pytest.raises(Conflict, match="already_paid"):
        pickup.hand_out(ctx, order.id, payment={})


def test_money_is_not_kept_when_the_goods_stay(ctx):
    order = place(ctx, paid=False)
    with pytest.raises(Reject, match="line_unknown"):
        pickup.hand_out(ctx, order.id, {10**9: 1}, payment={})
    assert order_view.load(ctx, order.id).paid == 0


def all_at_once(shop, order, count=4):
    """What each of `count` clerks gets who hands the same order out at the same moment."""
    results, start = [], threading.Barrier(count)

    def work():
        start.wait(PATIENCE)
        try:
            results.append(pickup.hand_out(shop.ctx, order.id).state)
        except Conflict as refusal:
            results.append(refusal.code)
        except IntegrityError:
            results.append("broken")
        finally:
            db.database.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_clerks_who_are_equally_fast_hand_out_the_goods_once(shop, ctx):
    order = place(ctx)
    assert all_at_once(shop, order) == ["completed", *["nothing_waiting"] * 3]
    assert handed(order_view.load(ctx, order.id)) == [2, 1]
    assert fsck.run(ctx) == []


class TestWithoutTheLock:
    @pytest.fixture
    def order(self, ctx, monkeypatch):
        """Every clerk has seen the goods waiting before the first takes them."""
        seen, look = threading.Barrier(4), pickup._units

        def units(*args):
            found = look(*args)
            seen.wait(PATIENCE)
            return found

        order = place(ctx)
        monkeypatch.setattr(db, "lock_row", lambda table, row_id: None)
        monkeypatch.setattr(pickup, "_units", units)
        return order

    @pytest.mark.postgres_only
    def test_the_conditional_update_alone_is_enough(self, shop, ctx, order):
        assert all_at_once(shop, order) == ["completed", *["nothing_waiting"] * 3]
        assert handed(order_view.load(ctx, order.id)) == [2, 1]

    @pytest.mark.postgres_only
    def test_control_without_its_condition_the_goods_go_twice(self, shop, ctx, order, monkeypatch):
        unguarded = pickup.HAND_OUT.replace("quantity - handed_out - withdrawn >= ?", "? > 0")
        monkeypatch.setattr(pickup, "HAND_OUT", unguarded)
        assert "broken" in all_at_once(shop, order)


# -- undoing ---------------------------------------------------------------------------------


def test_the_last_hand_out_is_undone_first_and_the_order_is_open_again(ctx):
    order = place(ctx)
    apple, _ = (line.id for line in order.lines)
    pickup.hand_out(ctx, order.id, {apple: 2})
    assert pickup.hand_out(ctx, order.id).state == "completed"
    order = pickup.undo(ctx, order.id, "wrong bag")
    assert (order.state, handed(order), order.completed_at) == ("paid", [2, 0], None)
    assert handed(pickup.undo(ctx, order.id, "wrong person")) == [0, 0]
    with pytest.raises(Conflict, match="nothing_to_undo"):
        pickup.undo(ctx, order.id, "again")
    assert kinds(ctx, order)[-2:] == ["undone", "undone"]
    assert pickup.hand_out(ctx, order.id).state == "completed"
    assert fsck.run(ctx) == []


def test_an_undo_is_kept_with_its_reason_and_audited(ctx):
    order = place(ctx)
    pickup.hand_out(ctx, order.id)
    pickup.undo(ctx, order.id, "wrong bag")
    assert db.row("SELECT undo_reason, undone_by FROM hand_out") == ("wrong bag", "system")
    assert db.value("SELECT data FROM audit WHERE action = 'pickup.undo'")


def test_units_refunded_after_they_went_out_wait_no_more_once_undone(ctx):
    order = place(ctx, ("APPLE", 3))
    [apple] = (line.id for line in order.lines)
    pickup.hand_out(ctx, order.id)
    refunds.refund(ctx, order.id, "r1", lines={apple: 1}, reason="bruised")
    order = pickup.undo(ctx, order.id, "came back")
    [line] = order.lines
    assert (line.handed_out, line.withdrawn, line.waiting, order.state) == (0, 1, 2, "paid")
    assert pickup.hand_out(ctx, order.id).state == "completed"
    assert fsck.run(ctx) == []


def test_goods_that_came_back_into_stock_were_out_and_are_not_undone(ctx):
    order = place(ctx, ("APPLE", 3))
    [apple] = (line.id for line in order.lines)
    pickup.hand_out(ctx, order.id)
    stock.take_back(ctx, apple, 1, "restore")
    with pytest.raises(Conflict, match="goods_came_back"):
        pickup.undo(ctx, order.id, "a slip")
    assert order_view.load(ctx, order.id).state == "completed"
    refunds.refund(ctx, order.id, "r1", lines={apple: 1})
    assert pickup.undo(ctx, order.id, "a slip").lines[0].waiting == 2
    assert fsck.run(ctx) == []


def test_an_order_completes_when_the_rest_is_refunded(ctx):
    order = place(ctx)
    apple, pear = (line.id for line in order.lines)
    pickup.hand_out(ctx, order.id, {apple: 2})
    refunds.refund(ctx, order.id, "r1", lines={pear: 1}, reason="none left")
    assert order_view.load(ctx, order.id).state == "completed"


# -- codes -----------------------------------------------------------------------------------


def test_a_code_is_read_however_it_is_typed():
    for typed in ("k7q2-ol3x", " K7Q2 0I3X ", "Ｋ７Ｑ２０１３Ｘ"):
        assert pickup_codes.normalise(typed) == "K7Q2013X"


def test_codes_are_eight_characters_that_nobody_misreads():
    codes = {pickup_codes.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 8 and pickup_codes.normalise(code) == code for code in codes)


def test_staff_find_an_order_by_code_and_by_token(shop, ctx):
    order, clerk = place(ctx), clerk_of(shop, "gate")
    token = pickup_codes.token(ctx, order.id, order.number)
    for text in (order.pickup_code, order.pickup_code.lower(), token, token.lower()):
        assert pickup_codes.find(clerk, text).id == order.id


def test_a_token_of_128_bits_is_needed_not_the_number(shop, ctx):
    order = place(ctx)
    token = pickup_codes.token(ctx, order.id, order.number)
    assert len(token.split(".")[1]) * 5 >= 128
    for text in (order.number, order.number + ".", token[:-1], token + "A", token[:-2] + "AA"):
        with pytest.raises(NotFound):
            pickup_codes.find(ctx, text)


def test_the_qr_code_says_the_token(ctx):
    order = place(ctx)
    image = pickup_codes.qr_svg(ctx, order)
    assert image.startswith("<?xml")
    assert "<svg" in image
    assert order.pickup_code not in image


def test_case_37_staff_of_one_point_do_not_see_anothers_orders(shop, ctx):
    order, clerk = place(ctx, point="lobby"), clerk_of(shop, "gate")
    token = pickup_codes.token(ctx, order.id, order.number)
    for call in (
        lambda: pickup_codes.find(clerk, order.pickup_code),
        lambda: pickup_codes.find(clerk, token),
        lambda: pickup.hand_out(clerk, order.id),
        lambda: pickup.undo(clerk, order.id, "x"),
        lambda: pickup.ready(clerk, order.id),
    ):
        with pytest.raises(NotFound):
            call()
    assert pickup_codes.find(clerk_of(shop, "gate", "lobby"), token).id == order.id


def test_case_42_after_ten_wrong_codes_even_the_right_one_must_wait(shop, ctx, clock):
    order, clerk = place(ctx), clerk_of(shop, "gate")
    for number in range(10):
        with pytest.raises(NotFound):
            pickup_codes.find(clerk, f"0000000{number}")
    with pytest.raises(Reject, match="too_many_attempts") as refusal:
        pickup_codes.find(clerk, order.pickup_code)
    assert refusal.value.status == 429
    colleague = shop.context(Caller("clerk", 8, "wu", frozenset(), clerk.caller.points))
    with pytest.raises(Reject, match="too_many_attempts"):
        pickup_codes.find(colleague, order.pickup_code)
    clock.forward(minutes=10)
    assert pickup_codes.find(clerk_of(shop, "gate"), order.pickup_code).id == order.id


def test_right_codes_are_not_counted(shop, ctx):
    order, clerk = place(ctx), clerk_of(shop, "gate")
    for _ in range(15):
        assert pickup_codes.find(clerk, order.pickup_code).id == order.id


# -- ready and no-show -----------------------------------------------------------------------


def test_a_ready_order_tells_its_customer_once(ctx):
    order = place(ctx)
    assert pickup.ready(ctx, order.id).ready_at == ctx.now_us
    pickup.ready(ctx, order.id)
    assert kinds(ctx, order).count("ready") == 1


def test_a_whole_window_is_ready_but_orders_on_hold(ctx, window):
    first, second = place(ctx, window=window), place(ctx, window=window, paid=False)
    held, other = place(ctx, window=window), place(ctx, point="lobby")
    holds.hold(ctx, held.id, "group_buy", "等待成团")
    assert pickup.window_ready(ctx, window) == 2
    assert pickup.window_ready(ctx, window) == 0
    seen = [bool(order_view.load(ctx, o.id).ready_at) for o in (first, second, held, other)]
    assert seen == [True, True, False, False]


def test_who_does_not_come_is_reminded_once_at_the_windows_end(shop, ctx, window, clock):
    order = place(ctx, window=window)
    clock.forward(hours=6)
    no_show.follow_up(shop.ctx, {})
    assert "reminder" not in kinds(ctx, order)
    clock.forward(hours=1)
    for _ in range(2):
        no_show.follow_up(shop.ctx, {})
    assert kinds(ctx, order).count("reminder") == 1
    clock.forward(hours=48)
    no_show.follow_up(shop.ctx, {})
    assert order_view.load(ctx, order.id).state == "paid", "the rule is: keep"


def test_who_came_is_not_reminded(shop, ctx, window, clock):
    order = place(ctx, window=window)
    pickup.hand_out(ctx, order.id)
    clock.forward(hours=8)
    no_show.follow_up(shop.ctx, {})
    assert "reminder" not in kinds(ctx, order)


class TestCancelRule:
    @pytest.fixture
    def stores_toml(self):
        return '[stores.orchard.orders]\nno_show = "cancel"\nno_show_hours = 24\n'

    def test_an_order_nobody_fetched_is_cancelled_and_refunded(self, shop, ctx, window, clock):
        paid, unpaid = place(ctx, window=window), place(ctx, window=window, paid=False)
        held, partly = place(ctx, window=window), place(ctx, window=window)
        holds.hold(ctx, held.id, "group_buy", "等待成团")
        pickup.hand_out(ctx, partly.id, {partly.lines[0].id: 1})
        clock.forward(hours=7)
        self.run(shop)
        clock.forward(hours=23)
        self.run(shop)
        assert order_view.load(ctx, paid.id).state == "paid"
        clock.forward(hours=1)
        self.run(shop)
        states = [order_view.load(ctx, o.id).state for o in (paid, unpaid, held, partly)]
        assert states == ["cancelled", "cancelled", "paid", "paid"]
        assert order_view.load(ctx, paid.id).cancel_reason == "no_show"
        assert order_view.load(ctx, paid.id).money_kept == 0
        assert fsck.run(shop.ctx) == []

    def run(self, shop):
        work = Runner(shop.instance)
        while work.tick():
            pass
