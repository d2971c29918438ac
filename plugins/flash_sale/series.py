"""Recurring slots: a job makes the next sale ahead of its start, once per day of the series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from shop import Context, NotFound, Reject, db
from shop.catalog import goods_in_use
from shop.clock import DAY, HOUR
from shop.data import paging
from shop.jobs import events
from shop.people import audit

from . import items, sales
from .models import Sale, Series
from .settings import NAME
from .slots import Pattern, Slot, between

MADE = "SELECT 1 FROM flash_sale_sale WHERE series_id = ? AND slot_day = ?"
TERMS = ("name", "translations", "tag", "per_customer", "per_order", "when_sold_out", "prepay")
PATTERN = ("weekdays", "at", "minutes", "first_day", "last_day")
NEWEST = 2**63 - 1

Facts = Mapping[str, Any]


def create(ctx: Context, facts: Facts) -> Series:
    """A series of {name, weekdays, at, minutes, first_day, items} and the terms of a sale; slots
    that are near are made at once. 422 `series_days` and those of `items.choose`."""
    settings = ctx.settings(NAME)
    with db.transaction():
        columns = _columns(ctx, facts)
        _check_days(columns["first_day"], columns.get("last_day"))
        columns.setdefault("when_sold_out", settings.when_sold_out)
        columns.setdefault("prepay", settings.prepay)
        made = Series.create(store=ctx.code, created_at=ctx.now, **columns)
        audit.record(ctx, "flash_sale.series_create", f"flash_sale_series:{made.id}", **facts)
        _make(ctx, made)
        return get(ctx, made.id)


def change(ctx: Context, series_id: int, seen: int, facts: Facts) -> Series:
    """Change what comes after; sales that are made stay as they are. 412, 422 `series_days`."""
    with db.transaction():
        columns = _columns(ctx, facts)
        _update(ctx, series_id, seen, columns)
        changed = get(ctx, series_id)
        _check_days(changed.first_day, changed.last_day)
        audit.record(ctx, "flash_sale.series_change", f"flash_sale_series:{series_id}", **facts)
        _make(ctx, changed)
        return get(ctx, series_id)


def stop(ctx: Context, series_id: int, seen: int) -> None:
    """Make no more of it; sales that are made stay."""
    with db.transaction():
        _update(ctx, series_id, seen, {"stopped_at": ctx.now})
        audit.record(ctx, "flash_sale.series_stop", f"flash_sale_series:{series_id}")


def get(ctx: Context, series_id: int) -> Series:
    found = Series.get_or_none(Series.store == ctx.code, Series.id == series_id)
    if found is None:
        raise NotFound
    return found


def page(
    ctx: Context, limit: int = 20, after: str | None = None, stopped: bool = False
) -> dict[str, Any]:
    """{items, next}: the newest first; `stopped` shows those too."""
    [before] = paging.decode(after, int) or (NEWEST,)
    where = (Series.store == ctx.code) & (Series.id < before)
    if not stopped:
        where &= Series.stopped_at.is_null()
    found = Series.select().where(where).order_by(Series.id.desc()).limit(limit + 1)
    return paging.page(list(found), limit, lambda item: (item.id,))


def going_on(ctx: Context) -> list[Series]:
    """Those that will make another sale."""
    here = (Series.store == ctx.code) & Series.stopped_at.is_null()
    today = str(ctx.now.astimezone(ZoneInfo(ctx.store.timezone)).date())
    return list(
        Series.select().where(here & (Series.last_day.is_null() | (Series.last_day >= today)))
    )


def problem(ctx: Context, found: Series) -> dict[str, Any] | None:
    """Why the next slot cannot be made, or the last one was not: {code, facts}, and maybe `day`."""
    lost = goods_in_use.gone(ctx, (item["variant"] for item in found.items))
    if lost and found.stopped_at is None:
        skus = [
            item.get("sku") or lost[item["variant"]]
            for item in found.items
            if item["variant"] in lost
        ]
        return {"code": "flash_sale_goods_gone", "facts": {"skus": skus}}
    return found.problem


def coming(ctx: Context, series: Series, days: int = 60) -> Slot | None:
    """The next slot that starts, made or not."""
    zone = ZoneInfo(ctx.store.timezone)
    if series.stopped_at is not None:
        return None
    return next(between(pattern(series), zone, ctx.now_us, ctx.now_us + days * DAY), None)


def pattern(series: Series) -> Pattern:
    last = series.last_day
    return Pattern(
        series.weekdays,
        time.fromisoformat(series.at),
        series.minutes,
        date.fromisoformat(series.first_day),
        last and date.fromisoformat(last),
    )


def make_slots(ctx: Context, data: dict[str, Any]) -> None:
    """The periodic job. A slot that could not be made is tried again until it would start; one
    that passed while the plugin was off is not made up."""
    if NAME not in ctx.plugins.by_name:
        return
    for series in Series.select().where(Series.store == ctx.code, Series.stopped_at.is_null()):
        with db.transaction():
            db.lock_row("flash_sale_series", series.id)
            _make(ctx, get(ctx, series.id))


def _make(ctx: Context, series: Series) -> None:
    zone, until = ZoneInfo(ctx.store.timezone), ctx.now_us + ctx.settings(NAME).slot_hours * HOUR
    problem = None
    for slot in between(pattern(series), zone, ctx.now_us, until):
        if not db.row(MADE, series.id, str(slot.day)):
            problem = _make_slot(ctx, series, slot) or problem
    if problem != series.problem:
        Series.update(problem=problem).where(Series.id == series.id).execute()
        if problem:
            events.record(ctx, "flash_sale.slot_failed", series=series.id, **problem)


def _make_slot(ctx: Context, series: Series, slot: Slot) -> dict[str, Any] | None:
    """None, or why it cannot be made: {day, code, facts}."""
    try:
        with db.savepoint():
            sales.create(ctx, {
                **{name: getattr(series, name) for name in TERMS},
                "starts": slot.starts, "ends": slot.ends, "items": _named(ctx, series.items),
                "series": series.id, "slot_day": str(slot.day),
            })  # fmt: skip
    except Reject as refusal:
        return {"day": str(slot.day), "code": refusal.code, "facts": refusal.facts}
    return None


def named(ctx: Context, series: Series) -> list[dict[str, Any]]:
    """[{sku, price, quantity}]"""
    return _named(ctx, series.items)


def _named(ctx: Context, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sql = "SELECT id, sku FROM variant WHERE id IN (??) AND store || '' = ?"
    skus = dict(db.rows(sql, db.many(item["variant"] for item in found), ctx.code))
    skus |= goods_in_use.gone(ctx, (item["variant"] for item in found))
    return [
        {
            "sku": skus.get(item["variant"]) or item.get("sku", ""),
            "price": item["price"],
            "quantity": item["quantity"],
        }
        for item in found
    ]


def _columns(ctx: Context, facts: Facts) -> dict[str, Any]:
    """Facts as columns; SKUs become variants, since a SKU may be renamed."""
    columns = {
        name: facts[name] for name in (*TERMS, *PATTERN) if name in facts and facts[name] != ""
    }
    if "tag" in facts:
        columns["tag"] = facts["tag"] or None
    if "items" in facts:
        columns["items"] = [
            {
                "variant": item.variant,
                "sku": item.sku,
                "price": item.price,
                "quantity": item.quantity,
            }
            for item in items.choose(ctx, facts["items"])
        ]
    return columns


def _check_days(first: str, last: str | None) -> None:
    if last is not None and last < first:
        raise Reject("series_days")


def _update(ctx: Context, series_id: int, seen: int, columns: dict[str, Any]) -> None:
    of_store = (Series.store == ctx.code) & (Series.id == series_id)
    update = Series.update(version=Series.version + 1, **columns)
    if not update.where(of_store & (Series.version == seen)).execute():
        raise Reject("precondition_failed", 412, current=str(get(ctx, series_id).version))


def sales_of(ctx: Context, series_id: int) -> list[int]:
    found = Sale.select(Sale.id).where(Sale.store == ctx.code, Sale.series == series_id)
    return [sale.id for sale in found]
