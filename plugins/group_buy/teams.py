"""A team: opened, filled, complete or failed.

    open -> complete    as many have paid as it needs, or the owner takes those that it has
         -> failed      its deadline passed, or everybody left

Both ends are for good. Members count when their money came before the deadline, whenever that is
looked at. Whoever decides holds the team's row; what follows for its orders is done by jobs, order by
order, so that nobody holds two.
"""

from __future__ import annotations

import secrets
from typing import Any

from shop import Conflict, Context, NotFound, OrderView, Problem, Reject, db
from shop.clock import HOUR, from_us, rfc3339, to_us
from shop.jobs import events, jobs
from shop.orders import kept
from shop.people import audit
from shop.stock import claims

from . import campaigns
from .models import Campaign, Team
from .settings import NAME

PAID = f"""
SELECT COUNT(DISTINCT m.customer_id) FROM group_buy_member m
JOIN orders o ON o.id = m.order_id JOIN order_line l ON l.id = m.line_id
WHERE m.team_id = ? AND o.state IN ('paid', 'completed') AND {kept.UNITS} > 0
  AND (o.paid_at < ? OR {{late}})"""
TAKEN = """
SELECT COUNT(*) FROM group_buy_member WHERE team_id = ? AND store || '' = ? AND state <> 'left'"""
CLOSE = """
UPDATE group_buy_team SET state = ?, early = ?, paid = ?, closed_at = ?
WHERE id = ? AND store = ? AND state = 'open'"""
COUNTED = "UPDATE group_buy_team SET paid = ? WHERE id = ? AND store = ?"
CODE = 12
"""bytes of a team's code: who has it was given the link"""


def open_team(ctx: Context, campaign_id: int, order: OrderView) -> Team:
    """Open a team with this order. 409 `group_buy_over`, `group_buy_no_more_teams`.

    It has its campaign's hours, and no longer than the campaign and the cut-off of the pickup
    window that the order chose: who packs the window must know by then what is in it.
    """
    db.lock_row("group_buy_campaign", campaign_id)
    campaign = campaigns.get(ctx, campaign_id)
    if campaigns.state(ctx, campaign) != "running":
        raise Conflict("group_buy_over")
    code = secrets.token_urlsafe(CODE).replace(
        "-", "_"
    )  # one in front would be an option of `shop`
    key = f"team:{code}"
    claims.claim(ctx, campaigns.quota(campaign_id), key, code="group_buy_no_more_teams")
    ends = [ctx.now_us + campaign.hours * HOUR, to_us(campaign.ends)]
    if order.window_cut_off is not None:
        ends.append(order.window_cut_off)
    deadline = min(ends)
    team = Team.create(
        store=ctx.code, campaign=campaign_id, code=code, state="open", size=campaign.size,
        opened_by=order.customer_id, opened_at=ctx.now, deadline=from_us(deadline),
    )  # fmt: skip
    claims.set_cap(ctx, seats(code), team.size)
    jobs.schedule(ctx, NAME, "deadline", f"{key}:{deadline}", deadline, {"team": code})
    events.record(ctx, f"{NAME}.opened", order.id, order.customer_id, team=code)
    return team


def window_problems(team: Team, cut_off: int | None, line: int | None = None) -> list[Problem]:
    """`group_buy_window` for who would join with a pickup window that is cut off before the team's
    deadline: the team may be complete only after that."""
    if cut_off is None or cut_off >= to_us(team.deadline):
        return []
    facts = {"cut_off": rfc3339(cut_off), "deadline": rfc3339(to_us(team.deadline))}
    return [Problem("group_buy_window", line, facts=facts)]


def find(ctx: Context, code: str) -> Team:
    found: Team | None = Team.get_or_none((Team.code == code) & (Team.store == ctx.code))
    if found is None:
        raise NotFound
    return found


def hold(ctx: Context, code: str) -> Team:
    """The team, its row held until the transaction ends."""
    db.lock_row("group_buy_team", find(ctx, code).id)
    return find(ctx, code)


def is_open(ctx: Context, team: Team) -> bool:
    """Whether it can be joined and completed, whatever the jobs have done."""
    return team.state == "open" and to_us(team.deadline) > ctx.now_us


def state(ctx: Context, team: Team) -> str:
    """As people are told it: an open one whose time is up has failed."""
    return "failed" if team.state == "open" and not is_open(ctx, team) else str(team.state)


def seats(code: str) -> str:
    """Who is in it is counted here, paid or not."""
    return f"{NAME}:team:{code}:seats"


def paid(ctx: Context, team: Team) -> int:
    """Members whose money came in time and has not gone back. Who had a seat when the owner
    completed it early counts whenever he pays."""
    late = "1 = 1" if team.early else "1 = 0"
    return int(db.value(PAID.format(late=late), team.id, to_us(team.deadline)))


def recount(ctx: Context, team: Team) -> bool:
    """After a member came or left, the team's row held: whether it is complete by that."""
    count = paid(ctx, team)
    if team.state != "open":
        return bool(db.change(COUNTED, count, team.id, ctx.code)) and team.state == "complete"
    if count >= team.size:
        _end(ctx, team, "complete", count)
        return True
    db.change(COUNTED, count, team.id, ctx.code)
    if not db.value(TAKEN, team.id, ctx.code):
        _end(ctx, team, "failed", 0)
    return False


def decide(ctx: Context, code: str) -> None:
    """Its deadline has passed, however long ago: complete if enough had paid by then."""
    with db.transaction():
        team = hold(ctx, code)
        if team.state != "open" or is_open(ctx, team):
            return
        count = paid(ctx, team)
        _end(ctx, team, "complete" if count >= team.size else "failed", count)


def complete_early(ctx: Context, code: str) -> Team:
    """The owner takes the members it has: no new seats; who has one may still pay.

    409 `group_buy_team_over`; 422 `group_buy_nobody_paid`.
    """
    with db.transaction():
        team = hold(ctx, code)
        if not is_open(ctx, team):
            raise Conflict("group_buy_team_over")
        count = paid(ctx, team)
        if not count:
            raise Reject("group_buy_nobody_paid")
        _end(ctx, team, "complete", count, early=count < team.size)
        audit.record(ctx, f"{NAME}.complete", f"{NAME}:team:{code}", paid=count)
        return find(ctx, code)


def campaign_of(ctx: Context, team: Team) -> Campaign:
    return campaigns.get(ctx, team.campaign_id)


def _end(ctx: Context, team: Team, end: str, count: int, early: bool = False) -> None:
    if not db.change(CLOSE, end, early, count, ctx.now_us, team.id, ctx.code):
        return
    jobs.schedule(ctx, NAME, end, f"team:{team.code}", ctx.now_us, {"team": team.code})
    if end == "failed":
        claims.release(ctx, campaigns.quota(team.campaign_id), f"team:{team.code}")
    facts: dict[str, Any] = {"team": team.code, "paid": count}
    events.record(ctx, f"{NAME}.{end}", None, None, **facts)
