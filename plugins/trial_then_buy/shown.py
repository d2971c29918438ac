"""Offers and trials as documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shop import Context, OrderView, db, i18n
from shop.catalog import freshness
from shop.clock import rfc3339, to_us
from shop.data import paging
from shop.orders import order_view

from . import offers, terms, trials
from .models import Offer, Trial
from .settings import NAME
from .terms import Terms

OPEN = """
SELECT o.id, v.sku FROM trial_then_buy_offer o JOIN variant v ON v.id = o.variant_id
JOIN product p ON p.id = v.product_id AND p.status = 'published'
WHERE o.store = ? AND o.id > ? AND o.starts <= ? AND (o.ends IS NULL OR o.ends > ?)
  AND v.archived_at IS NULL ORDER BY o.id LIMIT ?"""
OFFERED = """
SELECT variant_id, id, fee, deposit, days FROM trial_then_buy_offer
WHERE store = ? AND shown = ? ORDER BY id"""
SKU = "SELECT sku FROM variant WHERE id = ? AND store || '' = ?"
STATES = ("waiting", "running", "overdue", "returned", "bought", "settled", "cancelled")


def open_offers(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """{items, next}: what can be tried now."""
    [last] = paging.decode(after, int) or (0,)
    found = db.rows(OPEN, ctx.code, last, ctx.now_us, ctx.now_us, limit + 1)
    page = paging.page(found, limit, lambda row: (row[0],))
    known = offers.running(ctx, [row[0] for row in page["items"]])
    items = [_offer(ctx, sku, *known[offer][2:]) for offer, sku in page["items"] if offer in known]
    return page | {"items": items}


def open_offer(ctx: Context, offer_id: int) -> dict[str, Any] | None:
    known = offers.running(ctx, [offer_id]).get(offer_id)
    return known and _offer(ctx, db.value(SKU, known[0], ctx.code), *known[2:])


def _offer(ctx: Context, sku: str, units: int, agreed: Terms) -> dict[str, Any]:
    return {
        "id": agreed.offer, "sku": sku, "units": units, "currency": ctx.store.currency,
        "terms": agreed.document(), "branches": agreed.branches(),
    }  # fmt: skip


def of_staff(ctx: Context, offer: Offer) -> dict[str, Any]:
    cost = offer.variant.cost
    least = offers.expected_loss(ctx, offer.variant_id, cost)
    variant, over = offer.variant, offer.ends is not None and to_us(offer.ends) <= ctx.now_us
    sku, problem = variant.sku, None
    if variant.archived_at is not None:
        sku = sku.removesuffix(f"~{variant.id}")
        problem = None if over else i18n.say("trial_then_buy_goods_gone", ctx.locale, sku=sku)
    return {
        "id": offer.id, "sku": sku, "problem": problem, "fee": offer.fee, "deposit": offer.deposit,
        "price": offer.price, "days": offer.days, "units": offer.units,
        "starts": rfc3339(to_us(offer.starts)),
        "ends": rfc3339(offer.ends and to_us(offer.ends)), "open": offers.is_open(ctx, offer),
        "version": offer.version,
        "expected_loss": least, "covered": None if least is None else offer.fee >= least,
    }  # fmt: skip


def trial(ctx: Context, found: Trial, order: OrderView) -> dict[str, Any]:
    line = next(line for line in order.lines if line.id == found.line_id)
    agreed = terms.of(line.offer)
    return {
        "id": found.id, "order": order.number, "sku": line.sku, "title": line.title,
        "units": line.quantity, "state": trials.state(ctx, found),
        "started_at": rfc3339(found.started_at and to_us(found.started_at)),
        "due_at": rfc3339(found.due_at and to_us(found.due_at)),
        "closed_at": rfc3339(found.closed_at and to_us(found.closed_at)),
        "charged": found.charged_at is not None, "damage": found.damage, "note": found.note,
        "terms": agreed.document(), "branches": agreed.branches(line.quantity),
    }  # fmt: skip


def page(
    ctx: Context, limit: int = 20, after: str | None = None, state: str = "",
    customer: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """{items, next}: the newest trials first, of one customer or of all."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    where = (Trial.store == ctx.code) & (Trial.id < before)
    if customer is not None:
        where &= Trial.customer == customer
    if state:
        where &= Trial.state == ("running" if state == "overdue" else state)
    if state in ("running", "overdue"):
        late = Trial.due_at <= ctx.now
        where &= late if state == "overdue" else ~late
    found = list(Trial.select().where(where).order_by(Trial.id.desc()).limit(limit + 1))
    made = paging.page(found, limit, lambda row: (row.id,))
    return made | {"items": documents(ctx, made["items"])}


def documents(ctx: Context, found: Iterable[Trial]) -> list[dict[str, Any]]:
    found = list(found)
    orders = {o.id: o for o in order_view.load_many(ctx, [row.order_id for row in found])}
    return [trial(ctx, row, orders[row.order_id]) for row in found]


def of_orders(ctx: Context, orders: list[OrderView]) -> dict[int, dict[str, Any]]:
    mine = {o.id: o for o in orders if any(line.source == NAME for line in o.lines)}
    if not mine:
        return {}
    rows = Trial.select().where((Trial.store == ctx.code) & (Trial.order << list(mine)))
    return {row.order_id: trial(ctx, row, mine[row.order_id]) for row in rows}


def of_variants(ctx: Context, variants: list[Any]) -> dict[int, dict[str, Any]]:
    """{variant: {offer, fee, deposit, days}} of those that can be tried."""
    offered = freshness.remembered(ctx, f"{NAME}:offered", lambda: _offered(ctx))
    return {view.id: offered[view.id] for view in variants if view.id in offered}


def _offered(ctx: Context) -> dict[int, dict[str, Any]]:
    return {
        variant: {"offer": offer, "fee": fee, "deposit": deposit, "days": days}
        for variant, offer, fee, deposit, days in db.rows(OFFERED, ctx.code, True)
    }
