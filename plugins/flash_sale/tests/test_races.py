"""Never more units than the pool, never more than the limit per customer, whoever is how fast.

Each race has a control, in which the guard is taken away and the race is lost.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import pytest

from shop import db
from shop.catalog import prices
from shop.context import Caller
from shop.errors import Reject
from shop.ops import fsck
from shop.orders import orders
from shop.people import auth
from shop.stock import claims
from shop.testing.live import Live, key, wanted
from shop_plugins.flash_sale import items, limits, sales
from shop_plugins.flash_sale.tests.seen import claimed, shown, units

pytestmark = pytest.mark.both_databases

PHONE = "+8613012345678"


def race(*works):
    """All at once, each with a connection of its own; the codes of refusals, None for a success."""
    barrier = threading.Barrier(len(works))

    def run(work):
        barrier.wait()
        try:
            db.retrying(work)
        except Reject as refusal:
            return refusal.code
        finally:
            db.database.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def buyers(shop, goods, count, customer=None):
    """Half of them guests with a phone, half signed in with the account of that phone; each wants
    one of the goods, so that no row of stock makes them wait for each other."""
    signed_in = Caller("customer", customer, "Wang", frozenset(auth.CUSTOMER_SCOPES))
    drafts = [orders.Draft(shop.basket({item: 1}), "Wang", PHONE) for item in goods]
    contexts = [shop.context(caller) for caller in (Caller(), signed_in)]
    return [partial(orders.place, contexts[n % 2], drafts[n % len(drafts)]) for n in range(count)]


@pytest.fixture
def fruits(shop):
    return [shop.product(1000, 10) for _ in range(20)]


def bought():
    """Units in orders that stand."""
    return db.value(
        "SELECT COALESCE(SUM(l.quantity), 0) FROM order_line l JOIN orders o ON o.id = l.order_id"
        " WHERE l.source = 'flash_sale' AND o.state <> 'cancelled'"
    )


def test_case_29_the_limit_of_a_customer_holds_for_twenty_orders_at_once(shop, sell, fruits):
    sale = sell(dict.fromkeys(fruits, (700, 5)), per_customer=3)
    customer = shop.customer(PHONE)
    codes = race(*buyers(shop, fruits, 20, customer))
    of_guests, own = codes[::2].count(None), codes[1::2].count(None)
    assert (set(codes), own) == ({None, "over_limit"}, 3)  # what guests have gives way to him
    assert (of_guests <= 3, claimed(sale, customer)) == (True, 3)
    shop.run_jobs()
    assert (bought(), claimed(sale, customer)) == (3, 3)
    assert sum(units(fruit, sale)[1] for fruit in fruits) == 97
    assert shop.fsck() == []


def test_case_29_of_a_guest_whom_nobody_knew_before_too(shop, sell, apple):
    sale = sell({apple: (700, 50)}, per_customer=1)
    customer = shop.customer("+8613099999999")
    draft = orders.Draft(shop.basket({apple: 1}), "Wang", PHONE)
    guest = shop.context(Caller())
    codes = race(*[lambda: orders.place(guest, draft)] * 20)
    assert (codes.count(None), codes.count("over_limit"), bought()) == (1, 19, 1)
    assert claimed(sale, customer) is None


@contextmanager
def unguarded(monkeypatch):
    """The limit read first and written afterwards, and nobody waiting for the customer's row."""

    def claim(ctx, counter, key, units=1, **facts):
        time.sleep(0.05)
        set_to = "UPDATE counter SET used = ? WHERE store = ? AND name = ?"
        read = "SELECT cap, used FROM counter WHERE store = ? AND name = ?"
        cap, used = db.row(read, ctx.code, counter)
        if used + units > cap:
            raise Reject("over_limit")
        time.sleep(0.05)
        db.change(set_to, used + units, ctx.code, counter)

    with monkeypatch.context() as patch:
        patch.setattr(db, "lock_row", lambda table, row_id: None)
        patch.setattr(claims, "claim", claim)
        patch.setattr(claims, "set_cap", lambda ctx, counter, cap: None)
        yield


@pytest.mark.postgres_only  # SQLite lets one write at a time: there reading first is as good
def test_case_29_control_without_the_guard_the_limit_breaks(shop, sell, fruits, monkeypatch):
    sale = sell(dict.fromkeys(fruits, (700, 5)), per_customer=3)
    customer = shop.customer(PHONE)
    claims.set_cap(shop.ctx, limits.counter(sale.id, customer), 3)
    with unguarded(monkeypatch):
        race(*buyers(shop, fruits, 20, customer))
    assert bought() > 3


def test_case_16_a_limit_given_back_while_others_want_it_goes_to_one(shop, sell, apple):
    sale = sell({apple: (700, 50)}, per_customer=1)
    customer = shop.customer(PHONE)
    order = shop.up_to("placed", {apple: 1}, customer=customer)
    codes = race(
        lambda: orders.cancel(shop.ctx, order.id, "x"), *buyers(shop, [apple], 10, customer)
    )
    assert codes[0] is None
    assert codes[1::2].count(None) <= 1
    assert codes[2::2].count(None) <= 1
    shop.run_jobs()
    assert claimed(sale, customer) == bought() == int(None in codes[1:])
    assert shop.fsck() == []


def test_ending_and_buying_at_once_loses_no_unit(shop, sell, apple):
    sale = sell({apple: (700, 8)})
    shop.clock.forward(seconds=1)
    drafts = [
        orders.Draft(shop.basket({apple: 1}), "Wang", f"+86130123456{number:02}")
        for number in range(10)
    ]
    guest = shop.context(Caller())
    codes = race(
        *[partial(orders.place, guest, draft) for draft in drafts],
        lambda: sales.end_now(shop.ctx, sale.id),
    )
    assert codes[-1] is None
    assert set(codes) <= {None, "sold_out"}
    assert units(apple, sale) == (100 - codes[:-1].count(None), 0)
    assert shop.fsck() == []


