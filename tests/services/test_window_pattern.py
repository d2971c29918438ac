"""Windows for the coming days from a daily pattern."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from shop.clock import from_us
from shop.services import points, timetable, window_pattern
from shop.services.window_pattern import Slot

EVENING = Slot(time(17), time(19), cut_off=time(20), days_before=1, capacity=30)


@pytest.fixture
def stores_toml():
    return """
[stores.berlin]
name = "Hofladen"
currency = "EUR"
timezone = "Europe/Berlin"
locale = "en"
"""


@pytest.fixture
def point(shop):
    return points.create(shop.ctx, "gate", {"name": "东门"})


def test_a_pattern_makes_a_window_a_day_in_the_stores_time(shop, point):
    made = window_pattern.repeat(shop.ctx, point.id, [EVENING], 3)
    assert [window["starts"] for window in made] == [
        datetime(2026, 5, day, 9, tzinfo=UTC) for day in (2, 3)
    ], "17:00 in Shanghai; today's closed yesterday"
    assert made[0]["cut_off"] == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert made[0]["capacity"] == 30


def test_a_pattern_made_again_adds_only_what_is_missing(shop, point):
    first = window_pattern.repeat(shop.ctx, point.id, [EVENING], 4)
    timetable.retire(shop.ctx, first[0]["id"], 1)
    again = window_pattern.repeat(shop.ctx, point.id, [EVENING], 5)
    assert [window["starts"].day for window in again] == [2, 5]


def test_a_pattern_keeps_to_its_weekdays_and_runs_past_midnight(shop, point):
    weekend = Slot(time(22), time(1), weekdays=(6, 7))
    made = window_pattern.repeat(shop.ctx, point.id, [weekend], 7)
    assert [from_us_local(window["starts"]).isoweekday() for window in made] == [6, 7]
    assert all((window["ends"] - window["starts"]).seconds == 3 * 3600 for window in made)
    assert all(window["cut_off"] == window["starts"] for window in made)


def from_us_local(at):
    return at.astimezone(ZoneInfo("Asia/Shanghai"))


def test_when_the_clocks_change_five_is_still_five(shop):
    ctx = shop.context(store="berlin")
    point = points.create(ctx, "farm", {"name": "Hof"})
    start = date(2026, 10, 24)
    made = window_pattern.repeat(ctx, point.id, [EVENING], 2, start)
    assert [window["starts"].hour for window in made] == [15, 16]
    assert made[1]["cut_off"] == datetime(2026, 10, 24, 18, tzinfo=UTC), "20:00 the day before"


def test_a_time_that_the_clocks_jump_over_comes_as_much_later():
    berlin = ZoneInfo("Europe/Berlin")
    jumped = window_pattern.instant(datetime(2026, 3, 29, 2, 30), berlin)
    assert from_us(jumped) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "02:30 is 03:30"
    twice = window_pattern.instant(datetime(2026, 10, 25, 2, 30), berlin)
    assert from_us(twice) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "the first 02:30"


def test_a_window_that_the_clocks_leave_no_time_is_not_made(shop):
    ctx = shop.context(store="berlin")
    point = points.create(ctx, "farm", {"name": "Hof"})
    night = Slot(time(2, 30), time(3))
    assert window_pattern.repeat(ctx, point.id, [night], 1, date(2027, 3, 28)) == []
