"""Notice 7 days before expiry: once for each day, in the customer's language."""

import pytest

from shop import Plugin, db
from shop.testing import in_days


class Post:
    sent = []

    def send(self, ctx, message):
        self.sent.append(message)
        return True


class Postman(Plugin):
    name = "postman"
    channels = (Post(),)


@pytest.fixture
def plugins():
    return (Postman,)


@pytest.fixture
def enabled():
    return {"points": {}, "postman": {}}


@pytest.fixture
def sent(shop):
    """The texts sent so far."""
    Post.sent.clear()
    return lambda: [message.text for message in Post.sent if message.kind == "points_expiring"]


def days(shop, count):
    """Each hour's job runs, day after day."""
    for _ in range(count):
        shop.forward(days=1)


def test_a_customer_is_told_once_seven_days_before(wang, shop, sent):
    wang.give(300, days=30)
    shop.clock.at = in_days(22.9)
    shop.run_jobs()
    assert sent() == []
    days(shop, 1)
    assert sent() == [
        "【果园小店】您有 300 积分（可抵 ¥3.00）将于 2026年5月31日到期，下单时即可使用。"
    ]
    days(shop, 10)
    assert len(sent()) == 1


def test_it_goes_to_the_phone_in_the_customer_s_language(wang, shop, sent):
    db.change("UPDATE customer SET locale = 'en' WHERE id = ?", wang.id)
    wang.give(300, days=5)
    days(shop, 2)
    assert sent() == [
        "果园小店: 300 of your points, worth CN¥3.00, expire on May 6, 2026. "
        "Use them with your next order."
    ]
    [message] = Post.sent
    phone = db.value("SELECT phone FROM customer WHERE id = ?", wang.id)
    assert (message.kind, message.to) == ("points_expiring", phone)


def test_all_that_expires_on_a_day_is_one_message_and_another_day_another(wang, shop, sent):
    wang.give(100, days=10)
    shop.forward(hours=5)
    wang.give(50, days=10)
    wang.give(7, days=11)
    days(shop, 9)
    assert [text.split()[1] for text in sent()] == ["150", "7"]


def test_it_is_sent_at_ten_in_the_morning_by_the_store_s_clock(wang, shop, sent):
    wang.give(300, days=8)
    shop.clock.at = in_days(0.6)
    shop.run_jobs()
    assert sent() == []
    planned = db.value("SELECT run_at FROM job WHERE plugin = 'points' AND name = 'tell'")
    assert planned == int(in_days(0).replace(hour=2, day=2).timestamp() * 1_000_000)


def test_what_expires_before_ten_is_told_at_once(wang, shop, sent):
    wang.give(300, days=0.5)
    shop.run_jobs()
    assert len(sent()) == 1


def test_what_was_spent_meanwhile_is_not_told(wang, shop, sent):
    wang.give(300, days=3)
    shop.run_jobs()
    wang.order({10_000: 1}, spend=300)
    days(shop, 4)
    assert sent() == []


def test_a_phone_that_was_only_typed_hears_nothing(shop, sent):
    shop.up_to("completed", {50_000: 1}, phone="+8613000004444")
    shop.clock.at = in_days(360)
    shop.run_jobs()
    days(shop, 2)
    assert sent() == []


def test_the_event_is_recorded_once(wang, shop, sent):
    wang.give(300, days=3)
    days(shop, 5)
    found = db.rows("SELECT customer_id, data FROM event WHERE kind = 'points.expiring'")
    assert [(who, db.load(data)) for who, data in found] == [
        (wang.id, {"points": 300, "day": "2026-05-04"})
    ]


def test_points_of_a_plugin_that_is_off_are_not_advertised(wang, shop, sent):
    wang.give(300, days=3)
    shop.run_jobs()
    off = shop.without("points")
    off.forward(days=2)
    assert sent() == []


@pytest.mark.parametrize("enabled", [{"points": {"notice_days": 0}, "postman": {}}])
def test_an_owner_may_send_no_notice(wang, shop, sent):
    wang.give(300, days=3)
    days(shop, 4)
    assert sent() == []
