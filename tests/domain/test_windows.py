"""Pickup points and windows, as customers choose them and staff keep them."""

import pytest

from shop.context import Caller
from shop.errors import Conflict, NotFound, Reject
from shop.pickup import points, timetable, windows
from shop.stock import claims

pytestmark = pytest.mark.both_databases

HOUR = 3_600_000_000


@pytest.fixture
def point(shop):
    return points.create(shop.ctx, "gate", {"name": "东门"})


def window_at(shop, point, hours=5, capacity=None, **times):
    starts = shop.ctx.now_us + hours * HOUR
    facts = {"starts": starts, "ends": starts + 2 * HOUR, "cut_off": starts - HOUR} | times
    return timetable.create(shop.ctx, point.id, capacity=capacity, **facts)["id"]


def test_a_window_is_chosen_with_its_point_or_alone(shop, point):
    window = window_at(shop, point)
    assert windows.choose(shop.ctx, "gate", window)[:2] == (point.id, window)
    assert windows.choose(shop.ctx, None, window)[:2] == (point.id, window)


def test_a_point_without_windows_is_enough(shop, point):
    assert windows.choose(shop.ctx, "gate", None)[:2] == (point.id, None)
    assert windows.choose(shop.ctx, None, None)[:2] == (point.id, None)


def test_a_store_without_points_has_no_pickup(shop):
    assert windows.choose(shop.ctx, None, None)[:2] == (None, None)


@pytest.mark.parametrize(
    ("code", "hours_later", "choice"),
    [
        ("pickup_point_unknown", 0, ("nowhere", None)),
        ("pickup_point_unknown", 0, ("retired", None)),
        ("pickup_required", 0, (None, None)),
        ("window_required", 0, ("gate", None)),
        ("window_unknown", 0, ("gate", 999)),
        ("window_unknown", 0, ("lobby", 1)),
        ("window_closed", 4, ("gate", 1)),
    ],
)
def test_a_choice_that_cannot_be_is_refused(shop, point, clock, code, hours_later, choice):
    points.create(shop.ctx, "lobby", {"name": "大堂"})
    gone = points.create(shop.ctx, "retired", {"name": "旧点"})
    points.retire(shop.ctx, gone.id, 1)
    assert window_at(shop, point) == 1
    clock.forward(hours=hours_later)
    with pytest.raises(Reject, match=code) as refusal:
        windows.choose(shop.ctx, *choice)
    assert refusal.value.status == 422


def test_a_full_window_is_refused_and_a_place_given_back_can_be_taken(shop, point):
    window = window_at(shop, point, capacity=1)
    claims.claim(shop.ctx, windows.counter(window), "a")
    with pytest.raises(Conflict, match="window_full"):
        windows.choose(shop.ctx, "gate", window)
    claims.release(shop.ctx, windows.counter(window), "a")
    assert windows.choose(shop.ctx, "gate", window)[:2] == (point.id, window)


def test_a_retired_window_or_point_takes_no_order(shop, point):
    window = window_at(shop, point)
    timetable.retire(shop.ctx, window, 1)
    with pytest.raises(Reject, match="window_unknown"):
        windows.choose(shop.ctx, None, window)
    other = window_at(shop, point)
    points.retire(shop.ctx, point.id, 1)
    with pytest.raises(Reject, match="window_unknown"):
        windows.choose(shop.ctx, None, other)


def test_customers_see_the_windows_they_can_order_into(shop, point, clock):
    soon, later = window_at(shop, point, 3), window_at(shop, point, 9, capacity=5)
    claims.claim(shop.ctx, windows.counter(later), "a", 2)
    clock.forward(hours=2)
    [found] = windows.open_windows(shop.ctx, [point.id])[point.id]
    assert (found["id"], found["left"]) == (later, 3)
    assert soon != later


