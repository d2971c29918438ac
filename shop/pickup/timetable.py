"""The timetable: pickup windows as staff keep them. Customers choose in `windows`."""

from __future__ import annotations

from typing import Any

from shop import db
from shop.catalog import version
from shop.clock import from_us, to_us
from shop.context import Context
from shop.data import paging
from shop.errors import Conflict, NotFound, Reject
from shop.models import PickupPoint, PickupWindow
from shop.people import audit
from shop.pickup import points
from shop.pickup.windows import counter
from shop.stock import claims

USED = """
SELECT w.id, c.used FROM pickup_window w
JOIN counter c ON c.store = w.store AND c.name = 'pickup_window:' || w.id
WHERE w.store = ? AND w.id IN (??)"""
EXCEPTION = PickupWindow.slot_starts.is_null(False) & (
    PickupWindow.retired_at.is_null(False)
    | (PickupWindow.starts != PickupWindow.slot_starts)
    | (PickupWindow.ends != PickupWindow.slot_ends)
)
"""deleted, or moved from the hours that a pattern made it for"""


def create(
    ctx: Context, point_id: int, starts: int, ends: int, cut_off: int, capacity: int | None = None
) -> dict[str, Any]:
    """A new window (microseconds); 422 `window_times` unless starts < ends and cut-off <= ends."""
    point = points.get(ctx, point_id)
    _check(starts, ends, cut_off)
    with db.transaction():
        window = add(ctx, point.id, starts, ends, cut_off, capacity)
        _done(ctx, "window.create", window)
        version.touch(ctx)
    return view(ctx, [window])[0]


def add(
    ctx: Context, point_id: int, starts: int, ends: int, cut_off: int, capacity: int | None,
    by_pattern: bool = False,
) -> PickupWindow:  # fmt: skip
    """The row and its counter, in the caller's transaction."""
    window = PickupWindow.create(
        store=ctx.code,
        point=point_id,
        starts=from_us(starts),
        ends=from_us(ends),
        cut_off=from_us(cut_off),
        slot_starts=from_us(starts) if by_pattern else None,
        slot_ends=from_us(ends) if by_pattern else None,
        capacity=capacity,
    )
    claims.set_cap(ctx, counter(window.id), capacity)
    return window


def change(ctx: Context, window_id: int, seen: int, facts: dict[str, Any]) -> dict[str, Any]:
    """Change times or capacity if the version is still `seen`, else 412. Orders stay in it even
    where the capacity goes below their number."""
    window = get(ctx, window_id)
    times = [
        facts.get(name, to_us(getattr(window, name))) for name in ("starts", "ends", "cut_off")
    ]
    _check(*times)
    with db.transaction():
        update = PickupWindow.update(version=PickupWindow.version + 1, **facts)
        _change(ctx, window_id, seen, update)
        if "capacity" in facts:
            claims.set_cap(ctx, counter(window_id), facts["capacity"])
        window = get(ctx, window_id)
        _done(ctx, "window.change", window)
        version.touch(ctx)
    return view(ctx, [window])[0]


def retire(ctx: Context, window_id: int, seen: int) -> None:
    """Offer it no more; the orders in it stay. No pattern makes it again until it is restored."""
    with db.transaction():
        update = PickupWindow.update(version=PickupWindow.version + 1, retired_at=ctx.now)
        _change(ctx, window_id, seen, update)
        _done(ctx, "window.retire", get(ctx, window_id))
        version.touch(ctx)


def restore(ctx: Context, window_id: int) -> dict[str, Any]:
    """Offer a window again, at the hours that a pattern made it for, its cut-off as long before as it was.
    409 `window_there` if another stands at those hours."""
    with db.transaction():
        window = get(ctx, window_id)
        db.lock_row("pickup_point", window.point.id)
        window = get(ctx, window_id)
        starts, ends = window.slot_starts or window.starts, window.slot_ends or window.ends
        live = (PickupWindow.store == ctx.code) & (PickupWindow.point == window.point.id)
        live &= PickupWindow.retired_at.is_null() & (PickupWindow.id != window_id)
        if (
            PickupWindow.select()
            .where(live, PickupWindow.starts == starts, PickupWindow.ends == ends)
            .exists()
        ):
            raise Conflict("window_there", point=window.point.code)
        cut_off = min(window.cut_off + (starts - window.starts), ends)
        update = PickupWindow.update(
            version=PickupWindow.version + 1, starts=starts, ends=ends, cut_off=cut_off,
            retired_at=None,
        )  # fmt: skip
        _change(ctx, window_id, window.version, update)
        window = get(ctx, window_id)
        _done(ctx, "window.restore", window)
        version.touch(ctx)
    return view(ctx, [window])[0]


