from dataclasses import replace

import pytest

from shop import db
from shop.carts.quote import Basket, Item
from shop.catalog import products
from shop.instance import Instance
from shop.jobs import events, jobs
from shop.jobs.runner import Runner
from shop.orders import holds, orders
from shop.orders.orders import Draft
from shop.plugin import Plugin, hookimpl


class Watcher(Plugin):
    """Writes down what it hears; `broken` makes it raise after writing."""

    name = "watcher"
    broken = False
    heard: list = []
    told: list = []
    work: list = []

    def open_work(self, ctx):
        return self.work

    @hookimpl
    def order_changed(self, ctx, order, change):
        db.insert("hold", "store, order_id, source, reason, created_at",
                  (ctx.code, order.id, self.name, change.kind, ctx.now_us))  # fmt: skip
        if type(self).broken:
            raise RuntimeError("broken")
        self.heard.append(change.kind)

    @hookimpl
    def notify(self, event):
        self.told.append(event.kind)


class Misspelt(Plugin):
    """Broken, and off."""

    name = "misspelt"

    @hookimpl
    def order_chnaged(self, order):
        raise AssertionError


class Chain(Plugin):
    """Changes the order from within a reaction."""

    name = "chain"
    depth = 0
    endless = 0

    @hookimpl
    def order_changed(self, ctx, order, change):
        assert type(self).depth == 0, "nested"
        type(self).depth += 1
        if change.kind == "placed_again":
            events.order_changed(ctx, order.id, "ready_again")
        if change.kind == "endless":
            type(self).endless += 1
            events.order_changed(ctx, order.id, "endless")
        type(self).depth -= 1


@pytest.fixture
def plugins():
    Watcher.heard.clear()
    Watcher.told.clear()
    Watcher.work = []
    Watcher.broken = False
    Chain.depth = Chain.endless = 0
    return (Watcher, Chain)


@pytest.fixture
def stores_toml():
    return "[stores.orchard.plugins.watcher]\n[stores.orchard.plugins.chain]\n"


@pytest.fixture
def order(shop):
    products.create(
        shop.ctx,
        {
            "title": "Apple",
            "status": "published",
            "variants": [{"sku": "APPLE", "price": 0, "stock": 9}],
        },
    )
    return place(shop)


def place(shop):
    draft = Draft(Basket([Item("APPLE", 1)]), name="W", phone="+8613000000001")
    return orders.place(shop.ctx, draft)


def run_jobs(shop):
    Runner(shop.instance).tick()


def test_plugins_react_in_the_transaction_of_the_change(order):
    assert Watcher.heard == ["paid"]
    assert db.value("SELECT COUNT(*) FROM hold") == 1


def test_case_52_what_a_failing_reaction_wrote_is_undone_and_the_sale_stands(shop, order):
    Watcher.broken = True
    orders.cancel(shop.ctx, order.id, "owner")
    assert db.value("SELECT state FROM orders") == "cancelled"
    assert db.value("SELECT COUNT(*) FROM hold WHERE reason = 'cancelled'") == 0
    assert [job["name"] for job in jobs.show(shop.ctx, "waiting")["items"]].count("react") == 1


def test_case_49_a_failed_reaction_is_retried_and_the_later_ones_wait_their_turn(shop, order):
    Watcher.broken = True
    for kind in ("ready", "late"):
        with db.transaction():
            events.order_changed(shop.ctx, order.id, kind)
    Watcher.broken = False
    with db.transaction():
        events.order_changed(shop.ctx, order.id, "last")
    assert Watcher.heard == ["paid"]
    shop.clock.forward(hours=1)
    for _ in range(4):
        run_jobs(shop)
    assert Watcher.heard == ["paid", "ready", "late", "last"]
    assert db.value("SELECT COUNT(*) FROM hold WHERE source = 'watcher'") == 4


def switched_off(shop):
    store = replace(shop.config.stores["orchard"], plugins={})
    config = replace(shop.config, stores={"orchard": store})
    return Instance(config, (Watcher, Chain, Misspelt), shop.clock)


@pytest.mark.parametrize("work, heard", [(["a promise"], ["paid", "cancelled"]), ([], ["paid"])])
def test_a_plugin_that_is_off_hears_of_its_own_orders_until_its_work_is_over(
    shop, order, work, heard
):
    Watcher.work = work
    other = place(shop).id
    db.run("DELETE FROM hold WHERE order_id = ?", other)
    Watcher.heard[:] = ["paid"]
    bare = switched_off(shop)
    for order_id in (order.id, other):
        orders.cancel(bare.context("orchard"), order_id, "owner")
    bare.close()
    assert Watcher.heard == heard


def test_a_reaction_that_waits_is_made_up_for_though_its_plugin_is_switched_off(shop, order):
    Watcher.broken = True
    with db.transaction():
        events.order_changed(shop.ctx, order.id, "ready")
    Watcher.broken = False
    bare = switched_off(shop)
    shop.clock.forward(hours=1)
    for _ in range(2):
        Runner(bare).tick()
    bare.close()
    assert Watcher.heard == ["paid", "ready"]
    assert "order.ready" in Watcher.told


def test_changes_made_inside_a_reaction_follow_it_and_are_not_nested(shop, order):
    with db.transaction():
        events.order_changed(shop.ctx, order.id, "placed_again")
    assert Watcher.heard == ["paid", "placed_again", "ready_again"]


def test_changes_without_end_are_made_in_jobs_after_so_many_in_one_transaction(shop, order, caplog):
    """Each change has two reactions, of which the second makes the next change."""
    with db.transaction():
        events.order_changed(shop.ctx, order.id, "endless")
    first_of_watcher = 1
    heard = Chain.endless + Watcher.heard.count("endless")
    assert heard == first_of_watcher + events.MOST
    assert f"more than {events.MOST} reactions to one change" in caplog.text
    waiting = "SELECT COUNT(*) FROM job WHERE name = 'react' AND state = 'waiting'"
    assert db.value(waiting) == 1
    in_one, batches = Chain.endless, 0
    shop.clock.forward(seconds=1)
    while Chain.endless == in_one and (batches := batches + 1) < 20:
        run_jobs(shop)
    assert in_one < Chain.endless
    assert db.value(waiting) > 0
    assert shop.ctx.plugins.failures == {}


def test_listeners_are_notified_after_the_commit_by_a_job(shop, order):
    assert Watcher.told == []
    shop.clock.forward(seconds=1)
    run_jobs(shop)
    assert set(Watcher.told) == {"customer.joined", "order.placed", "order.paid"}


def test_a_hold_stands_until_it_is_released(shop, order):
    holds.hold(shop.ctx, order.id, "waiting", "for the team")
    assert holds.release(shop.ctx, order.id, "waiting") == 1
    assert holds.release(shop.ctx, order.id, "waiting") == 0
