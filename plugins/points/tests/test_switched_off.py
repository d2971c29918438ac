"""Switched off, it offers nothing; what it began it ends; on again it goes on."""

import pytest

from shop import Reject
from shop.pickup import pickup


@pytest.fixture
def off(shop, wang):
    """The shop with points switched off; the customer goes there too."""

    def switch():
        wang.shop = shop.without("points")
        return wang.shop

    return switch


def obligations(shop):
    return shop.ctx.plugins.off.by_name["points"].open_work(shop.ctx)


def test_nothing_is_offered(shop, wang, off):
    wang.give(500)
    there = off()
    assert there.client.get(there.url("/points/rules")).status_code == 404
    with pytest.raises(Reject, match="invalid"):
        wang.order({10_000: 1}, spend=100)
    wang.order({10_000: 1}, state="completed")
    assert (wang.has, wang.pending) == (500, 0)
    assert obligations(there) == []


def test_an_order_cancelled_while_it_is_off_gives_its_points_back(shop, wang, off):
    wang.give(500)
    order = wang.order({10_000: 1}, spend=500, state="paid")
    there = off()
    assert obligations(there) == [
        "open orders paid with points, which a cancellation gives back: 1",
        "orders of the last 90 days earned or took points, which refunds settle",
    ]
    there.cancel(order)
    assert wang.has == 500


def test_a_refund_while_it_is_off_takes_back_what_was_earned(shop, wang, off):
    order = wang.order({10_000: 1}, state="completed")
    there = off()
    there.refund(order)
    assert (wang.pending, wang.owes) == (0, 0)


def test_a_slip_undone_while_it_is_off_costs_nobody_points(shop, wang, off):
    order = wang.order({10_000: 1}, state="completed")
    there = off()
    pickup.undo(there.ctx, order.id, "a slip")
    assert wang.pending == 0
    there.hand_out(order)
    assert wang.pending == 100


def test_an_order_that_completes_while_it_is_off_earns_nothing_now_or_later(shop, wang, off):
    wang.give(500)
    order = wang.order({10_000: 2}, spend=500, state="paid")
    there = off()
    there.hand_out(order)
    on = shop.reloaded()
    wang.shop = on
    on.refund(order, {order.lines[0].id: 1})
    assert (wang.has, wang.pending, wang.owes) == (250, 0, 0)


def test_obligations_end(shop, wang, off):
    order = wang.order({10_000: 1}, state="completed")
    there = off()
    assert len(obligations(there)) == 1
    there.forward(days=91)
    assert obligations(there) == []
    there.refund(order)
    assert wang.has == 100, "nobody listens any more, and nothing is lost"


def test_on_again_it_goes_on(shop, wang, off):
    wang.give(500)
    off()
    on = shop.reloaded()
    wang.shop = on
    wang.order({10_000: 1}, spend=100, state="completed")
    assert (wang.has, wang.pending) == (400, 99)
    assert on.fsck() == []


def test_many_open_orders_are_counted_to_a_bound(shop, wang, monkeypatch):
    from shop_plugins.points import obligations as these

    monkeypatch.setattr(these, "MANY", 2)
    wang.give(500)
    for _ in range(3):
        wang.order({10_000: 1}, spend=100)
    assert these.lines(shop.ctx)[0].endswith("2 or more")