def test_a_lower_capacity_keeps_the_orders_and_lets_none_in(shop, point):
    window = window_at(shop, point, capacity=3)
    claims.claim(shop.ctx, windows.counter(window), "a", 2)
    changed = timetable.change(shop.ctx, window, 1, {"capacity": 1})
    assert (changed["capacity"], changed["used"], changed["version"]) == (1, 2, 2)
    with pytest.raises(Conflict, match="window_full"):
        windows.choose(shop.ctx, "gate", window)


def test_an_older_version_changes_nothing(shop, point):
    window = window_at(shop, point)
    timetable.change(shop.ctx, window, 1, {"capacity": 9})
    with pytest.raises(Reject, match="precondition_failed"):
        timetable.change(shop.ctx, window, 1, {"capacity": 1})
    points.change(shop.ctx, point.id, 1, {"name": "西门"})
    with pytest.raises(Reject, match="precondition_failed"):
        points.retire(shop.ctx, point.id, 1)


def test_times_that_cannot_be_are_refused(shop, point):
    now = shop.ctx.now_us
    with pytest.raises(Reject, match="window_times"):
        timetable.create(shop.ctx, point.id, now, now, now)
    with pytest.raises(Reject, match="window_times"):
        timetable.create(shop.ctx, point.id, now, now + HOUR, now + 2 * HOUR)
    window = window_at(shop, point)
    with pytest.raises(Reject, match="window_times"):
        timetable.change(shop.ctx, window, 1, {"ends": now})


def test_a_clerk_sees_only_his_points_and_their_windows(shop, point):
    other = points.create(shop.ctx, "lobby", {"name": "大堂"})
    mine, theirs = window_at(shop, point), window_at(shop, other)
    clerk = shop.context(Caller("clerk", 7, "li", points=frozenset([point.id])))
    assert [found.code for found in points.page(clerk)["items"]] == ["gate"]
    assert [found["id"] for found in timetable.page(clerk)["items"]] == [mine]
    for call in (
        lambda: points.get(clerk, other.id),
        lambda: timetable.get(clerk, theirs),
        lambda: timetable.page(clerk, point="lobby"),
    ):
        with pytest.raises(NotFound):
            call()


def test_windows_are_listed_by_start_and_turned_page_by_page(shop, point, clock):
    ids = [window_at(shop, point, hours) for hours in (9, 3, 6)]
    first = timetable.page(shop.ctx, limit=2)
    rest = timetable.page(shop.ctx, limit=2, after=first["next"])
    assert [found["id"] for found in first["items"] + rest["items"]] == [ids[1], ids[2], ids[0]]
    assert rest["next"] is None
    clock.forward(hours=6)
    assert len(timetable.page(shop.ctx)["items"]) == 2
    assert len(timetable.page(shop.ctx, past=True)["items"]) == 3


def test_a_code_is_never_used_twice(shop, point):
    points.retire(shop.ctx, point.id, 1)
    with pytest.raises(Conflict, match="pickup_point_taken"):
        points.create(shop.ctx, "gate", {"name": "东门"})


def test_names_come_in_the_callers_language(shop):
    point = points.create(
        shop.ctx, "gate", {"name": "东门", "address": "幸福路1号",
                           "translations": {"en": {"name": "East gate"}}}
    )  # fmt: skip
    english = shop.context(locale="en")
    assert points.words(english, point)["name"] == "East gate"
    assert points.words(english, point)["address"] == "幸福路1号"
    assert points.words(shop.ctx, point)["name"] == "东门"


def test_an_order_knows_its_point_and_window_by_name(shop, point):
    window = window_at(shop, point)
    code, name, starts, ends, cut_off = windows.names(shop.ctx, point.id, window)
    assert (code, name) == ("gate", "东门")
    assert cut_off < starts < ends
    assert windows.names(shop.ctx, point.id, None) == ("gate", "东门", None, None, None)
    assert windows.names(shop.ctx, None, None) == (None,) * 5
