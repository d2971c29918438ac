"""A sale as the owner keeps it: made, changed, ended; its units follow in the same transaction.

    scheduled -> running -> ended, or scheduled -> cancelled

The state is a matter of time; only the end is an act: a job at `ends`, or the owner's. What was
announced is kept: prices only fall, limits only rise, and a running sale never ends later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop import Conflict, Context, NotFound, Reject, db
from shop.clock import HOUR, from_us, to_us
from shop.data import paging
from shop.jobs import events, jobs
from shop.people import audit

from . import items
from .models import Sale
from .settings import NAME

BUMP = "UPDATE flash_sale_sale SET version = version + 1 WHERE id = ? AND store = ? AND version = ?"
END = """
UPDATE flash_sale_sale
SET ended_at = ?, ends = CASE WHEN ends > ? THEN ? ELSE ends END, version = version + 1
WHERE id = ? AND store = ? AND ended_at IS NULL AND starts <= ?"""
CANCEL = """
UPDATE flash_sale_sale SET ended_at = ?, cancelled_at = ?, version = version + 1
WHERE id = ? AND store = ? AND ended_at IS NULL AND starts > ?"""
ANNOUNCE = """
UPDATE flash_sale_sale SET announced_at = ?
WHERE id = ? AND store = ? AND announced_at IS NULL AND ended_at IS NULL AND announce_at <= ?"""
STATES = ("scheduled", "running", "ended", "cancelled")
PLAIN = ("name", "translations", "tag", "per_customer", "per_order", "when_sold_out", "prepay")
SHOWN = {"items", "starts", "ends", "tag", "when_sold_out"}
"""what the catalogue's price rows depend on"""
NEWEST = 2**63 - 1

Facts = Mapping[str, Any]


def create(ctx: Context, facts: Facts) -> Sale:
    """Make a sale of {name, ends, items: [{sku, price, quantity}]} and set its units apart.

    Also `translations`, `starts` (now), `tag`, `per_customer`, `per_order`, `when_sold_out`,
    `prepay`, `announce` (true), `series` and `slot_day`. 422 `sale_times` and those of
    `items.choose`; 409 `sale_overlap`, `out_of_stock`.
    """
    settings = ctx.settings(NAME)
    starts = max(facts.get("starts") or ctx.now_us, ctx.now_us)
    ends = facts["ends"]
    if ends <= starts:
        raise Reject("sale_times")
    with db.transaction():
        wanted = items.choose(ctx, facts["items"])
        items.refuse_overlap(ctx, [item.variant for item in wanted], starts, ends)
        sale = Sale.create(
            store=ctx.code,
            name=facts["name"],
            translations=facts.get("translations") or {},
            starts=from_us(starts),
            ends=from_us(ends),
            tag=facts.get("tag") or None,
            per_customer=facts.get("per_customer"),
            per_order=facts.get("per_order"),
            when_sold_out=facts.get("when_sold_out") or settings.when_sold_out,
            prepay=_or(facts.get("prepay"), settings.prepay),
            announce_at=_announce_at(ctx, facts.get("announce", True), starts),
            series=facts.get("series"),
            slot_day=facts.get("slot_day"),
            created_at=ctx.now,
        )
        items.add(ctx, sale, wanted)
        items.show(ctx, sale)
        _plan(ctx, sale)
        audit.record(
            ctx, "flash_sale.create", f"flash_sale:{sale.id}",
            starts=starts, ends=ends, items=[[w.sku, w.price, w.quantity] for w in wanted],
        )  # fmt: skip
        return get(ctx, sale.id)


