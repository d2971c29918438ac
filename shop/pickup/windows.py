"""Pickup windows as customers choose them. Staff keep them in `timetable`."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from shop import db
from shop.context import Context
from shop.errors import Conflict, Reject
from shop.stock import claims

PER_POINT = 100
"""open windows of a point that customers are shown, the soonest"""

WINDOWS = """
SELECT w.point_id, w.id, w.starts, w.ends, w.cut_off, c.cap, c.used
FROM pickup_window w
LEFT JOIN counter c ON c.store = w.store AND c.name = 'pickup_window:' || w.id
WHERE w.store = ? AND w.point_id = ? AND w.retired_at IS NULL AND w.cut_off > ?
ORDER BY w.starts, w.id LIMIT ?"""
POINT = """
SELECT id, code, name, EXISTS (
  SELECT 1 FROM pickup_window w WHERE w.point_id = p.id AND w.retired_at IS NULL)
FROM pickup_point p WHERE store = ? AND code = ? AND retired_at IS NULL"""
POINTS = """
SELECT id, code, name, EXISTS (
  SELECT 1 FROM pickup_window w WHERE w.point_id = p.id AND w.retired_at IS NULL)
FROM pickup_point p WHERE store = ? AND retired_at IS NULL ORDER BY id LIMIT 2"""
WINDOW = """
SELECT p.id, p.code, p.name, w.starts, w.ends, w.cut_off, c.cap, c.used
FROM pickup_window w JOIN pickup_point p ON p.id = w.point_id
LEFT JOIN counter c ON c.store = w.store AND c.name = 'pickup_window:' || w.id
WHERE w.store = ? AND w.id = ? AND w.retired_at IS NULL AND p.retired_at IS NULL"""
LATEST = """
SELECT id FROM pickup_window
WHERE store = ? AND retired_at IS NULL AND cut_off > ? ORDER BY cut_off DESC, id LIMIT 1"""
FIRST_POINT = """
SELECT code FROM pickup_point WHERE store = ? AND retired_at IS NULL ORDER BY id LIMIT 1"""
NAMES = """
SELECT p.code, p.name, w.starts, w.ends, w.cut_off
FROM pickup_point p LEFT JOIN pickup_window w ON w.id = ? AND w.point_id = p.id
WHERE p.store = ? AND p.id = ?"""


class Place(NamedTuple):
    """Where and when an order is picked up; None where the store has none. Times are microseconds."""

    point: int | None = None
    window: int | None = None
    code: str | None = None
    name: str | None = None
    starts: int | None = None
    ends: int | None = None
    cut_off: int | None = None


NOWHERE = Place()


def open_windows(ctx: Context, point_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """By point the windows that can be ordered into, the soonest first:
    {id, starts, ends, cut_off, left}; `left` is None where the capacity has no limit."""
    found = defaultdict(list)
    for point_id in point_ids:
        for _, window_id, starts, ends, cut_off, cap, used in db.rows(
            WINDOWS, ctx.code, point_id, ctx.now_us, PER_POINT
        ):
            found[point_id].append(
                {
                    "id": window_id,
                    "starts": starts,
                    "ends": ends,
                    "cut_off": cut_off,
                    "left": None if cap is None else max(0, cap - used),
                }
            )
    return found


def some(ctx: Context) -> tuple[str | None, int | None]:
    """(point, window) that can be chosen now, as late as there is: for orders of a demo."""
    window = db.value(LATEST, ctx.code, ctx.now_us)
    return (None, window) if window else (db.value(FIRST_POINT, ctx.code), None)


def choose(ctx: Context, point_code: str | None, window_id: int | None) -> Place:
    """The place that a customer chose, or the refusal.

    A window names its point, so the point may be left out. A point that has windows needs one;
    a store with a single point needs no point named, and one without points has no pickup.
    422 `pickup_required`, `pickup_point_unknown`, `window_required`, `window_unknown`,
    `window_closed`; 409 `window_full`. Capacity is only looked at here, `take` takes it.
    """
    if window_id is None:
        return _point(ctx, point_code)
    found = db.row(WINDOW, ctx.code, window_id)
    if found is None or point_code not in (None, "", found[1]):
        if point_code and not db.row(POINT, ctx.code, point_code):
            raise Reject("pickup_point_unknown", point=point_code)
        raise Reject("window_unknown", window=window_id)
    point_id, code, name, starts, ends, cut_off, cap, used = found
    if cut_off <= ctx.now_us:
        raise Reject("window_closed", window=window_id)
    if cap is not None and used >= cap:
        raise Conflict("window_full", window=window_id)
    return Place(point_id, window_id, code, name, starts, ends, cut_off)


def _point(ctx: Context, point_code: str | None) -> Place:
    """The point alone; a store without points has none."""
    if point_code:
        found = db.rows(POINT, ctx.code, point_code)
        if not found:
            raise Reject("pickup_point_unknown", point=point_code)
    else:
        found = db.rows(POINTS, ctx.code)
        if len(found) > 1:
            raise Reject("pickup_required")
    if not found:
        return NOWHERE
    point_id, code, name, has_windows = found[0]
    if has_windows:
        raise Reject("window_required", point=point_code)
    return Place(point_id, None, code, name)


def counter(window_id: int) -> str:
    """The claim counter of a window's capacity."""
    return f"pickup_window:{window_id}"


def take(ctx: Context, window_id: int, order_id: int) -> None:
    """Claim a place for an order, in the placing transaction; 409 `window_full`."""
    claims.claim(
        ctx, counter(window_id), f"order:{order_id}", order_id=order_id, code="window_full"
    )


def names(
    ctx: Context, point_id: int | None, window_id: int | None
) -> tuple[str | None, str | None, int | None, int | None, int | None]:
    """(point code, point name, window's start, end and cut-off) of an order."""
    found = point_id and db.row(NAMES, window_id or 0, ctx.code, point_id)
    return found or (None, None, None, None, None)
