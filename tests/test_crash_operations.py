"""Every operation that writes is killed before its n-th statement, for every n, and done again: it
has its effect once, and the books are right at any time."""

import io
import itertools

import pytest

from shop import db
from shop.carts.quote import Basket, Item
from shop.catalog import importing, products
from shop.context import Caller
from shop.errors import Reject
from shop.jobs import idempotency
from shop.orders import holds, orders
from shop.orders.orders import Draft
from shop.payments import dues, notices, payments, refund_list, refunds, suspense
from shop.people import auth, login, personal_data
from shop.pickup import pickup
from shop.stock import stock
from shop.testing import killed_everywhere
from tests import factory, signed_pay

pytestmark = pytest.mark.both_databases

OWNER = Caller("owner", 1, "anna", frozenset({"*"}))
_numbers = itertools.count(1)


@pytest.fixture
def plugins():
    return (signed_pay.plugin(),)


@pytest.fixture
def enabled():
    return {"signed_pay": {}}


@pytest.fixture
def stores_toml():
    return "[shop.limits]\nunpaid_orders = 100000\nunpaid_orders_per_peer = 100000\n"


@pytest.fixture
def kill(shop, stride):
    """`kill(prepare, act)`: `act(made)` is what a client sends with one key until it is answered."""

    def kill(prepare, act, caller=OWNER, keyed=True):
        def made():
            return prepare(), f"a-key-of-the-client-{next(_numbers)}"

        def send(made):
            thing, key = made
            if not keyed:
                return act(thing)
            ctx = shop.context(caller)
            return idempotency.once(ctx, "test", key, b"{}", lambda: (201, {"is": act(thing)}))

        return killed_everywhere(shop, made, send, stride)

    return kill


@pytest.fixture
def apple(shop):
    return factory.product(shop.ctx, units=100_000)


def phone():
    return f"+86131{next(_numbers):08}"


def test_placing_an_order_of_a_new_customer(shop, kill, apple):
    sku = db.value("SELECT sku FROM variant WHERE id = ?", apple)

    def act(number):
        draft = Draft(Basket([Item(sku, 2)]), "Wang", number)
        return orders.place(shop.context(Caller()), draft).id

    kill(phone, act, Caller())


def test_a_payment_by_hand(shop, kill, apple):
    def act(order):
        payments.record(shop.ctx, order.id, "manual", "transfer", order.total)

    kill(lambda: factory.order(shop.ctx, [(apple, 2)]), act)


@pytest.mark.parametrize("odd", [0, 5])
def test_a_notice_of_a_payment(shop, kill, apple, odd):
    """As much as was asked for, or not; it comes again by itself, without a key."""

    def prepare():
        order = factory.order(shop.ctx, [(apple, 2)], provider="signed_pay", method="card")
        begun = payments.start(shop.ctx, order.id, "signed_pay", "card")
        return signed_pay.notice(shop.ctx, begun["id"], order.total + odd)

    kill(prepare, lambda notice: notices.accept_notice(shop.ctx, "signed_pay", notice), keyed=False)


def test_money_in_suspense_that_goes_back(shop, kill):
    def act(row):
        suspense.refund(shop.ctx, row, done=True)

    kill(lambda: suspense.put(shop.ctx, "unknown", 500, "CNY", "manual"), act)


def test_the_expiry_of_an_order(shop, kill, apple):
    def prepare():
        return factory.order(shop.ctx, [(apple, 2)], pay_by=shop.ctx.now_us + 60_000_000)

    kill(prepare, lambda order: shop.forward(minutes=10), keyed=False)


@pytest.mark.parametrize("paid", [False, True])
def test_a_cancel(shop, kill, apple, paid):
    def prepare():
        order = factory.order(shop.ctx, [(apple, 2)], paid=paid, discounts=[-30], fees=[50])
        holds.hold(shop.ctx, order.id, "tests", "waits")
        return order

    kill(prepare, lambda order: orders.cancel_by_staff(shop.context(OWNER), order.id, "gone").id)


def test_a_refund_of_units(shop, kill, apple):
    def act(order):
        key = f"of:{order.id}"
        lines = {order.lines[0].id: 1}
        refunds.refund(shop.ctx, order.id, key, lines=lines, reason="soft", restock="restore")

    kill(lambda: factory.order(shop.ctx, [(apple, 2)], discounts=[-33], paid=True), act)