def change(ctx: Context, sale_id: int, seen: int, facts: Facts) -> Sale:
    """Change what `facts` names, if the version is still `seen`, else 412.

    409 `sale_over`; 422 `sale_times`, `sale_started` (its start), `ends_later`, `limit_promised`,
    `terms_promised`, and those of items.
    """
    with db.transaction():
        sale = _hold(ctx, sale_id, seen)
        if state(ctx, sale) in ("ended", "cancelled"):
            raise Conflict("sale_over", sale=sale_id)
        running = to_us(sale.starts) <= ctx.now_us
        promised = running or sale.announced_at is not None
        starts, ends = _times(ctx, sale, facts, running)
        _keep_promises(sale, facts, promised)
        before = items.hold(ctx, sale_id)
        shown = bool(facts.keys() & SHOWN)
        if shown:
            items.hide(ctx, before)
        Sale.update(**_columns(ctx, sale, facts, starts, ends)).where(Sale.id == sale_id).execute()
        sale = get(ctx, sale_id)
        if "items" in facts:
            items.replace(ctx, sale, items.choose(ctx, facts["items"]), promised, running)
        if shown:
            variants = [item.variant for item in items.of_sale(ctx, sale_id)]
            items.lock(variants)
            items.refuse_overlap(ctx, variants, starts, ends, sale_id)
            items.show(ctx, sale)
        _plan(ctx, sale)
        told = {name: _told(value) for name, value in facts.items()}
        audit.record(ctx, "flash_sale.change", f"flash_sale:{sale_id}", **told)
        return get(ctx, sale_id)


def end_now(ctx: Context, sale_id: int, seen: int | None = None) -> Sale:
    """End a running sale: its rest goes to `main`. 422 `sale_not_started`; 409 `sale_over`."""
    with db.transaction():
        sale = get(ctx, sale_id) if seen is None else _hold(ctx, sale_id, seen)
        if state(ctx, sale) == "scheduled":
            raise Reject("sale_not_started", sale=sale_id)
        if not finish(ctx, sale_id):
            raise Conflict("sale_over", sale=sale_id)
        audit.record(ctx, "flash_sale.end", f"flash_sale:{sale_id}")
        return get(ctx, sale_id)


def cancel(ctx: Context, sale_id: int, seen: int) -> None:
    """Take back a sale that has not started: everything goes to `main`. 409 `sale_started`."""
    with db.transaction():
        _hold(ctx, sale_id, seen)
        if not db.change(CANCEL, ctx.now_us, ctx.now_us, sale_id, ctx.code, ctx.now_us):
            raise Conflict("sale_started", sale=sale_id)
        _clear(ctx, get(ctx, sale_id))
        audit.record(ctx, "flash_sale.cancel", f"flash_sale:{sale_id}")


def finish(ctx: Context, sale_id: int) -> bool:
    """Close a sale that has started, now; False if that was done before."""
    now = ctx.now_us
    with db.transaction():
        if not db.change(END, now, now, now, sale_id, ctx.code, now):
            return False
        rest = _clear(ctx, get(ctx, sale_id))
        events.record(ctx, "flash_sale.ended", sale=sale_id, rest=sum(rest.values()))
    return True


@jobs.atomic
def end_due(ctx: Context, data: dict[str, Any]) -> None:
    """The job at the end of a sale; one that was put off does nothing."""
    due = db.value(
        "SELECT 1 FROM flash_sale_sale WHERE id = ? AND store = ? AND ends <= ?",
        data["sale"], ctx.code, ctx.now_us,
    )  # fmt: skip
    if due:
        finish(ctx, data["sale"])


@jobs.atomic
def announce_due(ctx: Context, data: dict[str, Any]) -> None:
    announce(ctx, data["sale"])


def announce(ctx: Context, sale_id: int) -> None:
    """Say once that a sale is coming; nothing is announced while the plugin is off."""
    if NAME in ctx.plugins.by_name and db.change(
        ANNOUNCE, ctx.now_us, sale_id, ctx.code, ctx.now_us
    ):
        events.record(ctx, "flash_sale.announced", sale=sale_id)


def get(ctx: Context, sale_id: int) -> Sale:
    sale = Sale.get_or_none(Sale.store == ctx.code, Sale.id == sale_id)
    if sale is None:
        raise NotFound
    return sale


def state(ctx: Context, sale: Sale) -> str:
    if sale.cancelled_at is not None:
        return "cancelled"
    if sale.ended_at is not None or to_us(sale.ends) <= ctx.now_us:
        return "ended"
    return "running" if to_us(sale.starts) <= ctx.now_us else "scheduled"


