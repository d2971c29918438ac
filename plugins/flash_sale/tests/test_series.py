"""Slots that come again, by the store's own clocks."""

from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalog import products
from shop.clock import DAY, HOUR, from_us, to_us
from shop.errors import Reject
from shop.models import Event
from shop.stock import stock
from shop_plugins.flash_sale import sales, series
from shop_plugins.flash_sale.models import Sale
from shop_plugins.flash_sale.slots import Pattern, between
from shop_plugins.flash_sale.tests.seen import units

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
EVERY_DAY = tuple(range(1, 8))


def slots(pattern, zone, first, last):
    """(local start, local end) of the slots between two days."""
    begin = to_us(datetime.fromisoformat(first).replace(tzinfo=zone))
    end = to_us(datetime.fromisoformat(last).replace(tzinfo=zone))
    return [
        tuple(f"{from_us(at).astimezone(zone):%m-%d %H:%M}" for at in (slot.starts, slot.ends))
        for slot in between(pattern, zone, begin - 1, end)
    ]


def test_weekdays_first_and_last_day():
    pattern = Pattern((1, 5), time(20), 60, date(2026, 5, 1), date(2026, 5, 8))
    assert slots(pattern, SHANGHAI, "2026-04-01", "2026-06-01") == [
        ("05-01 20:00", "05-01 21:00"), ("05-04 20:00", "05-04 21:00"),
        ("05-08 20:00", "05-08 21:00"),
    ]  # fmt: skip


def test_case_89_midnight_and_the_end_of_a_month():
    pattern = Pattern(EVERY_DAY, time(23, 30), 60, date(2024, 2, 28))
    assert slots(pattern, SHANGHAI, "2024-02-28", "2024-03-02") == [
        ("02-28 23:30", "02-29 00:30"), ("02-29 23:30", "03-01 00:30"),
        ("03-01 23:30", "03-02 00:30"),
    ]  # fmt: skip


def test_case_89_the_night_that_is_an_hour_shorter():
    pattern = Pattern(EVERY_DAY, time(2, 30), 60, date(2026, 3, 28))
    assert slots(pattern, BERLIN, "2026-03-28", "2026-03-31") == [
        ("03-28 02:30", "03-28 03:30"),
        ("03-29 03:30", "03-29 04:30"),  # there is no 02:30
        ("03-30 02:30", "03-30 03:30"),
    ]


def test_case_89_the_night_that_is_an_hour_longer_has_one_slot():
    pattern = Pattern(EVERY_DAY, time(2, 30), 60, date(2026, 10, 24))
    found = slots(pattern, BERLIN, "2026-10-24", "2026-10-27")
    assert [start for start, _ in found] == ["10-24 02:30", "10-25 02:30", "10-26 02:30"]
    noons = [to_us(datetime(2026, 10, day, 12, tzinfo=UTC)) for day in (24, 25)]
    [night] = between(pattern, BERLIN, *noons)
    assert from_us(night.starts) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first 02:30
    assert night.ends - night.starts == HOUR  # an hour is an hour whatever the clocks show


