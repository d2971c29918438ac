"""Pickup points: where orders are fetched. A point that was retired keeps its orders."""

from __future__ import annotations

from typing import Any

import peewee

from shop import db
from shop.catalog import version
from shop.context import Context
from shop.data import paging
from shop.errors import Conflict, NotFound, Reject
from shop.models import PickupPoint
from shop.people import audit

WORDS = ("name", "address", "instructions", "opening_hours")
"""what can be translated"""


def create(ctx: Context, code: str, facts: dict[str, Any]) -> PickupPoint:
    """A new point; 409 `pickup_point_taken` if the code was ever used."""
    with db.transaction():
        try:
            with db.savepoint():
                point = PickupPoint.create(store=ctx.code, code=code, **facts)
        except peewee.IntegrityError:
            raise Conflict("pickup_point_taken", point=code) from None
        _done(ctx, "pickup_point.create", point, **facts)
    return point


def change(ctx: Context, point_id: int, seen: int, facts: dict[str, Any]) -> PickupPoint:
    """Change the point if its version is still `seen`, else 412."""
    with db.transaction():
        update = PickupPoint.update(version=PickupPoint.version + 1, **facts)
        _change(ctx, point_id, seen, update)
        point = get(ctx, point_id)
        _done(ctx, "pickup_point.change", point, **facts)
    return point


def retire(ctx: Context, point_id: int, seen: int) -> None:
    """Offer it no more. Its open orders are still handed out there."""
    with db.transaction():
        update = PickupPoint.update(version=PickupPoint.version + 1, retired_at=ctx.now)
        _change(ctx, point_id, seen, update)
        _done(ctx, "pickup_point.retire", get(ctx, point_id))


def _change(ctx: Context, point_id: int, seen: int, update: Any) -> None:
    of_store = (PickupPoint.store == ctx.code) & (PickupPoint.id == point_id)
    if not update.where(of_store & (PickupPoint.version == seen)).execute():
        raise Reject("precondition_failed", 412, current=str(get(ctx, point_id).version))


def _done(ctx: Context, action: str, point: PickupPoint, **facts: Any) -> None:
    audit.record(ctx, action, f"pickup_point:{point.code}", **facts)
    version.touch(ctx)


def get(ctx: Context, point_id: int) -> PickupPoint:
    """NotFound for another store's point and for one that the clerk is not bound to."""
    point = PickupPoint.get_or_none(PickupPoint.store == ctx.code, PickupPoint.id == point_id)
    if point is None or not is_mine(ctx, point.id):
        raise NotFound
    return point


def named(ctx: Context, code: str) -> PickupPoint:
    """The point of this code, retired or not; NotFound as in `get`."""
    point = PickupPoint.get_or_none(PickupPoint.store == ctx.code, PickupPoint.code == code)
    if point is None or not is_mine(ctx, point.id):
        raise NotFound
    return point


def is_mine(ctx: Context, point_id: int | None) -> bool:
    """Whether the caller may work at this point; a clerk only at those he is bound to."""
    return ctx.caller.points is None or point_id in ctx.caller.points


def page(
    ctx: Context, limit: int = 20, after: str | None = None, retired: bool = False
) -> dict[str, Any]:
    """{items, next} of points by id; `retired` shows those too."""
    [last] = paging.decode(after, int) or (0,)
    where = (PickupPoint.store == ctx.code) & (PickupPoint.id > last)
    if not retired:
        where &= PickupPoint.retired_at.is_null()
    if ctx.caller.points is not None:
        where &= PickupPoint.id.in_(sorted(ctx.caller.points))
    found = PickupPoint.select().where(where).order_by(PickupPoint.id).limit(limit + 1)
    return paging.page(list(found), limit, lambda point: (point.id,))


def words(ctx: Context, point: PickupPoint) -> dict[str, str]:
    """Name, address, instructions and opening hours in the caller's language."""
    translated = point.translations.get(ctx.locale, {})
    return {name: translated.get(name) or getattr(point, name) for name in WORDS}
