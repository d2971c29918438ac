"""Windows for the coming days from a daily pattern."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from shop.clock import DAY, HOUR, from_us, to_us
from shop.errors import Conflict
from shop.pickup import points, timetable, window_pattern
from shop.pickup.window_pattern import Slot

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
    window_pattern.repeat(shop.ctx, point.id, [EVENING], 4)
    again = window_pattern.repeat(shop.ctx, point.id, [EVENING], 5)
    assert [window["starts"].day for window in again] == [5]


def test_a_pattern_does_not_make_a_deleted_window_again_until_it_is_restored(shop, point):
    holiday = window_pattern.repeat(shop.ctx, point.id, [EVENING], 4)[0]
    timetable.retire(shop.ctx, holiday["id"], 1)
    again = window_pattern.repeat(shop.ctx, point.id, [EVENING], 5)
    assert [window["starts"].day for window in again] == [5]
    [kept] = window_pattern.exceptions(shop.ctx, point.id, [EVENING], 5)
    assert (kept["id"], kept["exception"]) == (holiday["id"], "deleted")
    shown = timetable.page(shop.ctx, exceptions=True)["items"]
    assert [window["id"] for window in shown] == [holiday["id"]]
    back = timetable.restore(shop.ctx, holiday["id"])
    assert (back["retired_at"], back["exception"]) == (None, None)
    assert window_pattern.repeat(shop.ctx, point.id, [EVENING], 5) == []
    assert timetable.page(shop.ctx, exceptions=True)["items"] == []


def test_a_moved_window_stands_for_its_slot_and_can_be_moved_back(shop, point):
    first = window_pattern.repeat(shop.ctx, point.id, [EVENING], 3)[0]
    later = {name: to_us(first[name]) + HOUR for name in ("starts", "ends")}
    moved = timetable.change(shop.ctx, first["id"], 1, later)
    assert moved["exception"] == "moved"
    assert window_pattern.repeat(shop.ctx, point.id, [EVENING], 3) == []
    [kept] = window_pattern.exceptions(shop.ctx, point.id, [EVENING], 3)
    assert kept["slot"] == {"starts": first["starts"], "ends": first["ends"]}
    back = timetable.restore(shop.ctx, first["id"])
    assert (back["starts"], back["ends"]) == (first["starts"], first["ends"])


def test_a_window_made_by_hand_that_a_pattern_found_is_not_made_again_either(shop, point):
    [first] = window_pattern.repeat(shop.ctx, point.id, [EVENING], 2)
    times = [to_us(first[name]) + DAY for name in ("starts", "ends", "cut_off")]
    by_hand = timetable.create(shop.ctx, point.id, *times)
    assert window_pattern.repeat(shop.ctx, point.id, [EVENING], 3) == []
    timetable.retire(shop.ctx, by_hand["id"], 1)
    assert window_pattern.repeat(shop.ctx, point.id, [EVENING], 3) == []


def test_a_window_is_not_restored_beside_another_at_its_hours(shop, point):
    first = window_pattern.repeat(shop.ctx, point.id, [EVENING], 3)[0]
    timetable.retire(shop.ctx, first["id"], 1)
    times = [to_us(first[name]) for name in ("starts", "ends", "cut_off")]
    timetable.create(shop.ctx, point.id, *times)
    with pytest.raises(Conflict, match="window_there"):
        timetable.restore(shop.ctx, first["id"])


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
