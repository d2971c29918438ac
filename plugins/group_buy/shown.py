"""Campaigns and teams as people see them; members by a masked name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shop import Context, OrderView, db, i18n
from shop.catalog import freshness
from shop.clock import rfc3339, to_us
from shop.data import paging
from shop.people import accounts

from . import campaigns, items, teams
from .models import Campaign, Team
from .settings import MARK, NAME

NEAREST = """
SELECT id FROM group_buy_team t
WHERE t.store = ? AND t.state = 'open' AND t.deadline > ? AND {which} AND t.size > (
  SELECT COUNT(*) FROM group_buy_member m WHERE m.team_id = t.id AND m.state <> 'left')
ORDER BY t.size - t.paid, t.deadline, t.id LIMIT ?"""
MEMBERS = """
SELECT m.team_id, o.contact_name, m.state FROM group_buy_member m
JOIN orders o ON o.id = m.order_id
WHERE m.team_id IN (??) AND m.store || '' = ? AND m.state <> 'left' ORDER BY m.id"""
OF_ORDERS = """
SELECT m.order_id, m.state, t.code, t.state, t.size, t.paid, t.deadline
FROM group_buy_member m JOIN group_buy_team t ON t.id = m.team_id
WHERE m.order_id IN (??) AND m.store || '' = ?"""
RUNNING = """
SELECT i.variant_id, c.id, i.price, c.size, c.ends
FROM group_buy_campaign c JOIN group_buy_item i ON i.campaign_id = c.id
WHERE c.store = ? AND c.shown = ? ORDER BY c.id"""
OF_CUSTOMER = """
SELECT m.id, m.team_id, o.number, m.state FROM group_buy_member m JOIN orders o ON o.id = m.order_id
WHERE m.customer_id = ? AND m.store || '' = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?"""


def campaign(ctx: Context, found: Campaign, sold: Iterable[items.Item]) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": (found.translations.get(ctx.locale) or {}).get("name") or found.name,
        "state": campaigns.state(ctx, found), "size": found.size, "hours": found.hours,
        "per_customer": found.per_customer, "starts": rfc3339(to_us(found.starts)),
        "ends": rfc3339(to_us(found.ends)), "currency": ctx.store.currency,
        "items": [_item(one) for one in sold if not one.gone],
    }  # fmt: skip


def _item(one: items.Item) -> dict[str, Any]:
    return {"sku": one.sku, "title": one.title, "price": one.price, "normal_price": one.normal,
            "tiers": one.tiers}  # fmt: skip


def of_staff(ctx: Context, found: Campaign, sold: Iterable[items.Item]) -> dict[str, Any]:
    sold = list(sold)
    return campaign(ctx, found, sold) | {
        "items": [_item(one) for one in sold], "problem": _problem(ctx, found, sold),
        "name": found.name, "translations": found.translations, "teams": found.teams,
        "closed_at": rfc3339(found.closed_at and to_us(found.closed_at)), "units": found.units,
        "version": found.version,
    }  # fmt: skip


def _problem(ctx: Context, found: Campaign, sold: Iterable[items.Item]) -> str | None:
    """What the owner should know of a campaign whose goods were deleted."""
    lost = [one.sku for one in sold if one.gone and found.closed_at is None]
    return i18n.say("group_buy_goods_gone", ctx.locale, skus=", ".join(lost)) if lost else None


def running(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """{items, next}: the campaigns that run."""
    page = campaigns.page(ctx, limit, after, running=True)
    sold = items.of_campaigns(ctx, [one.id for one in page["items"]])
    return page | {"items": [campaign(ctx, one, sold.get(one.id, [])) for one in page["items"]]}


def nearest(ctx: Context, campaign_id: int | None, limit: int) -> list[dict[str, Any]]:
    """Open teams that have a seat left, those first to which the fewest are missing."""
    which, whose = ("t.campaign_id = ?", (campaign_id,)) if campaign_id else ("1 = 1", ())
    found = db.rows(NEAREST.format(which=which), ctx.code, ctx.now_us, *whose, limit)
    return by_id(ctx, [team_id for (team_id,) in found])


def by_id(ctx: Context, ids: list[int]) -> list[dict[str, Any]]:
    """The teams of these ids in their order, as documents."""
    known = {team.id: team for team in Team.select().where(Team.id.in_(ids))} if ids else {}
    return documents(ctx, [known[team_id] for team_id in ids])


def documents(ctx: Context, found: list[Team], staff: bool = False) -> list[dict[str, Any]]:
    """Of one store's teams, in three statements however many there are."""
    if not found:
        return []
    owners = {team.campaign_id for team in found}
    made = {one.id: one for one in Campaign.select().where(Campaign.id.in_(list(owners)))}
    sold = items.of_campaigns(ctx, owners)
    inside: dict[int, list[dict[str, Any]]] = {team.id: [] for team in found}
    rows = db.rows(MEMBERS, db.many(inside), ctx.code)
    for team_id, name, state in rows:
        # the longest in it: who opened it, or after he left the next
        inside[team_id].append(
            {"name": name if staff else accounts.masked(name), "paid": state == "paid",
             "opener": not inside[team_id]}
        )  # fmt: skip
    return [
        _team(ctx, team, made[team.campaign_id], sold.get(team.campaign_id, []), inside[team.id])
        for team in found
    ]


