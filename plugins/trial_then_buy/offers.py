"""Offers as the owner makes and ends them, and whether their fee pays for what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shop import Conflict, Context, InUse, NotFound, Reject, db, i18n
from shop.catalog import version
from shop.clock import DAY, from_us, to_us
from shop.data import paging
from shop.jobs import jobs
from shop.people import audit
from shop.stock import claims

from .models import Offer
from .settings import NAME
from .terms import Terms

FIND = """
SELECT v.id, v.product_id, v.price, v.cost FROM variant v
WHERE v.store = ? AND v.sku = ? AND v.archived_at IS NULL"""
OPEN = """
SELECT o.id, o.variant_id, o.fee, o.deposit, COALESCE(o.price, v.price), o.days, o.units, v.sku,
  v.product_id
FROM trial_then_buy_offer o JOIN variant v ON v.id = o.variant_id
WHERE o.store || '' = ? AND o.starts <= ? AND (o.ends IS NULL OR o.ends > ?) AND {which}
  AND v.archived_at IS NULL
ORDER BY o.id"""
NEEDED = """
SELECT variant_id, id FROM trial_then_buy_offer
WHERE store = ? AND (ends IS NULL OR ends > ?) ORDER BY id"""
END = """
UPDATE trial_then_buy_offer SET ends = ?, shown = ?, version = version + 1
WHERE id = ? AND store = ? AND (ends IS NULL OR ends > ?)"""
SHOWN = "UPDATE trial_then_buy_offer SET shown = ? WHERE id = ? AND store = ? AND shown <> ?"
ENDED = """
SELECT COUNT(*), COALESCE(SUM(CASE WHEN t.damage > 0 OR t.written_off = ? OR t.state = 'running'
  THEN 1 ELSE 0 END), 0)
FROM trial_then_buy_trial t JOIN trial_then_buy_offer o ON o.id = t.offer_id
WHERE o.variant_id = ? AND t.store || '' = ? AND (t.state IN ('bought', 'settled')
  OR (t.state = 'running' AND t.charged_at IS NULL AND t.due_at <= ?))"""
BUMP = """
UPDATE trial_then_buy_offer SET version = version + 1 WHERE id = ? AND store = ? AND version = ?"""
ENOUGH = 20
"""trials that have ended before their own losses are believed"""
LOST_DAYS = 14
"""a trial that is so long overdue, and was not charged, is not expected back"""


def create(ctx: Context, facts: Mapping[str, Any]) -> Offer:
    """Offer a variant for trial: {sku, fee, deposit}, also `days`, `price` (the catalogue's at each
    order), `units` (1), `starts` (now) and `ends`, in microseconds.

    422 `unknown_sku`, `trial_then_buy_terms` (a fee above the price, or an end before the start),
    `trial_then_buy_fee_too_low` if the settings refuse that.
    """
    found = db.row(FIND, ctx.code, facts["sku"])
    if found is None:
        raise Reject("unknown_sku", sku=facts["sku"])
    variant, product, price, cost = found
    starts = max(facts.get("starts") or ctx.now_us, ctx.now_us)
    offer = Offer(
        store=ctx.code, variant=variant, fee=facts["fee"], deposit=facts["deposit"],
        price=facts.get("price"), days=facts.get("days") or ctx.settings(NAME).days,
        units=facts.get("units") or 1, starts=from_us(starts),
        ends=None if facts.get("ends") is None else from_us(facts["ends"]),
        shown=starts <= ctx.now_us, created_at=ctx.now,
    )  # fmt: skip
    _check(ctx, offer, price, cost)
    with db.transaction():
        offer.save()
        claims.set_cap(ctx, counter(product), None)
        _plan(ctx, offer)
        audit.record(ctx, f"{NAME}.offer", f"{NAME}:{offer.id}", sku=facts["sku"], fee=offer.fee)
        return offer


def change(ctx: Context, offer_id: int, seen: int, facts: Mapping[str, Any]) -> Offer:
    """Change what `facts` names if the version is still `seen`, else 412. Trials that were ordered keep
    their terms. 409 `trial_then_buy_offer_over`, and those of `create`."""
    with db.transaction():
        if not db.change(BUMP, offer_id, ctx.code, seen):
            raise Reject("precondition_failed", 412, current=str(get(ctx, offer_id).version))
        offer = get(ctx, offer_id)
        if offer.ends is not None and to_us(offer.ends) <= ctx.now_us:
            raise Conflict("trial_then_buy_offer_over")
        for name in {"fee", "deposit", "price", "days", "units"} & facts.keys():
            setattr(offer, name, facts[name])
        if "ends" in facts:
            offer.ends = None if facts["ends"] is None else from_us(max(facts["ends"], ctx.now_us))
        _check(ctx, offer, offer.variant.price, offer.variant.cost)
        offer.save()
        _plan(ctx, offer)
        audit.record(ctx, f"{NAME}.offer_change", f"{NAME}:{offer_id}", fields=sorted(facts))
        return get(ctx, offer_id)


def _check(ctx: Context, offer: Offer, price: int, cost: int | None) -> None:
    full = price if offer.price is None else offer.price
    if offer.fee > full or (offer.ends is not None and offer.ends <= offer.starts):
        raise Reject("trial_then_buy_terms")
    least = expected_loss(ctx, offer.variant_id, cost)
    if ctx.settings(NAME).loss_check == "refuse" and least is not None and offer.fee < least:
        raise Reject("trial_then_buy_fee_too_low", fee=offer.fee, least=least)


def _plan(ctx: Context, offer: Offer) -> None:
    """The catalogue is told when it begins and ends; a job for a time that was moved finds nothing."""
    for at in {to_us(offer.starts), offer.ends and to_us(offer.ends)} - {None}:
        jobs.schedule(ctx, NAME, "show", f"offer:{offer.id}:{at}", at, {"offer": offer.id})
    version.touch(ctx)


def end(ctx: Context, offer_id: int) -> Offer:
    """No new trials; those that run keep their terms. 409 `trial_then_buy_offer_over`."""
    with db.transaction():
        get(ctx, offer_id)
        if not db.change(END, ctx.now_us, False, offer_id, ctx.code, ctx.now_us):
            raise Conflict("trial_then_buy_offer_over")
        version.touch(ctx)
        audit.record(ctx, f"{NAME}.offer_end", f"{NAME}:{offer_id}")
        return get(ctx, offer_id)


def get(ctx: Context, offer_id: int) -> Offer:
    found: Offer | None = Offer.get_or_none((Offer.id == offer_id) & (Offer.store == ctx.code))
    if found is None:
        raise NotFound
    return found


def page(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """{items, next}: the newest first."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    where = (Offer.store == ctx.code) & (Offer.id < before)
    found = Offer.select().where(where).order_by(Offer.id.desc()).limit(limit + 1)
    return paging.page(list(found), limit, lambda offer: (offer.id,))


