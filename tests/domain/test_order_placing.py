"""What plugins may do while an order is placed, and what the core makes of it."""

import pytest
from marshmallow import Schema, fields

from shop import db
from shop.api.order_json import order_json
from shop.carts import carts
from shop.carts.quote import Adjustment, Basket, Item, LinePrice
from shop.catalog import catalog, products
from shop.context import Caller
from shop.errors import Conflict, Invalid, PluginFailure, Reject
from shop.ledger import ledger
from shop.ops import fsck
from shop.orders import holds, order_view, orders
from shop.orders.orders import Draft
from shop.payments import dues, payments, refunds
from shop.people import accounts
from shop.pickup import pickup, points, timetable
from shop.plugin import Plugin, hookimpl
from shop.stock import claims, stock

pytestmark = pytest.mark.both_databases

HOUR = 3_600_000_000
PHONE = "+8613000000001"
ROWS = ("orders", "order_line", "order_adjustment", "allocation", "customer", "claim", "hold",
        "event", "job", "movement", "stock_movement")  # fmt: skip


class Wish(Schema):
    hold, reject, crash = fields.Boolean(), fields.Boolean(), fields.Boolean()
    minutes, seats, spend = fields.Integer(), fields.Integer(), fields.Integer()


class Genie(Plugin):
    """Does while placing what the order's options wish for; its lines come from its own pool."""

    name = "genie"
    OrderOptions = Wish

    class LineOptions(Schema):
        pool = fields.Boolean()

    joined: list = []

    @hookimpl
    def price_lines(self, lines):
        return {
            line.index: LinePrice(700, "from the lamp", pool="genie:lamp", offer={"lamp": 1})
            for line in lines
            if line.options.get(self.name, {}).get("pool")
        }

    @hookimpl
    def adjust_quote(self, quote, lane):
        spend = quote.options.get(self.name, {}).get("spend", 0)
        return [Adjustment("spend", -spend, "credit")] if lane == "spend" and spend else []

    @hookimpl
    def order_placing(self, ctx, order):
        wish = order.options.get(self.name, {})
        if wish.get("hold"):
            holds.hold(ctx, order.id, self.name, "one moment")
        if wish.get("seats"):
            claims.claim(ctx, "genie:seats", f"order:{order.id}", wish["seats"], order_id=order.id)
        if wish.get("minutes"):
            orders.prepay(ctx, order, wish["minutes"])
        if wish.get("spend"):
            key = f"genie:order:{order.id}"
            ledger.spend(ctx, "credit", order.customer_id, wish["spend"], key, self.name)
        if wish.get("crash"):
            raise ZeroDivisionError
        if wish.get("reject"):
            raise Reject("no_wishes_left", 409, wishes=3)

    @hookimpl
    def customer_joined(self, ctx, customer, options):
        self.joined.append((customer, options))
        ledger.grant(ctx, "credit", customer, 300, f"genie:{customer}", self.name)

    @hookimpl
    def reference_price(self, variants):
        return dict.fromkeys(variants)

    @hookimpl
    def present(self, kind, objects):
        return {item.id: {"kind": kind} for item in objects}


class Hurry(Plugin):
    """Asks for the money within an hour, after `genie`; what it presents breaks."""

    name = "hurry"

    class OrderOptions(Schema):
        minutes = fields.Integer()

    @hookimpl
    def order_placing(self, ctx, order):
        if minutes := order.options.get(self.name, {}).get("minutes"):
            orders.prepay(ctx, order, minutes)

    @hookimpl
    def present(self, kind, objects):
        raise RuntimeError(kind)


@pytest.fixture
def plugins():
    Genie.joined.clear()
    return Genie, Hurry


@pytest.fixture
def stores_toml():
    return "[stores.orchard.plugins.genie]\n[stores.orchard.plugins.hurry]\n"


@pytest.fixture
def ctx(shop):
    variant = {"sku": "APPLE", "price": 1000, "compare_at": 1500, "stock": 9}
    products.create(
        shop.ctx, {"title": "Apple", "status": "published", "variants": [variant]}
    )  # fmt: skip
    claims.set_cap(shop.ctx, "genie:seats", 2)
    yield shop.ctx
    assert fsck.run(shop.ctx) == []


def place(ctx, units=2, method="", line=None, phone=PHONE, window=None, **wishes):
    """`wishes` are the options of plugins: `genie={"hold": True}`."""
    basket = Basket([Item("APPLE", units, {"genie": line} if line else {})], wishes)
    return orders.place(ctx, Draft(basket, "Wang", phone, window=window, method=method))


def units(pool="main"):
    return db.value("SELECT on_hand FROM stock WHERE pool = ?", pool)


def counts():
    """How many rows each table has, and the numbers that are shared."""
    shared = db.rows("SELECT on_hand FROM stock ORDER BY id") + db.rows("SELECT used FROM counter")
    return [db.value(f"SELECT COUNT(*) FROM {table}") for table in ROWS], shared


