"""The rules of a sale, in the order in which they are written down."""

import pytest

from shop import db
from shop.catalog import prices, products
from shop.errors import Conflict, Reject
from shop.models import Price
from shop.orders import orders
from shop.payments import refunds
from shop.people import accounts
from shop.stock import stock
from shop_plugins.flash_sale import report, sales
from shop_plugins.flash_sale.tests.seen import claimed, line, on_hand, shown, units

pytestmark = pytest.mark.both_databases


def refused(code, work, **facts):
    with pytest.raises(Reject) as caught:
        work()
    assert caught.value.code == code
    assert {name: caught.value.facts.get(name) for name in facts} == facts
    return caught.value


# -- a sale has its own units ----------------------------------------------------------------


def test_creation_sets_the_units_apart_from_main_at_once(shop, sell, apple):
    sale = sell({apple: (700, 20)}, in_hours=5)
    assert units(apple, sale) == (80, 20)
    assert shop.fsck() == []


def test_a_sale_of_more_than_main_has_is_refused_and_nothing_is_half_done(shop, sell, apple):
    pear = shop.product(900, 3, "PEAR")
    refused("out_of_stock", lambda: sell({apple: (700, 20), pear: (500, 4)}), sku="PEAR", left=3)
    assert (on_hand(apple), on_hand(pear)) == (100, 3)
    assert sales.page(shop.ctx)["items"] == []
    assert db.value("SELECT COUNT(*) FROM job WHERE plugin = 'flash_sale' AND name = 'end'") == 0


def test_what_is_not_counted_cannot_be_sold_from_a_stock_of_its_own(shop, sell):
    juice = shop.product(1000, None, "JUICE")
    refused("not_tracked", lambda: sell({juice: (700, 5)}), sku="JUICE")


def test_the_price_of_a_sale_is_below_the_normal_one(sell, apple):
    refused("price_not_lower", lambda: sell({apple: (1000, 5)}), sku="APPLE", normal=1000)


def test_a_sale_ends_after_it_starts_and_not_in_the_past(sell, apple):
    refused("sale_times", lambda: sell({apple: (700, 5)}, hours=0))
    refused("sale_times", lambda: sell({apple: (700, 5)}, in_hours=-5, hours=4))


def test_a_variant_is_in_one_sale_at_a_time(sell, apple):
    first = sell({apple: (700, 5)})
    refused("sale_overlap", lambda: sell({apple: (600, 5)}, in_hours=1), sku="APPLE", sale=first.id)
    assert sell({apple: (600, 5)}, in_hours=2).id > first.id


# -- inside the window the flash price applies by itself ---------------------------------------


def test_the_flash_price_applies_inside_the_window_and_only_there(shop, sell, apple):
    sell({apple: (700, 20)}, in_hours=1, hours=1)
    assert shop.up_to("quoted", {apple: 1}).total == 1000
    shop.forward(hours=1)
    quoted = shop.up_to("quoted", {apple: 1})
    assert (quoted.total, quoted.lines[0].label) == (700, "Tonight")
    shop.clock.forward(hours=1)  # no job has run yet
    assert shop.up_to("quoted", {apple: 1}).total == 1000


def test_the_catalogue_shows_the_price_and_the_units_of_the_sale_by_itself(shop, sell, apple):
    sell({apple: (700, 12)}, in_hours=1, hours=1)
    assert shown(shop, apple) == (1000, 20, None)
    shop.forward(hours=1)
    assert shown(shop, apple) == (700, 12, 1000)
    shop.up_to("placed", {apple: 2})
    assert shown(shop, apple) == (700, 10, 1000)
    shop.forward(hours=1)
    assert shown(shop, apple) == (1000, 20, None)