def goods_in_use(ctx: Context) -> list[InUse]:
    """The goods of offers that are open or will be."""
    return [
        InUse(variant, i18n.say("trial_then_buy_in_use", ctx.locale, id=offer))
        for variant, offer in db.rows(NEEDED, ctx.code, ctx.now_us)
    ]


def counter(product_id: int) -> str:
    """One running trial per customer and product is counted here."""
    return f"{NAME}:product:{product_id}"


def running(ctx: Context, ids: Iterable[int]) -> dict[int, tuple[int, int, int, Terms]]:
    """{offer: (variant, product, units, terms)} of these that can be had now; one statement."""
    return _running(ctx, "o.id IN (??)", ids)


def of_variants(ctx: Context, ids: Iterable[int]) -> dict[int, tuple[int, int, int, Terms]]:
    """The same by the variants that are offered."""
    return _running(ctx, "o.variant_id IN (??)", ids)


def _running(
    ctx: Context, which: str, ids: Iterable[int]
) -> dict[int, tuple[int, int, int, Terms]]:
    settings, now = ctx.settings(NAME), ctx.now_us
    found = db.rows(OPEN.format(which=which), ctx.code, now, now, db.many(ids))
    return {
        offer: (
            variant,
            product,
            units,
            Terms(offer, fee, deposit, full, days, settings.fee_counts, settings.overdue),
        )
        for offer, variant, fee, deposit, full, days, units, _, product in found
    }


def expected_loss(ctx: Context, variant: int, cost: int | None) -> int | None:
    """What a trial loses on average, in minor units, rounded up: the share of trials that came back
    damaged or did not come back, times the cost of a unit. None where no cost is known."""
    if cost is None:
        return None
    since = ctx.now_us - LOST_DAYS * DAY
    ended, lost = db.row(ENDED, True, variant, ctx.code, since) or (0, 0)
    if ended < ENOUGH:
        ended, lost = 100, ctx.settings(NAME).loss_prior
    return -(-cost * lost // ended)


def show(ctx: Context, data: dict[str, Any]) -> None:
    """An offer began or ended: the catalogue is told."""
    with db.transaction():
        now = is_open(ctx, get(ctx, data["offer"]))
        if db.change(SHOWN, now, data["offer"], ctx.code, now):
            version.touch(ctx)


def is_open(ctx: Context, offer: Offer) -> bool:
    ends = None if offer.ends is None else to_us(offer.ends)
    return to_us(offer.starts) <= ctx.now_us and (ends is None or ends > ctx.now_us)