def test_two_sales_of_one_variant_made_at_once_are_one(shop, sell, apple):
    codes = race(*[lambda: sell({apple: (700, 5)})] * 6)
    assert (codes.count(None), codes.count("sale_overlap")) == (1, 5)
    assert shop.fsck() == []


@pytest.mark.postgres_only  # SQLite lets one write at a time
def test_orders_go_on_while_a_sale_is_made_of_their_goods(shop, apple):
    """And so neither waits for the other: they would be a deadlock."""

    def order():
        db.run("SET lock_timeout = '3s'")
        shop.up_to("placed", {apple: 1})

    with db.transaction():
        items.lock([apple.variant_id])
        assert race(order) == [None]


def hold(goods, sale):
    sql = "SELECT id FROM stock WHERE variant_id = ? AND pool = ?"
    db.lock_row("stock", db.value(sql, goods.variant_id, items.pool(sale.id)))


@pytest.mark.postgres_only
def test_the_owner_s_change_takes_units_in_the_order_in_which_orders_do(shop, sell, apple):
    """More of the first goods and less of the second: whoever goes the other way is a deadlock."""
    pear = shop.product(900, 10, "PEAR")
    sale = sell({apple: (700, 20), pear: (500, 4)})
    wanted = [
        {"sku": "APPLE", "price": 700, "quantity": 21},
        {"sku": "PEAR", "price": 500, "quantity": 3},
    ]

    def change():
        try:
            sales.change(shop.ctx, sale.id, sale.version, {"items": wanted})
        finally:
            db.database.close()

    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            hold(apple, sale)
            changed = pool.submit(change)
            time.sleep(0.5)
            hold(pear, sale)
        changed.result()
    assert (units(apple, sale), units(pear, sale)) == ((79, 21), (7, 3))


@pytest.mark.postgres_only
@pytest.mark.parametrize("first", ["customer", "owner"])
def test_units_that_come_back_while_the_owner_lowers_the_price_are_shown_at_the_price_they_cost(
    shop, sell, apple, monkeypatch, first
):
    """Whoever is first stops half-way, until the other has begun."""
    sale = sell({apple: (700, 1)}, when_sold_out="normal_price")
    order = shop.up_to("placed", {apple: 1})
    wanted = [{"sku": "APPLE", "price": 600, "quantity": 1}]
    works = {
        "customer": partial(orders.cancel, shop.ctx, order.id, "x"),
        "owner": partial(sales.change, shop.ctx, sale.id, sale.version, {"items": wanted}),
    }
    place, name = {"customer": (prices, "put_price"), "owner": (items, "replace")}[first]
    work, half, slow = getattr(place, name), threading.Event(), threading.local()

    def stop(*args, **facts):
        done = work(*args, **facts)
        if getattr(slow, "here", False):
            half.set()
            time.sleep(0.7)
        return done

    def run(who):
        slow.here = who == first
        try:
            works[who]()
        finally:
            db.database.close()

    monkeypatch.setattr(place, name, stop)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(run, first)
        assert half.wait(180)
        other = pool.submit(run, *works.keys() - {first})
        assert (one.result(), other.result()) == (None, None)
    assert (shown(shop, apple)[0], shop.up_to("quoted", {apple: 1}).total) == (600, 600)


def test_the_last_units_and_the_normal_price_at_once(shop, sell, apple):
    """The price in the catalogue is in the end what the pool says, whoever came last."""
    sale = sell({apple: (700, 5)}, when_sold_out="normal_price")
    order = shop.up_to("placed", {apple: 1})
    drafts = [
        orders.Draft(shop.basket({apple: 1}), "Wang", f"+86130123456{number:02}")
        for number in range(9)
    ]
    guest = shop.context(Caller())
    race(
        *[partial(orders.place, guest, draft) for draft in drafts],
        lambda: orders.cancel(shop.ctx, order.id, "x"),
    )
    left = units(apple, sale)[1]
    row = db.value("SELECT price_row FROM flash_sale_item")
    assert (row is not None) == (left > 0)
    assert shop.fsck() == []


# -- a real server with several processes ------------------------------------------------------


@pytest.fixture
def live(shop, tmp_path, database_url):
    """Its clock is the machine's, so the sale is of these very hours."""
    tables = "[stores.orchard.plugins.flash_sale]\nprepay = false\n"
    server = Live(tmp_path, database_url, stores_toml=tables)
    yield server
    server.stop()


@pytest.fixture
def now(shop, clock):
    clock.at = datetime.now(UTC)


def test_case_21_fifty_units_go_to_fifty_of_two_hundred_buyers(shop, now, sell, apple, live):
    sale = sell({apple: (700, 50)}, per_customer=1)
    live.start()

    def buy(number):
        phone = f"+861301234{number // 2:04}"  # every phone tries twice
        body = wanted("APPLE", 1, phone)
        return client.post("/orders", json=body, headers=key()).json()

    with live.client() as client, ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(buy, range(200)))
        shown = client.get(f"/flash-sale/sales/{sale.id}").json()["items"][0]
    sold = [answer for answer in answers if "number" in answer]
    assert (len(sold), bought(), units(apple, sale)) == (50, 50, (50, 0))
    assert {answer["code"] for answer in answers if "code" in answer} <= {"sold_out", "over_limit"}
    assert len({answer["contact"]["phone"] for answer in sold}) == 50
    assert (shown["left"], shown["sold"]) == (0, 50)
    assert "database is locked" not in live.output()
    assert fsck.run(shop.ctx) == []