@pytest.mark.parametrize("price", [700, 600])
def test_a_normal_price_that_comes_down_to_the_sale_s_is_the_price_and_no_limit_holds(
    shop, sell, apple, price
):
    sale = sell({apple: (700, 12)}, per_customer=1)
    prices.set_catalogue_price(shop.ctx, apple.variant_id, price)
    order = shop.up_to("placed", {apple: 2})
    assert (order.total, units(apple, sale)) == (2 * price, (86, 12))
    assert shown(shop, apple) == (price, 20, None)
    prices.set_catalogue_price(shop.ctx, apple.variant_id, 701)
    assert shop.up_to("placed", {apple: 1}).total == 700
    assert shown(shop, apple) == (700, 11, 701)


def test_what_is_not_counted_any_more_is_shown_at_the_price_that_it_costs(shop, sell, apple):
    sell({apple: (700, 12)})
    variant = {"sku": "APPLE", "price": 1000, "tracked": False}
    products.update(shop.ctx, apple.product_id, {"variants": [variant]})
    assert shop.up_to("placed", {apple: 1}).total == 1000
    assert shown(shop, apple) == (1000, None, None)


def test_the_order_keeps_the_sale_and_takes_its_units(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    order = shop.up_to("placed", {apple: 3})
    bought = line(order, apple)
    assert (bought.source, bought.pool) == ("flash_sale", f"flash_sale:{sale.id}")
    assert bought.offer == {"sale": sale.id, "normal": 1000}
    assert (order.total, units(apple, sale)) == (2100, (80, 17))
    assert shop.fsck() == []


def test_other_lines_of_the_cart_cost_what_they_cost(shop, sell, apple):
    sell({apple: (700, 20)})
    pear = shop.product(900, 3, "PEAR")
    order = shop.up_to("placed", {apple: 1, pear: 1})
    assert (order.total, line(order, pear).pool, line(order, pear).source) == (
        1600, "main", "catalogue",
    )  # fmt: skip


def test_a_sale_for_a_tag_is_for_customers_who_have_it_and_have_signed_in(shop, sell, apple):
    sell({apple: (700, 20)}, tag="vip")
    vip, other = shop.customer(), shop.customer()
    accounts.set_tags(shop.ctx, vip, ["vip"])
    phone = accounts.get(shop.ctx, vip)["phone"]
    assert shop.up_to("placed", {apple: 1}, customer=vip).total == 700
    assert shop.up_to("placed", {apple: 1}, customer=other).total == 1000
    assert shop.up_to("placed", {apple: 1}, phone=phone).total == 1000
    assert shown(shop, apple) == (1000, 20, None)


# -- sold out --------------------------------------------------------------------------------


def test_sold_out_says_so_though_main_has_units(shop, sell, apple):
    sale = sell({apple: (700, 2)})
    shop.up_to("placed", {apple: 2})
    refused("sold_out", lambda: shop.up_to("placed", {apple: 1}), sku="APPLE", left=0)
    assert units(apple, sale) == (98, 0)
    assert shown(shop, apple) == (700, 0, 1000)


def test_or_it_falls_back_to_the_normal_price(shop, sell, apple):
    sale = sell({apple: (700, 2)}, when_sold_out="normal_price", per_customer=2)
    customer = shop.customer()
    assert shop.up_to("placed", {apple: 3}, customer=customer).total == 3000
    assert claimed(sale, customer) is None  # limits count only lines that the sale priced
    order = shop.up_to("placed", {apple: 2}, customer=customer)
    assert (order.total, units(apple, sale)) == (1400, (95, 0))
    assert shown(shop, apple) == (1000, 20, None)
    assert shop.up_to("placed", {apple: 1}).total == 1000
    shop.cancel(order)
    assert shown(shop, apple) == (700, 2, 1000)
    assert shop.up_to("placed", {apple: 1}).total == 700
    assert shop.fsck() == []


# -- limits ----------------------------------------------------------------------------------


def test_nobody_gets_more_than_the_limit_in_however_many_orders(shop, sell, apple):
    sale = sell({apple: (700, 20)}, per_customer=2)
    customer = shop.customer()
    shop.up_to("placed", {apple: 1}, customer=customer)
    refused("over_limit", lambda: shop.up_to("placed", {apple: 2}, customer=customer),
            limit=2, have=3)  # fmt: skip
    shop.up_to("placed", {apple: 1}, customer=customer)
    assert (claimed(sale, customer), units(apple, sale)) == (2, (80, 18))
    refused("over_limit", lambda: shop.up_to("placed", {apple: 1}, customer=customer), have=3)
    shop.up_to("placed", {apple: 1})


def test_the_limit_counts_all_items_of_the_sale_together(shop, sell, apple):
    pear = shop.product(900, 10, "PEAR")
    sell({apple: (700, 20), pear: (500, 5)}, per_customer=2)
    refused("over_limit", lambda: shop.up_to("placed", {apple: 2, pear: 1}), limit=2, have=3)


def test_the_cart_shows_the_limit_before_ordering(shop, sell, apple):
    sell({apple: (700, 20)}, per_customer=2)
    customer = shop.customer()
    shop.up_to("placed", {apple: 2}, customer=customer)
    problems = shop.up_to("quoted", {apple: 1}, customer=customer).problems
    assert [(p.code, p.facts["limit"], p.facts["have"]) for p in problems] == [("over_limit", 2, 3)]


def test_an_order_has_a_limit_of_its_own(shop, sell, apple):
    sell({apple: (700, 20)}, per_order=2)
    customer = shop.customer()
    refused("over_limit", lambda: shop.up_to("placed", {apple: 3}, customer=customer), limit=2)
    for _ in range(2):
        shop.up_to("placed", {apple: 2}, customer=customer)


def test_units_whose_money_went_back_by_amount_may_be_bought_again(shop, sell, apple):
    sale = sell({apple: (700, 20)}, per_customer=2)
    customer = shop.customer()
    order = shop.up_to("paid", {apple: 2}, customer=customer)
    of_line = ("line", order.lines[0].id)
    refunds.refund(shop.ctx, order.id, "some", amounts={of_line: 1399})
    refused("over_limit", lambda: shop.up_to("placed", {apple: 1}, customer=customer))
    refunds.refund(shop.ctx, order.id, "rest", amounts={of_line: 1})
    total = report.report(shop.ctx, sale.id)["total"]
    assert (total["sold"], total["refunded"], total["lost"], total["revenue"]) == (0, 2, 2, 0)
    shop.up_to("placed", {apple: 2}, customer=customer)


def test_case_16_what_is_cancelled_or_refunded_may_be_bought_again(shop, sell, apple):
    sale = sell({apple: (700, 20)}, per_customer=3)
    customer = shop.customer()
    order = shop.up_to("paid", {apple: 3}, customer=customer)
    refused("over_limit", lambda: shop.up_to("placed", {apple: 1}, customer=customer))
    shop.refund(order, {order.lines[0].id: 2})
    assert claimed(sale, customer) == 1
    other = shop.up_to("placed", {apple: 2}, customer=customer)
    assert claimed(sale, customer) == 3
    shop.cancel(other)
    shop.cancel(order)
    assert claimed(sale, customer) == 0
    assert (units(apple, sale), shop.fsck()) == ((80, 20), [])


def test_a_guest_and_the_account_of_his_phone_are_one_customer(shop, sell, apple):
    sell({apple: (700, 20)}, per_customer=1)
    customer = shop.customer("+8613012345678")
    shop.up_to("placed", {apple: 1}, customer=customer)
    refused("over_limit", lambda: shop.up_to("placed", {apple: 1}, phone="+8613012345678"))


# -- the money first -------------------------------------------------------------------------


def test_unpaid_orders_keep_their_units_for_some_minutes(shop, sell, apple):
    sale = sell({apple: (700, 2)}, prepay=True, per_customer=2)
    customer = shop.customer()
    order = shop.up_to("placed", {apple: 2}, customer=customer)
    assert (order.method, order.pay_by - shop.ctx.now_us) == ("transfer", 5 * 60_000_000)
    assert units(apple, sale) == (98, 0)
    shop.forward(minutes=5)
    assert shop.seen(order).state == "cancelled"
    assert (units(apple, sale), claimed(sale, customer)) == ((98, 2), 0)
    shop.forward(minutes=0)
    assert (shop.up_to("paid", {apple: 2}, customer=customer).state, shop.fsck()) == ("paid", [])


def test_who_wants_to_pay_at_pickup_is_told_that_the_money_comes_first(shop, sell, apple):
    sell({apple: (700, 2)}, prepay=True)
    payment = {"provider": "manual", "method": "at_pickup"}
    refused("prepay_required", lambda: shop.up_to("placed", {apple: 1}, payment=payment))
    assert shop.up_to("placed", {shop.product(500): 1}, payment=payment).pay_by is None


def test_where_there_is_nothing_to_pay_no_money_comes_first(shop, sell, apple):
    sell({apple: (0, 2)}, prepay=True)
    payment = {"provider": "manual", "method": "at_pickup"}
    order = shop.up_to("placed", {apple: 1}, payment=payment)
    assert (order.state, order.method, order.pay_by) == ("paid", "at_pickup", None)


# -- the end ---------------------------------------------------------------------------------


def test_at_the_end_the_rest_returns_to_main_and_so_does_what_is_cancelled_later(shop, sell, apple):
    sale = sell({apple: (700, 20)}, hours=2)
    order = shop.up_to("placed", {apple: 5})
    shop.forward(hours=2)
    assert sales.state(shop.ctx, sales.get(shop.ctx, sale.id)) == "ended"
    assert units(apple, sale) == (95, 0)
    shop.cancel(order)
    assert (units(apple, sale), shop.fsck()) == ((100, 0), [])


def test_the_end_happens_once_however_late_its_job_runs(shop, sell, apple):
    sale = sell({apple: (700, 20)}, hours=2)
    shop.clock.forward(days=9)
    assert shop.up_to("placed", {apple: 1}).total == 1000
    shop.run_jobs()
    sales.end_due(shop.ctx, {"sale": sale.id})
    assert units(apple, sale) == (99, 0)
    with pytest.raises(Conflict, match="sale_over"):
        sales.end_now(shop.ctx, sale.id)
    assert shop.fsck() == []


def test_the_owner_ends_a_sale_now(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    shop.forward(minutes=30)
    ended = sales.end_now(shop.ctx, sale.id)
    assert (ended.ends, units(apple, sale)) == (shop.ctx.now, (100, 0))
    assert (shop.up_to("quoted", {apple: 1}).total, shown(shop, apple)) == (1000, (1000, 20, None))
    assert sell({apple: (700, 20)}).id > sale.id
    assert shop.forward(hours=3) >= 1  # the job of the first end finds nothing to do


def test_a_sale_that_has_not_started_is_taken_back_whole(shop, sell, apple):
    sale = sell({apple: (700, 20)}, in_hours=1)
    sales.cancel(shop.ctx, sale.id, sale.version)
    assert units(apple, sale) == (100, 0)
    assert not Price.select().where(Price.source == "flash_sale").exists()
    shop.forward(hours=1)
    assert shop.up_to("quoted", {apple: 1}).total == 1000
    running = sell({apple: (700, 20)})
    with pytest.raises(Conflict, match="sale_started"):
        sales.cancel(shop.ctx, running.id, running.version)


def test_stock_is_conserved_whatever_the_owner_does_to_main_meanwhile(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    with pytest.raises(Conflict, match="stock_too_low"):
        stock.adjust(shop.ctx, "APPLE", -81, "a count")
    order = orders.cancel(shop.ctx, shop.up_to("placed", {apple: 4}).id, "x")
    assert (order.state, units(apple, sale)) == ("cancelled", (80, 20))