def page(
    ctx: Context,
    limit: int = 20,
    after: str | None = None,
    state: str = "",
    series: int | None = None,
) -> dict[str, Any]:
    """{items, next}: the newest first."""
    [before] = paging.decode(after, int) or (NEWEST,)
    where = (Sale.store == ctx.code) & (Sale.id < before)
    if state:
        where &= _in_state(ctx, state)
    if series is not None:
        where &= Sale.series == series
    found = Sale.select().where(where).order_by(Sale.id.desc()).limit(limit + 1)
    return paging.page(list(found), limit, lambda sale: (sale.id,))


def _in_state(ctx: Context, state: str) -> Any:
    now = ctx.now
    if state == "cancelled":
        return Sale.cancelled_at.is_null(False)
    over = Sale.ended_at.is_null(False) | (Sale.ends <= now)
    if state == "ended":
        return Sale.cancelled_at.is_null() & over
    started = Sale.starts <= now if state == "running" else Sale.starts > now
    return Sale.ended_at.is_null() & (Sale.ends > now) & started


def _hold(ctx: Context, sale_id: int, seen: int) -> Sale:
    """The sale under its lock, a version on; 412 if it was changed meanwhile."""
    if not db.change(BUMP, sale_id, ctx.code, seen):
        raise Reject("precondition_failed", 412, current=str(get(ctx, sale_id).version))
    return get(ctx, sale_id)


def _times(ctx: Context, sale: Sale, facts: Facts, running: bool) -> tuple[int, int]:
    before = to_us(sale.starts), to_us(sale.ends)
    starts, ends = facts.get("starts", before[0]), facts.get("ends", before[1])
    if running and starts != before[0]:
        raise Reject("sale_started", sale=sale.id)
    if running and ends > before[1]:
        raise Reject("ends_later")
    starts = starts if running else max(starts, ctx.now_us)
    if ends <= max(starts, ctx.now_us):
        raise Reject("sale_times")
    return starts, ends


def _columns(ctx: Context, sale: Sale, facts: Facts, starts: int, ends: int) -> dict[str, Any]:
    changes = {name: facts[name] for name in PLAIN if name in facts}
    changes |= {"starts": from_us(starts), "ends": from_us(ends)}
    if "tag" in changes:
        changes["tag"] = changes["tag"] or None
    if sale.announced_at is None and facts.keys() & {"announce", "starts"}:
        wish = facts.get("announce", sale.announce_at is not None)
        changes["announce_at"] = _announce_at(ctx, wish, starts)
    return changes


def _keep_promises(sale: Sale, facts: Facts, promised: bool) -> None:
    if not promised:
        return
    for name in ("per_customer", "per_order"):
        if name not in facts:
            continue
        before, now = getattr(sale, name), facts[name]
        if now is not None and (before is None or now < before):
            raise Reject("limit_promised", field=name)
    for name in ("tag", "when_sold_out", "prepay"):
        if name in facts and (facts[name] or None) != (getattr(sale, name) or None):
            raise Reject("terms_promised", field=name)


def _plan(ctx: Context, sale: Sale) -> None:
    """The jobs of the sale's times. Each time has its key: an older one finds nothing to do."""
    ends, data = to_us(sale.ends), {"sale": sale.id}
    jobs.schedule(ctx, NAME, "end", f"sale:{sale.id}:{ends}", ends, data)
    if sale.announce_at is None or sale.announced_at is not None:
        return
    at = to_us(sale.announce_at)
    if at <= ctx.now_us:
        announce(ctx, sale.id)
    else:
        jobs.schedule(ctx, NAME, "announce", f"sale:{sale.id}:{at}", at, data)


def _announce_at(ctx: Context, wish: bool, starts: int) -> datetime | None:
    """When to announce; a sale that starts at once has nothing to announce."""
    if not wish or starts <= ctx.now_us:
        return None
    return from_us(max(ctx.now_us, starts - ctx.settings(NAME).announce_hours * HOUR))


def _clear(ctx: Context, sale: Sale) -> dict[int, int]:
    """Units to `main`, prices out of the catalogue; what flowed back."""
    rest = items.close(ctx, sale)
    items.hide(ctx, items.of_sale(ctx, sale.id))
    return rest


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _told(value: Any) -> Any:
    """As JSON, for the audit."""
    return [dict(item) for item in value] if isinstance(value, list) else value