def exceptions(ctx: Context, ids: list[int]) -> list[dict[str, Any]]:
    """Those of these windows that were deleted or moved, as `view` gives them."""
    found = (
        PickupWindow.select(PickupWindow, PickupPoint)
        .join(PickupPoint)
        .where(PickupWindow.store == ctx.code, PickupWindow.id.in_(ids), EXCEPTION)
        .order_by(PickupWindow.slot_starts, PickupWindow.id)
    )
    return view(ctx, list(found)) if ids else []


def get(ctx: Context, window_id: int) -> PickupWindow:
    """NotFound for another store's window and for one at a point that is not the clerk's."""
    window = (
        PickupWindow.select(PickupWindow, PickupPoint)
        .join(PickupPoint)
        .where(PickupWindow.store == ctx.code, PickupWindow.id == window_id)
        .first()
    )
    if window is None or not points.is_mine(ctx, window.point.id):
        raise NotFound
    return window


def page(
    ctx: Context,
    limit: int = 20,
    after: str | None = None,
    point: str = "",
    past: bool = False,
    retired: bool = False,
    exceptions: bool = False,
) -> dict[str, Any]:
    """{items, next} of windows by their start; `past` and `retired` show those too, `exceptions`
    only those that were deleted or moved."""
    last = paging.decode(after, int, int)
    where = PickupWindow.store == ctx.code
    if point:
        where &= PickupWindow.point == points.named(ctx, point).id
    if ctx.caller.points is not None:
        where &= PickupWindow.point.in_(sorted(ctx.caller.points))
    if not past:
        where &= PickupWindow.ends > ctx.now
    if exceptions:
        where &= EXCEPTION
    elif not retired:
        where &= PickupWindow.retired_at.is_null()
    if last:
        starts, window_id = last
        same = (PickupWindow.starts == starts) & (PickupWindow.id > window_id)
        where &= (PickupWindow.starts > starts) | same
    found = (
        PickupWindow.select(PickupWindow, PickupPoint)
        .join(PickupPoint)
        .where(where)
        .order_by(PickupWindow.starts, PickupWindow.id)
        .limit(limit + 1)
    )
    made = paging.page(list(found), limit, lambda window: (to_us(window.starts), window.id))
    return made | {"items": view(ctx, made["items"])}


def view(ctx: Context, found: list[PickupWindow]) -> list[dict[str, Any]]:
    """Windows as staff see them; `used` counts the orders in each."""
    used = dict(db.rows(USED, ctx.code, db.many(window.id for window in found)))
    return [
        {
            "id": window.id,
            "point": window.point.code,
            "starts": window.starts,
            "ends": window.ends,
            "cut_off": window.cut_off,
            "capacity": window.capacity,
            "used": used.get(window.id, 0),
            "version": window.version,
            "retired_at": window.retired_at,
            "slot": window.slot_starts and {"starts": window.slot_starts, "ends": window.slot_ends},
            "exception": _exception(window),
        }
        for window in found
    ]


def _exception(window: PickupWindow) -> str | None:
    if window.slot_starts is None:
        return None
    if window.retired_at is not None:
        return "deleted"
    moved = (window.starts, window.ends) != (window.slot_starts, window.slot_ends)
    return "moved" if moved else None


def _check(starts: int, ends: int, cut_off: int) -> None:
    if not (starts < ends and cut_off <= ends):
        raise Reject("window_times")


def _change(ctx: Context, window_id: int, seen: int, update: Any) -> None:
    get(ctx, window_id)
    of_store = (PickupWindow.store == ctx.code) & (PickupWindow.id == window_id)
    if not update.where(of_store & (PickupWindow.version == seen)).execute():
        raise Reject("precondition_failed", 412, current=str(get(ctx, window_id).version))


def _done(ctx: Context, action: str, window: PickupWindow) -> None:
    audit.record(
        ctx,
        action,
        f"window:{window.id}",
        point=window.point.code,
        starts=to_us(window.starts),
        ends=to_us(window.ends),
        cut_off=to_us(window.cut_off),
        capacity=window.capacity,
    )
