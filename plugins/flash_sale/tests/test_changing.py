"""What the owner may change, and what was promised."""

import pytest

from shop import db
from shop.clock import HOUR
from shop.errors import Reject
from shop_plugins.flash_sale import sales
from shop_plugins.flash_sale.tests.seen import shown, units


def changed(shop, sale, **facts):
    sale = sales.get(shop.ctx, sale.id)
    return sales.change(shop.ctx, sale.id, sale.version, facts)


def refused(code, work):
    with pytest.raises(Reject) as caught:
        work()
    assert caught.value.code == code
    return caught.value


def item(goods, price, quantity):
    return {"sku": goods.sku, "price": price, "quantity": quantity}


def test_everything_can_change_before_it_is_announced(shop, sell, apple):
    pear = shop.product(900, 10, "PEAR")
    sale = sell({apple: (700, 20)}, in_hours=48, per_customer=2)
    starts = shop.ctx.now_us + 30 * HOUR
    sale = changed(
        shop, sale, name="Monday", per_customer=1, starts=starts, ends=starts + HOUR,
        items=[item(apple, 800, 30), item(pear, 500, 4)],
    )  # fmt: skip
    assert (units(apple, sale), units(pear, sale)) == ((70, 30), (6, 4))
    shop.forward(hours=30)
    assert (shown(shop, apple), shown(shop, pear)) == ((800, 20, 1000), (500, 4, 900))
    shop.forward(hours=1)
    assert (units(apple, sale), units(pear, sale)) == ((100, 0), (10, 0))
    assert shop.fsck() == []


def test_an_item_can_be_taken_out_before_the_start_and_its_units_go_back(shop, sell, apple):
    pear = shop.product(900, 10, "PEAR")
    sale = sell({apple: (700, 20), pear: (500, 4)}, in_hours=48)
    changed(shop, sale, items=[item(pear, 500, 4)])
    assert (units(apple, sale), units(pear, sale)) == ((100, 0), (6, 4))
    shop.forward(hours=48)
    assert (shown(shop, apple)[0], shown(shop, pear)[0]) == (1000, 500)


def test_units_move_between_main_and_the_pool_while_it_runs(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    shop.up_to("placed", {apple: 15})
    changed(shop, sale, items=[item(apple, 700, 40)])
    assert units(apple, sale) == (60, 25)
    changed(shop, sale, items=[item(apple, 700, 15)])
    assert units(apple, sale) == (85, 0)
    assert refused("sold_out", lambda: changed(shop, sale, items=[item(apple, 700, 14)]))
    assert refused("out_of_stock", lambda: changed(shop, sale, items=[item(apple, 700, 101)]))
    assert (units(apple, sale), shop.fsck()) == ((85, 0), [])


def test_what_was_announced_gets_no_worse(shop, sell, apple):
    sale = sell({apple: (700, 20)}, in_hours=12, per_customer=2)
    assert sale.announced_at is not None
    refused("price_promised", lambda: changed(shop, sale, items=[item(apple, 701, 20)]))
    refused("limit_promised", lambda: changed(shop, sale, per_customer=1))
    refused("limit_promised", lambda: changed(shop, sale, per_order=1))
    refused("terms_promised", lambda: changed(shop, sale, tag="vip"))
    sale = changed(shop, sale, items=[item(apple, 600, 20)], per_customer=None)
    shop.forward(hours=12)
    assert (shown(shop, apple), sale.per_customer) == ((600, 20, 1000), None)


def test_a_countdown_is_never_put_back(shop, sell, apple):
    sale = sell({apple: (700, 20)}, hours=2)
    soon = shop.ctx.now_us + HOUR
    refused("ends_later", lambda: changed(shop, sale, ends=soon + 2 * HOUR))
    refused("sale_started", lambda: changed(shop, sale, starts=soon))
    refused("item_running", lambda: changed(shop, sale, items=[item(shop.product(900), 500, 1)]))
    sale = changed(shop, sale, ends=soon)
    shop.forward(hours=1)
    assert (units(apple, sale), sales.state(shop.ctx, sale)) == ((100, 0), "ended")
    refused("sale_over", lambda: changed(shop, sale, name="Again"))


def test_a_higher_limit_holds_for_who_has_bought_already(shop, sell, apple):
    sale = sell({apple: (700, 20)}, per_customer=1)
    customer = shop.customer()
    shop.up_to("placed", {apple: 1}, customer=customer)
    changed(shop, sale, per_customer=3)
    refused("over_limit", lambda: shop.up_to("placed", {apple: 3}, customer=customer))
    shop.up_to("placed", {apple: 2}, customer=customer)
    refused("over_limit", lambda: shop.up_to("placed", {apple: 1}, customer=customer))


def test_a_change_of_an_older_version_is_refused(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    changed(shop, sale, name="Once")
    refused("precondition_failed", lambda: sales.change(shop.ctx, sale.id, 1, {"name": "Twice"}))


def test_a_new_name_leaves_the_price_rows_alone(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    before = db.rows("SELECT * FROM price WHERE source = 'flash_sale'")
    shop.clock.forward(minutes=1)
    changed(shop, sale, name="Tomorrow", translations={"en": {"name": "Tomorrow"}})
    assert db.rows("SELECT * FROM price WHERE source = 'flash_sale'") == before


def test_changed_times_make_no_overlap(shop, sell, apple):
    sell({apple: (700, 20)}, in_hours=48, hours=2)
    other = sell({apple: (600, 20)}, in_hours=50, hours=2)
    starts = shop.ctx.now_us + 49 * HOUR
    refused("sale_overlap", lambda: changed(shop, other, starts=starts))
    changed(shop, other, starts=starts + 2 * HOUR)


def test_what_the_owner_does_is_noted(shop, sell, apple):
    sale = sell({apple: (700, 20)})
    changed(shop, sale, name="Once")
    sales.end_now(shop.ctx, sale.id)
    noted = db.rows("SELECT action, subject FROM audit WHERE action LIKE 'flash_sale%' ORDER BY id")
    subject = f"flash_sale:{sale.id}"
    verbs = ("create", "change", "end")
    assert noted == [(f"flash_sale.{verb}", subject) for verb in verbs]