def test_a_plugin_holds_the_order_from_its_first_moment(ctx):
    order = place(ctx, genie={"hold": True})
    assert order.holds == [{"by": "genie", "reason": "one moment"}]
    assert order == order_view.load(ctx, order.id)
    payments.record(ctx, order.id, "manual", "transfer", 2000)
    with pytest.raises(Conflict, match="held"):
        pickup.hand_out(ctx, order.id)
    holds.release(ctx, order.id, "genie")
    assert pickup.hand_out(ctx, order.id).state == "completed"


def test_a_plugin_claims_until_the_order_ends(ctx, shop, clock):
    first = place(ctx, genie={"seats": 1})
    second = place(ctx, method="transfer", genie={"seats": 1})
    with pytest.raises(Conflict, match="fully_claimed") as full:
        place(ctx, genie={"seats": 1})
    assert full.value.facts == {"left": 0}
    orders.cancel(ctx, first.id, "owner")
    assert claims.left(ctx, "genie:seats") == 1
    clock.forward(hours=24)
    shop.run_jobs()
    assert order_view.load(shop.ctx, second.id).cancel_reason == "expired"
    assert claims.left(ctx, "genie:seats") == 2


def test_prepayment_is_refused_to_who_insists_on_paying_at_pickup(ctx):
    before = counts()
    with pytest.raises(Reject, match="prepay_required") as refused:
        place(ctx, method="at_pickup", genie={"minutes": 30, "seats": 1})
    assert (refused.value.status, refused.value.facts) == (422, {"minutes": 30})
    assert counts() == before


@pytest.mark.parametrize("first, second, deadline", [(90, 30, 30), (30, 90, 30), (30, None, 30),
                                                     (None, 45, 45)])  # fmt: skip