def _team(
    ctx: Context, team: Team, owner: Campaign, sold: list[items.Item], inside: list[dict[str, Any]]
) -> dict[str, Any]:
    seats = team.size - len(inside) if teams.is_open(ctx, team) else 0
    return {
        "code": team.code, "state": teams.state(ctx, team), "size": team.size, "paid": team.paid,
        "left": max(0, seats), "missing": max(0, team.size - team.paid), "early": team.early,
        "deadline": rfc3339(to_us(team.deadline)), "now": rfc3339(ctx.now_us),
        "link": link(ctx, team.code), "members": inside, "campaign": campaign(ctx, owner, sold),
    }  # fmt: skip


def mine(ctx: Context, customer: int, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """{items, next}: the teams that a customer is or was in, the newest first."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    rows = db.rows(OF_CUSTOMER, customer, ctx.code, before, limit + 1)
    page = paging.page(rows, limit, lambda row: (row[0],))
    found = by_id(ctx, [row[1] for row in page["items"]])
    listed = [
        team | {"order": number, "member": state}
        for team, (_, _, number, state) in zip(found, page["items"], strict=True)
    ]
    return page | {"items": listed}


def of_orders(ctx: Context, orders: list[OrderView]) -> dict[int, dict[str, Any]]:
    """{order: {team, member, state, size, paid, deadline, link}}"""
    ids = [o.id for o in orders if any(line.source == NAME for line in o.lines)]
    found = db.rows(OF_ORDERS, db.many(ids), ctx.code) if ids else []
    return {
        order: {
            "team": code, "member": member, "state": _told(ctx, state, deadline), "size": size,
            "paid": paid, "deadline": rfc3339(deadline), "link": link(ctx, code),
        }
        for order, member, code, state, size, paid, deadline in found
    }  # fmt: skip


def of_variants(ctx: Context, views: list[Any]) -> dict[int, dict[str, Any]]:
    """{variant: {campaign, price, size, ends}} of those that a running campaign sells."""
    running = freshness.remembered(ctx, f"{NAME}:running", lambda: _running(ctx))
    return {view.id: running[view.id] for view in views if view.id in running}


def _running(ctx: Context) -> dict[int, dict[str, Any]]:
    return {
        variant: {"campaign": number, "price": price, "size": size, "ends": rfc3339(ends)}
        for variant, number, price, size, ends in db.rows(RUNNING, ctx.code, True)
    }


def link(ctx: Context, code: str) -> str:
    return str(ctx.settings(NAME).link.replace(MARK, code))


def _told(ctx: Context, state: str, deadline: int) -> str:
    return "failed" if state == "open" and deadline <= ctx.now_us else state
