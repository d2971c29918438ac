"""A sale is announced once before its start, with a text for the chat group."""

import pytest

from shop import db
from shop_plugins.flash_sale import announcement, sales


@pytest.fixture
def enabled():
    return {"flash_sale": {"link": "https://shop.example/sales/{sale}"}}


def announced():
    found = db.rows("SELECT data FROM event WHERE kind = 'flash_sale.announced'")
    return [db.load(data)["sale"] for (data,) in found]


def public(shop):
    return [sale["id"] for sale in shop.client.get(shop.url("/flash-sale/sales")).json["items"]]


def test_a_sale_is_announced_a_day_before_once(shop, sell, apple):
    sale = sell({apple: (700, 20)}, in_hours=30)
    shop.forward(hours=5)
    assert (announced(), public(shop)) == ([], [])
    shop.forward(hours=1)
    assert (announced(), public(shop)) == ([sale.id], [sale.id])
    shop.forward(hours=10)
    assert announced() == [sale.id]


def test_a_sale_made_later_than_that_is_announced_at_once(shop, sell, apple):
    sale = sell({apple: (700, 20)}, in_hours=3)
    assert announced() == [sale.id]


def test_a_sale_can_come_as_a_surprise(shop, sell, apple):
    sell({apple: (700, 20)}, in_hours=3, announce=False)
    shop.forward(hours=2)
    assert (announced(), public(shop)) == ([], [])
    shop.forward(hours=1)
    assert len(public(shop)) == 1


def test_a_sale_put_off_is_announced_by_its_new_start(shop, sell, apple):
    sale = sell({apple: (700, 20)}, in_hours=30)
    later = {"starts": shop.ctx.now_us + 60 * 3_600_000_000}
    later["ends"] = later["starts"] + 3_600_000_000
    sales.change(shop.ctx, sale.id, sale.version, later)
    shop.forward(hours=30)
    assert announced() == []
    shop.forward(hours=6)
    assert announced() == [sale.id]


def test_the_text_for_the_group_speaks_both_languages(shop, sell, apple):
    names = {"zh_Hans": {"name": "今晚抢购"}}
    sale = sell(
        {apple: (700, 20)}, in_hours=3, per_customer=2, prepay=True, translations=names
    )  # fmt: skip
    texts = announcement.texts(shop.ctx, sale.id)
    assert texts["zh_Hans"].splitlines() == [
        "【今晚抢购】",
        "2026/5/1 15:00 — 2026/5/1 17:00",
        "· Apple：¥7.00（原价 ¥10.00），共 20 件",
        "每人限购 2 件。",
        "下单后请在 5 分钟内付款，未付款的会放回继续卖。",
        f"https://shop.example/sales/{sale.id}",
    ]
    assert [line.replace("\u202f", " ") for line in texts["en"].splitlines()] == [
        "Tonight",
        "5/1/26, 3:00 PM – 5/1/26, 5:00 PM",
        "· Apple: CN¥7.00 (before CN¥10.00), 20 for sale",
        "At most 2 for each customer.",
        "Please pay within 5 minutes; units that are not paid go back on sale.",
        f"https://shop.example/sales/{sale.id}",
    ]


def test_what_does_not_apply_is_not_said(shop, sell, apple):
    sale = sell({apple: (700, 20)}, in_hours=3)
    text = announcement.text(shop.ctx, sale.id)
    assert "限购" not in text
    assert "付款" not in text