def test_a_refund_that_the_provider_makes(shop, kill, apple):
    """Asked for by a job under one key, however often it dies."""

    def prepare():
        order = factory.order(shop.ctx, [(apple, 2)], provider="signed_pay", method="card")
        begun = payments.start(shop.ctx, order.id, "signed_pay", "card")
        notices.accept_notice(
            shop.ctx, "signed_pay", signed_pay.notice(shop.ctx, begun["id"], order.total)
        )
        shop.run_jobs()
        refunds.refund(
            shop.ctx, order.id, f"of:{order.id}", lines={order.lines[0].id: 1}, reason="x"
        )

    kill(prepare, lambda _: shop.forward(minutes=10), keyed=False)
    [provider] = shop.ctx.plugins.by_name["signed_pay"].providers
    assert sum(amount for _, amount in provider.refunded.values()) == db.value(
        "SELECT SUM(refunded) FROM orders"
    )


def test_a_refund_given_back_by_hand(shop, kill, apple):
    def prepare():
        order = factory.order(shop.ctx, [(apple, 2)], paid=True)
        lines = {order.lines[0].id: 1}
        return refunds.refund(shop.ctx, order.id, f"of:{order.id}", lines=lines, reason="x")

    kill(prepare, lambda refund: refund_list.confirm(shop.ctx, refund)["id"])


def test_a_hand_out_with_its_money_and_the_way_back(shop, kill, apple):
    def out(order):
        pickup.hand_out(shop.ctx, order.id, None, {"method": "at_pickup"})

    kill(lambda: factory.order(shop.ctx, [(apple, 2)]), out)

    def prepare():
        order = factory.order(shop.ctx, [(apple, 2)])
        out(order)
        return order

    kill(prepare, lambda order: pickup.undo(shop.ctx, order.id, "a slip").id)


def test_a_due_that_is_charged_and_waived(shop, kill, apple):
    def prepare():
        order = factory.order(shop.ctx, [(apple, 1)], paid=True)
        pickup.hand_out(shop.ctx, order.id)
        return order

    def charge(order):
        dues.charge(shop.ctx, order.id, "late", "tests", "Late", 70, shop.ctx.now_us)

    kill(prepare, charge)

    def charged():
        order = prepare()
        charge(order)
        return order

    kill(charged, lambda order: dues.waive(shop.ctx, order.id, "late"))


def test_a_change_of_stock_and_goods_taken_back(shop, kill, apple):
    sku = db.value("SELECT sku FROM variant WHERE id = ?", apple)
    kill(lambda: None, lambda _: stock.adjust(shop.ctx, sku, -1, "broken"))

    def prepare():
        order = factory.order(shop.ctx, [(apple, 2)], paid=True)
        pickup.hand_out(shop.ctx, order.id)
        return order.lines[0].id

    kill(prepare, lambda line: stock.take_back(shop.ctx, line, 1, "write_off", "rotten"))


def test_a_sign_in_that_makes_the_customer(shop, kill):
    def prepare():
        shop.clock.forward(hours=1)  # not too often
        number = phone()
        login.request_code(shop.ctx, number)
        shop.run_jobs()
        return number, login_code(shop.ctx, number)

    def act(made):
        """A code is good once: who was signed in and did not hear of it asks for another."""
        number, code = made
        if db.value("SELECT verified_at FROM customer WHERE phone = ?", number):
            with pytest.raises(Reject, match="code_wrong"):
                login.login(shop.ctx, number, code, {})
        else:
            login.login(shop.ctx, number, code, {})

    kill(prepare, act, keyed=False)


def login_code(ctx, number):
    seed = db.value("SELECT seed FROM login_code WHERE phone = ? ORDER BY id DESC LIMIT 1", number)
    return login._code(ctx, number, seed)


def test_forgetting_a_customer(shop, kill, apple):
    def prepare():
        customer = factory.customer(shop.ctx)
        auth.issue(shop.ctx, customer=customer, scopes=auth.CUSTOMER_SCOPES)
        return customer

    kill(prepare, lambda customer: personal_data.erase(shop.ctx, customer), keyed=False)


def test_a_product_that_is_made_and_one_that_is_changed(shop, kill):
    def document():
        variant = {"sku": f"NEW-{next(_numbers)}", "price": 500, "stock": 5}
        return {"title": "New", "status": "published", "variants": [variant]}

    kill(document, lambda facts: products.create(shop.ctx, facts))


def test_control_what_is_not_done_once_is_found_out(shop, apple):
    def act(order):
        payments.record(shop.ctx, order.id, "manual", "transfer", 500)
        holds.hold(shop.ctx, order.id, "tests", "waits")

    with pytest.raises(AssertionError, match="it had other effects"):
        killed_everywhere(shop, lambda: factory.order(shop.ctx, [(apple, 2)]), act)


def test_an_import(shop, kill):
    """Without a key: the same file again writes what is missing."""

    def prepare():
        numbers = [next(_numbers) for _ in range(5)]
        rows = "".join(f"thing-{n},Thing {n},T-{n},12.50,7\n" for n in numbers)
        return "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\n" + rows

    def act(text):
        report = importing.import_products(shop.ctx, io.BytesIO(text.encode()))
        assert report.errors == []

    kill(prepare, act, keyed=False)
