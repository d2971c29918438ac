"""Orders are found by what is remembered of them, and what staff says of one is kept with who said it."""

from datetime import timedelta

import pytest

from shop import db
from shop.jobs import event_log
from shop.orders import order_list
from shop.people import accounts, personal_data


def found(shop, **query):
    answer = shop.client.get(shop.url("/admin/orders"), query_string=query, headers=shop.bearer())
    assert answer.status_code == 200, answer.text
    return [order["number"] for order in answer.json["items"]]


def test_by_number_phone_name_sku_and_source(shop):
    goods = shop.product(1000, 50)
    one, other = shop.up_to("placed", {goods: 1}), shop.up_to("placed")
    assert found(shop, q=one.number) == [one.number]
    assert one.number in found(shop, q=one.contact_phone)
    assert found(shop, sku=goods.sku) == [one.number]
    assert found(shop, source="catalogue") == [other.number, one.number]
    assert found(shop, q="nobody of this name") == []


@pytest.mark.parametrize("days", [0, 1, 5])
def test_by_the_stores_own_days(shop, days):
    """Noon in Shanghai; sixteen hours later is the next day there."""
    numbers = []
    for _ in range(7):
        numbers.append(shop.up_to("placed").number)
        shop.forward(hours=16)
    zone_days = {}
    for number, at in zip(numbers, range(7), strict=True):
        hour = 12 + 16 * at
        zone_days.setdefault(hour // 24, []).append(number)
    day = (shop.ctx.now - timedelta(hours=16 * 7) + timedelta(hours=8)).date() + timedelta(
        days=days
    )
    assert sorted(found(shop, first=day, last=day)) == sorted(zone_days.get(days, []))
    low, high, *_ = order_list.span(shop.ctx, day, day)
    assert low <= high


def test_a_note_stands_among_the_events_with_who_wrote_it_and_goes_with_the_customer(shop):
    order = shop.up_to("completed")
    url = shop.url(f"/admin/orders/{order.number}/notes")
    said = shop.client.post(url, json={"text": "rings twice"}, headers=shop.bearer())
    assert said.status_code == 204
    [note] = event_log.find(shop.ctx, kind="order.noted")["items"]
    assert note["data"]["text"] == "rings twice"
    assert note["data"]["by"].startswith("owner")
    personal_data.erase(shop.ctx, order.customer_id)
    assert db.value("SELECT COUNT(*) FROM event WHERE data LIKE '%rings%'") == 0
    assert accounts.get(shop.ctx, order.customer_id)["phone"] != order.contact_phone
