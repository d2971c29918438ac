import pytest

from shop import db
from shop.carts.quote import Basket, Item
from shop.catalog import products
from shop.errors import Conflict, Reject
from shop.jobs import jobs
from shop.ops import fsck
from shop.orders import order_view, orders
from shop.orders.orders import Draft
from shop.payments import payments
from shop.pickup import points, timetable
from tests.tools.racing import race

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ctx(shop):
    for sku, price, stock in (("APPLE", 1000, 5), ("PEAR", 999, 3)):
        products.create(
            shop.ctx,
            {
                "title": sku.title(),
                "status": "published",
                "variants": [{"sku": sku, "price": price, "stock": stock}],
            },
        )
    return shop.ctx


def draft(*items, **facts):
    return Draft(
        Basket([Item(sku, quantity) for sku, quantity in items]),
        name="王小明",
        phone="+8613000000001",
        **facts,
    )


def on_hand(sku):
    return db.value(
        "SELECT s.on_hand FROM stock s JOIN variant v ON v.id = s.variant_id WHERE v.sku = ?", sku
    )


def test_an_order_takes_its_units_and_waits_for_the_money_at_pickup(ctx):
    order = orders.place(ctx, draft(("APPLE", 2), ("PEAR", 1)))
    assert (order.state, order.total, order.method, order.pay_by) == (
        "pending",
        2999,
        "at_pickup",
        None,
    )
    assert (on_hand("APPLE"), on_hand("PEAR")) == (3, 2)
    assert order == order_view.load(ctx, order.id)
    assert fsck.run(ctx) == []


def test_numbers_can_be_said_on_the_phone_and_do_not_follow_each_other(ctx):
    first, second = (orders.place(ctx, draft(("APPLE", 1))) for _ in range(2))
    assert len(first.number) == 8
    assert first.number.isdigit()
    assert abs(int(first.number) - int(second.number)) > 1


def test_what_is_not_there_is_not_sold_and_nothing_is_written(ctx):
    with pytest.raises(Reject) as refused:
        orders.place(ctx, draft(("APPLE", 2), ("PEAR", 4)))
    assert (refused.value.code, refused.value.status) == ("out_of_stock", 409)
    assert refused.value.facts["left"] == 3
    assert on_hand("APPLE") == 5
    assert db.value("SELECT COUNT(*) FROM orders") == 0


def test_another_total_than_the_client_expected_is_refused_with_the_new_quote(ctx):
    with pytest.raises(Conflict, match="quote_changed") as refused:
        orders.place(ctx, draft(("APPLE", 2), expected_total=1900))
    assert refused.value.facts["quote"]["total"] == 2000
    assert orders.place(ctx, draft(("APPLE", 2), expected_total=2000)).total == 2000


def test_a_transfer_that_does_not_come_in_time_gives_everything_back_once(ctx, shop):
    order = orders.place(ctx, draft(("APPLE", 2), method="transfer"))
    orders.expire(shop.ctx, {"order": order.id})
    assert order_view.load(ctx, order.id).state == "pending"
    shop.clock.forward(hours=24)
    for _ in range(2):
        orders.expire(shop.ctx, {"order": order.id})
    after = order_view.load(ctx, order.id)
    assert (after.state, after.cancel_reason, on_hand("APPLE")) == ("cancelled", "expired", 5)
    assert fsck.run(shop.ctx) == []


def test_case_23_money_stops_the_expiry(ctx, shop):
    order = orders.place(ctx, draft(("APPLE", 2), method="transfer"))
    payments.record(ctx, order.id, "manual", "transfer", 2000)
    shop.clock.forward(hours=25)
    orders.expire(shop.ctx, {"order": order.id})
    after = order_view.load(shop.ctx, order.id)
    assert (after.state, after.balance, on_hand("APPLE")) == ("paid", 0, 3)
    assert not [job for job in jobs.show(shop.ctx)["items"] if job["name"] == "expire_order"]


def test_case_23_the_units_of_an_expired_order_are_freed_once(ctx, shop):
    order = orders.place(ctx, draft(("APPLE", 2), method="transfer"))
    shop.clock.forward(hours=24)
    late = shop.ctx
    found = race(*[lambda: orders.expire(late, {"order": order.id})] * 8)
    assert found == [None] * 8
    shop.run_jobs()
    assert (order_view.load(late, order.id).state, on_hand("APPLE")) == ("cancelled", 5)
    assert db.value("SELECT COUNT(*) FROM stock_movement WHERE order_id = ?", order.id) == 2
    assert fsck.run(late) == []


def test_case_23_money_that_comes_after_the_expiry_goes_to_suspense(ctx, shop):
    order = orders.place(ctx, draft(("APPLE", 2), method="transfer"))
    shop.clock.forward(hours=24)
    orders.expire(shop.ctx, {"order": order.id})
    payments.record(shop.ctx, order.id, "manual", "transfer", 2000)
    after = order_view.load(shop.ctx, order.id)
    assert (after.state, after.paid, on_hand("APPLE")) == ("cancelled", 0, 5)
    assert db.value("SELECT amount FROM suspense WHERE order_id = ?", order.id) == 2000
    assert fsck.run(shop.ctx) == []


def test_a_paid_order_is_cancelled_with_its_money(ctx):
    order = orders.place(ctx, draft(("APPLE", 2)))
    payments.record(ctx, order.id, "manual", "at_pickup", 2000)
    after = orders.cancel(ctx, order.id, "owner")
    assert (after.state, after.paid, after.refunded) == ("cancelled", 2000, 2000)
    assert on_hand("APPLE") == 5
    with pytest.raises(Conflict, match="not_cancellable"):
        orders.cancel(ctx, order.id, "owner")
    assert fsck.run(ctx) == []


def test_a_window_holds_as_many_orders_as_it_can(ctx, shop):
    point = points.create(ctx, "gate", {"name": "东门"})
    start = ctx.now_us + 86_400_000_000
    window = timetable.create(ctx, point.id, start, start + 1, start, capacity=1)
    first = orders.place(ctx, draft(("APPLE", 1), window=window["id"]))
    with pytest.raises(Conflict, match="window_full"):
        orders.place(ctx, draft(("APPLE", 1), window=window["id"]))
    orders.cancel(ctx, first.id, "owner")
    assert orders.place(ctx, draft(("APPLE", 1), window=window["id"])).window_id == window["id"]
    assert fsck.run(ctx) == []


def test_a_customer_cancels_a_paid_order_only_until_the_cut_off(ctx, shop):
    point = points.create(ctx, "gate", {"name": "东门"})
    start = ctx.now_us + 3_600_000_000
    window = timetable.create(ctx, point.id, start, start + 1, start)
    order = orders.place(ctx, draft(("APPLE", 1), window=window["id"]))
    payments.record(ctx, order.id, "manual", "at_pickup", 1000)
    shop.clock.forward(hours=1)
    with pytest.raises(Conflict, match="too_late_to_cancel"):
        orders.cancel_by_customer(shop.ctx, order.id)


def test_a_free_order_is_paid_at_once(ctx):
    products.create(
        ctx,
        {
            "title": "样品",
            "status": "published",
            "variants": [{"sku": "FREE", "price": 0, "stock": 1}],
        },
    )
    assert orders.place(ctx, draft(("FREE", 1))).state == "paid"
