"""Switched off in the file and reloaded: the shop sells, and what was begun is brought to its end."""

from shop.orders import order_view
from shop_plugins.flash_sale import series
from shop_plugins.flash_sale.models import Sale
from shop_plugins.flash_sale.tests.seen import claimed, shown, units


def test_off_there_is_no_price_and_the_catalogue_shows_the_normal_one_at_once(shop, sell, apple):
    sell({apple: (700, 12)})
    assert shown(shop, apple) == (700, 12, 1000)
    off = shop.without("flash_sale")
    assert shown(off, apple) == (1000, 20, None)
    assert off.up_to("placed", {apple: 1}).total == 1000
    assert off.client.get(off.url("/flash-sale/sales")).status_code == 404
    url = off.url("/admin/flash_sale/sales")
    assert off.client.get(url, headers=off.bearer()).status_code == 404


def test_its_pool_is_closed_at_the_end_though_it_is_off(shop, sell, apple):
    sale = sell({apple: (700, 12)})
    order = shop.up_to("placed", {apple: 2})
    off = shop.without("flash_sale")
    off.forward(hours=2)
    assert units(apple, sale) == (98, 0)
    off.cancel(order)
    assert (units(apple, sale), off.fsck()) == ((100, 0), [])


def test_open_work_names_what_is_left_to_do(shop, sell, apple):
    plugin = shop.ctx.plugins.by_name["flash_sale"]
    assert plugin.open_work(shop.ctx) == []
    sell({apple: (700, 12)}, prepay=True)
    order = shop.up_to("placed", {apple: 2})
    assert [line.split(":")[0] for line in plugin.open_work(shop.ctx)] == [
        "sale 1 (Tonight)", f"order {order.number}",
    ]  # fmt: skip
    shop.forward(hours=2)
    assert plugin.open_work(shop.ctx) == []


def test_unpaid_orders_expire_and_refunds_free_the_limit_though_it_is_off(shop, sell, apple):
    sale = sell({apple: (700, 12)}, prepay=True, per_customer=3)
    customer = shop.customer()
    paid = shop.up_to("paid", {apple: 2}, customer=customer)
    shop.up_to("placed", {apple: 1}, customer=customer)
    off = shop.without("flash_sale")
    off.forward(minutes=5)
    assert (units(apple, sale), claimed(sale, customer)) == ((88, 10), 2)
    off.refund(paid, {paid.lines[0].id: 1})
    assert claimed(sale, customer) == 1
    assert off.fsck() == []


def test_history_stays_readable_and_on_again_it_continues_where_it_was(shop, sell, apple):
    sale = sell({apple: (700, 12)}, per_customer=2)
    customer = shop.customer()
    order = shop.up_to("paid", {apple: 2}, customer=customer)
    off = shop.without("flash_sale")
    seen = order_view.load(off.ctx, order.id)
    assert (seen.total, seen.lines[0].label) == (1400, "Tonight")
    url = off.url(f"/orders/{order.number}")
    assert off.client_of(customer).get(url).json["total"] == 1400
    off.forward(minutes=30)
    on = shop.reloaded()
    assert shown(on, apple) == (700, 10, 1000)
    assert on.up_to("placed", {apple: 1}).total == 700
    assert on.up_to("quoted", {apple: 1}, customer=customer).problems[0].code == "over_limit"
    assert (units(apple, sale), on.fsck()) == ((88, 9), [])


def test_no_slot_is_made_while_it_is_off(shop, apple):
    item = {"sku": apple.sku, "price": 700, "quantity": 5}
    series.create(shop.ctx, {
        "name": "Daily", "weekdays": [1, 2, 3, 4, 5, 6, 7], "at": "20:00", "minutes": 60,
        "first_day": "2026-05-02", "items": [item],
    })  # fmt: skip
    off = shop.without("flash_sale")
    off.forward(days=3)
    assert Sale.select().count() == 0
    on = shop.reloaded()
    on.forward(minutes=5)
    assert [sale.slot_day for sale in Sale.select()] == ["2026-05-04"]