@given(
    at=st.times(), minutes=st.integers(1, 1380), start=st.integers(0, 400 * 24),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/St_Johns", "Australia/Lord_Howe"]),
)  # fmt: skip
def test_every_day_has_one_slot_and_none_runs_into_the_next(at, minutes, start, zone):
    """Looking in steps finds the same slots as looking once."""
    zone, begin = ZoneInfo(zone), to_us(datetime(2026, 1, 1, tzinfo=UTC)) + start * HOUR
    at = at.replace(second=0, microsecond=0, tzinfo=None)
    pattern = Pattern(EVERY_DAY, at, minutes, date(2025, 1, 1))
    found = list(between(pattern, zone, begin, begin + 10 * DAY))
    days = [slot.day for slot in found]
    assert days == sorted(set(days))
    assert 9 <= len(days) <= 11
    assert all(a.ends <= b.starts for a, b in pairwise(found))
    steps = [slot for step in range(40)
             for slot in between(pattern, zone, begin + step * DAY // 4, begin + (step + 1) * DAY // 4)]  # fmt: skip
    assert steps == found


# -- made by the job -------------------------------------------------------------------------


@pytest.fixture
def weekly(shop, apple):
    """Every Friday and Saturday at 20:00; the tests begin on a Friday at noon."""
    facts = {
        "name": "Friday night", "weekdays": [5, 6], "at": "20:00", "minutes": 90,
        "first_day": "2026-05-01", "per_customer": 1, "prepay": False,
        "items": [{"sku": apple.sku, "price": 700, "quantity": 30}],
    }  # fmt: skip
    return series.create(shop.ctx, facts)


def made(weekly):
    found = Sale.select().where(Sale.series == weekly.id).order_by(Sale.id)
    return [sale.slot_day for sale in found]


def test_the_next_slot_is_made_a_day_ahead_once(shop, apple, weekly):
    assert made(weekly) == ["2026-05-01"]
    shop.forward(hours=7)
    assert made(weekly) == ["2026-05-01"]
    shop.forward(hours=2)  # 21:00 on Friday: Saturday's slot is 23 hours away
    assert made(weekly) == ["2026-05-01", "2026-05-02"]
    assert shop.up_to("quoted", {apple: 1}).total == 700
    shop.forward(days=7)
    first = Sale.get(Sale.slot_day == "2026-05-01")
    assert sales.state(shop.ctx, first) == "ended"
    assert made(weekly)[2:] == ["2026-05-09"]  # the 8th began while nobody looked: not made up
    assert shop.fsck() == []


def test_a_slot_without_units_is_tried_again_until_it_would_start(shop, apple, weekly):
    shop.forward(hours=9)
    stock.adjust(shop.ctx, apple.sku, -40, "rotten")  # 30 and 30 are set apart
    shop.forward(days=6)
    weekly = series.get(shop.ctx, weekly.id)
    assert made(weekly)[2:] == ["2026-05-08"]
    stock.adjust(shop.ctx, apple.sku, -30, "rotten")
    shop.forward(days=1)
    weekly = series.get(shop.ctx, weekly.id)
    assert weekly.problem["code"] == "out_of_stock"
    assert weekly.problem["day"] == "2026-05-09"
    assert Event.select().where(Event.kind == "flash_sale.slot_failed").count() == 1
    stock.adjust(shop.ctx, apple.sku, 30, "a new box")
    shop.forward(minutes=10)
    assert made(weekly)[3:] == ["2026-05-09"]
    assert series.get(shop.ctx, weekly.id).problem is None


def test_a_slot_that_was_taken_back_does_not_come_again(shop, apple, weekly):
    sale = Sale.get(Sale.series == weekly.id)
    sales.cancel(shop.ctx, sale.id, sale.version)
    shop.forward(hours=1)
    assert made(weekly) == ["2026-05-01"]
    assert units(apple, sale) == (100, 0)


def test_a_series_that_is_stopped_makes_no_more(shop, apple, weekly):
    series.stop(shop.ctx, weekly.id, weekly.version)
    shop.forward(days=8)
    assert made(weekly) == ["2026-05-01"]
    assert series.coming(shop.ctx, series.get(shop.ctx, weekly.id)) is None


def test_a_change_is_for_slots_that_are_not_made_yet(shop, apple, weekly):
    items = [{"sku": apple.sku, "price": 650, "quantity": 10}]
    facts = {"at": "19:00", "items": items, "last_day": "2026-05-02"}
    series.change(shop.ctx, weekly.id, weekly.version, facts)
    shop.forward(hours=9)
    first, second = Sale.select().where(Sale.series == weekly.id).order_by(Sale.id)
    local = second.starts.astimezone(SHANGHAI)
    assert (first.starts.astimezone(SHANGHAI).hour, local.hour, local.day) == (20, 19, 2)
    shop.forward(days=30)
    assert made(weekly) == ["2026-05-01", "2026-05-02"]
    with pytest.raises(Reject, match="series_days"):
        series.change(shop.ctx, weekly.id, 2, {"last_day": "2026-04-01"})


def test_a_series_never_sells_the_product_that_came_after_a_deleted_one(shop):
    gone = shop.product(1000, 100, "GONE")
    facts = {
        "name": "Next week", "weekdays": [5, 6], "at": "20:00", "minutes": 90,
        "first_day": "2026-05-08", "prepay": False,
        "items": [{"sku": gone.sku, "price": 100, "quantity": 30}],
    }  # fmt: skip
    planned = series.create(shop.ctx, facts)
    products.delete(shop.ctx, gone.product_id, force=True)
    pear = shop.product(5000, 100, "PEAR")
    shop.forward(days=7)
    shop.forward(hours=9)
    assert made(planned) == []
    assert shop.up_to("quoted", {pear: 1}).total == 5000
