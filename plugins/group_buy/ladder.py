"""The close of a campaign: how many units were paid decides the price, and everyone gets the
difference back, once.

It is closed when its time is up, all its teams are over and nobody who has a seat may still pay;
refunds after that move no price.
"""

from __future__ import annotations

from typing import Any

from shop import Context, db, i18n
from shop.clock import SECOND
from shop.jobs import jobs
from shop.orders import kept, order_view
from shop.orders.order_view import LineView
from shop.payments import refunds

from . import campaigns, items, members, teams
from .models import Campaign
from .settings import NAME

OPEN = """
SELECT code FROM group_buy_team
WHERE campaign_id = ? AND store || '' = ? AND state = 'open' ORDER BY id"""
WAITS = """
SELECT MAX(o.pay_by) FROM group_buy_member m JOIN group_buy_team t ON t.id = m.team_id
JOIN orders o ON o.id = m.order_id
WHERE m.campaign_id = ? AND m.store || '' = ? AND t.state = 'complete' AND o.state = 'pending'"""
UNITS = f"""
SELECT COALESCE(SUM({kept.UNITS}), 0) FROM group_buy_member m
JOIN group_buy_team t ON t.id = m.team_id
JOIN orders o ON o.id = m.order_id JOIN order_line l ON l.id = m.line_id
WHERE m.campaign_id = ? AND m.store || '' = ? AND t.state = 'complete'
  AND m.state = 'paid' AND o.state IN ('paid', 'completed')"""
CLOSE = """
UPDATE group_buy_campaign SET closed_at = ?, units = ?
WHERE id = ? AND store = ? AND closed_at IS NULL"""
COMPLETE = """
SELECT code FROM group_buy_team
WHERE campaign_id = ? AND store || '' = ? AND state = 'complete' ORDER BY id"""
MEMBERS = """
SELECT m.order_id FROM group_buy_member m JOIN group_buy_team t ON t.id = m.team_id
WHERE t.code = ? AND m.store || '' = ? AND m.state = 'paid' AND m.laddered IS NULL ORDER BY m.id"""
GIVEN = "UPDATE group_buy_member SET laddered = ? WHERE order_id = ? AND store || '' = ?"


def close(ctx: Context, data: dict[str, Any]) -> None:
    """At the end of a campaign, and again when who may still pay has paid or not."""
    number = data["campaign"]
    campaign = Campaign.get_or_none((Campaign.id == number) & (Campaign.store == ctx.code))
    if campaign is None or campaigns.state(ctx, campaign) != "over":
        return
    for (code,) in db.rows(OPEN, number, ctx.code):
        teams.decide(ctx, code)
    with db.transaction():
        waits = db.value(WAITS, number, ctx.code)
        if waits is not None:
            at = max(waits, ctx.now_us) + SECOND
            jobs.schedule(ctx, NAME, "close", f"campaign:{number}:{at}", at, data)
            return
        units = db.value(UNITS, number, ctx.code)
        if not db.change(CLOSE, ctx.now_us, units, number, ctx.code):
            return
        if any(item.tiers for item in items.of_campaigns(ctx, [number]).get(number, [])):
            for (code,) in db.rows(COMPLETE, number, ctx.code):
                facts = {"team": code, "units": units}
                jobs.schedule(ctx, NAME, "ladder", f"team:{code}", ctx.now_us, facts)


def give(ctx: Context, data: dict[str, Any]) -> None:
    """The difference, to each member of a team."""
    for (order_id,) in db.rows(MEMBERS, data["team"], ctx.code):
        with db.transaction():
            _give(ctx, order_id, data["units"])


def _give(ctx: Context, order_id: int, units: int) -> None:
    order = order_view.lock(ctx, order_id)
    member = members.of_order(ctx, order_id)
    if member is None or member.state != "paid" or member.laddered is not None:
        return
    line = members.line_of(order, member)
    back = difference(line, units)
    if back:
        refunds.refund(
            ctx, order_id, f"{NAME}:order:{order_id}:ladder",
            amounts={("line", line.id): back}, source=NAME,
            reason=i18n.say("group_buy_ladder_reason", order.locale),
        )  # fmt: skip
        members.tell(ctx, order, "ladder", back)
    db.change(GIVEN, back, order_id, ctx.code)


def difference(line: LineView, units: int) -> int:
    """What goes back of a line when `units` were paid, in minor units: the share of the price that
    fell, of the money paid for the units that are still bought, rounded up; at most what the line
    still holds. What was paid with points or credit comes back in the same share, by its plugin."""
    price, tiers = line.offer["price"], line.offer["tiers"]
    falls = price - items.tier_price(price, tiers, units)
    if not falls:
        return 0
    return min(line.kept, -(-line.net * falls * line.units_kept // (price * line.quantity)))