def test_who_names_no_method_pays_by_transfer_until_the_earliest_deadline(
    ctx, first, second, deadline
):
    wishes = {"genie": first, "hurry": second}
    order = place(ctx, **{name: {"minutes": n} for name, n in wishes.items() if n})
    assert (order.method, order.pay_by) == ("transfer", ctx.now_us + deadline * HOUR // 60)
    assert order == order_view.load(ctx, order.id)
    job = db.row("SELECT key, run_at FROM job WHERE name = 'expire_order'")
    assert job == (f"order:{order.id}", order.pay_by)


def test_a_transfer_keeps_its_own_deadline_where_that_is_earlier(ctx):
    assert place(ctx, method="transfer").pay_by == ctx.now_us + 24 * HOUR
    late = place(ctx, method="transfer", genie={"minutes": 2880})
    assert late.pay_by == ctx.now_us + 24 * HOUR
    soon = place(ctx, method="transfer", genie={"minutes": 20})
    assert soon.pay_by == ctx.now_us + HOUR // 3


def test_who_asks_for_nothing_pays_at_pickup(ctx):
    for method in ("", "at_pickup"):
        order = place(ctx, method=method)
        assert (order.method, order.pay_by) == ("at_pickup", None)


def test_an_order_that_must_be_paid_first_expires_with_all_it_had(ctx, shop, clock):
    order = place(ctx, genie={"minutes": 30, "seats": 2, "spend": 100})
    assert units() == 7
    clock.forward(minutes=29)
    shop.run_jobs()
    assert order_view.load(shop.ctx, order.id).state == "pending"
    clock.forward(minutes=1)
    shop.run_jobs()
    after = order_view.load(shop.ctx, order.id)
    assert (after.state, after.cancel_reason, after.pay_by) == ("cancelled", "expired", None)
    assert (units(), claims.left(ctx, "genie:seats")) == (9, 2)


def test_a_plugin_spends_what_the_final_quote_says_and_not_twice(ctx):
    order = place(ctx, genie={"spend": 200})
    assert (order.total, order.lines[0].spend) == (1800, -200)
    assert ledger.balance(ctx, "credit", order.customer_id)["available"] == 100
    before = counts()
    with pytest.raises(Conflict, match="insufficient_balance") as poor:
        place(ctx, genie={"spend": 200, "seats": 1, "hold": True})
    assert poor.value.facts == {"have": 100, "need": 200}
    assert counts() == before


def test_credit_for_joining_may_pay_the_first_order(ctx):
    assert place(ctx, units=1, genie={"spend": 300}).total == 700


def test_a_refusal_undoes_it_all_the_customer_the_stock_the_claims_and_the_window(ctx):
    point = points.create(ctx, "gate", {"name": "东门"})
    start = ctx.now_us + HOUR
    window = timetable.create(ctx, point.id, start, start + HOUR, start, capacity=1)["id"]
    before = counts()
    wish = {"hold": True, "seats": 2, "spend": 100, "minutes": 5}
    with pytest.raises(Reject) as refused:
        place(ctx, window=window, genie=wish | {"reject": True})
    assert (refused.value.code, refused.value.status) == ("no_wishes_left", 409)
    assert counts() == before
    with pytest.raises(PluginFailure, match="genie, hook order_placing: ZeroDivisionError"):
        place(ctx, window=window, genie=wish | {"crash": True})
    assert counts() == before
    assert place(ctx, window=window, genie=wish).window_id == window


def test_a_plugins_price_takes_its_units_from_the_pool_it_names(ctx):
    stock.open_pool(ctx, "genie:lamp", {1: 3})
    order = place(ctx, line={"pool": True})
    [line] = order.lines
    assert (line.source, line.pool, line.unit_price, line.label, line.offer) == (
        "genie", "genie:lamp", 700, "from the lamp", {"lamp": 1},
    )  # fmt: skip
    assert (units("genie:lamp"), units()) == (1, 6)
    with pytest.raises(Reject, match="sold_out") as gone:
        place(ctx, line={"pool": True})
    assert gone.value.facts["left"] == 1
    orders.cancel(ctx, order.id, "owner")
    assert (units("genie:lamp"), units()) == (3, 6)


def test_units_of_a_closed_pool_come_back_to_main(ctx):
    stock.open_pool(ctx, "genie:lamp", {1: 3})
    order = place(ctx, line={"pool": True})
    assert stock.close_pool(ctx, "genie:lamp") == {1: 1}
    assert (units("genie:lamp"), units()) == (0, 7)
    orders.cancel(ctx, order.id, "owner")
    assert (units("genie:lamp"), units()) == (0, 9)
    with pytest.raises(Reject, match="sold_out"):
        place(ctx, units=1, line={"pool": True})


def test_a_charge_leaves_a_due_and_the_state(ctx):
    order = place(ctx)
    with pytest.raises(Conflict, match="order_not_paid"):
        dues.charge(ctx, order.id, "late", "genie", "late fee", 150, ctx.now_us)
    payments.record(ctx, order.id, "manual", "transfer", 2000)
    pickup.hand_out(ctx, order.id)
    due_at = ctx.now_us + HOUR
    charge = dues.charge(ctx, order.id, "late", "genie", "late fee", 150, due_at)
    assert dues.charge(ctx, order.id, "late", "genie", "late fee", 150, due_at) == charge
    after = order_view.load(ctx, order.id)
    assert (after.state, after.total, after.balance) == ("completed", 2150, 150)
    [due] = dues.show(ctx, order.customer_id)["items"]
    assert (due["id"], due["source"], due["open"], due["due_at"]) == (charge, "genie", 150, due_at)
    with pytest.raises(Reject, match="over_refund"):
        refunds.refund(ctx, order.id, "no", amounts={("charge", charge): 1})
    payments.record(ctx, order.id, "manual", "transfer", 150)
    assert dues.show(ctx)["items"] == []
    refunds.refund(ctx, order.id, "kind", amounts={("charge", charge): 150})


def test_a_customer_joins_once_and_its_options_are_told(ctx):
    first = place(ctx, genie={"seats": 1})
    second = place(ctx)
    number, _ = accounts.find_or_make(ctx, "130 0000 0001")
    assert number == first.customer_id == second.customer_id
    assert Genie.joined == [(number, {"genie": {"seats": 1}})]
    with pytest.raises(Reject):
        place(ctx, phone="+8613000000002", genie={"reject": True})
    other = place(ctx, phone="+8613000000002")
    signed_in = ctx.as_(Caller("customer", other.customer_id))
    assert place(signed_in).customer_id == other.customer_id
    assert [customer for customer, _ in Genie.joined][-1] == other.customer_id
    assert db.value("SELECT COUNT(*) FROM event WHERE kind = 'customer.joined'") == 2


def test_the_name_on_a_first_order_is_the_customers_own_only_if_he_is_signed_in(ctx):
    number, _ = accounts.find_or_make(ctx, "130 0000 0001")
    place(ctx)
    assert accounts.get(ctx, number)["name"] == ""
    place(ctx.as_(Caller("customer", number)))
    assert accounts.get(ctx, number)["name"] == "Wang"
    db.run("UPDATE customer SET name = 'Li'")
    place(ctx.as_(Caller("customer", number)))
    assert accounts.get(ctx, number)["name"] == "Li"


def test_a_reference_price_of_none_hides_what_was_struck_through(ctx):
    shown = catalog.get_product(ctx, "apple")["variants"][0]
    assert (shown["price"], shown["compare_at"]) == (1000, None)


def test_case_49_what_plugins_present_stands_under_their_name_and_a_broken_one_is_left_out(
    ctx, caplog
):
    product = catalog.get_product(ctx, "apple")
    assert product["extensions"] == {"genie": {"kind": "product"}}
    assert product["variants"][0]["extensions"] == {"genie": {"kind": "variant"}}
    order = place(ctx)
    assert order_json(ctx, order)["extensions"] == {"genie": {"kind": "order"}}
    cart = carts.view(ctx, carts.create(ctx))
    assert cart["extensions"] == {"genie": {"kind": "cart"}}
    assert "hurry" in caplog.text


def test_wishes_that_a_plugin_does_not_know_are_refused(ctx):
    for wishes in ({"genie": {"gold": 1}}, {"stranger": {}}):
        with pytest.raises(Invalid):
            place(ctx, **wishes)
