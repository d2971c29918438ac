"""What campaigns brought and what they cost."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.orders import kept

from . import campaigns
from .models import Campaign

TEAMS = """
SELECT campaign_id, state, COUNT(*) FROM group_buy_team
WHERE campaign_id IN (??) AND store || '' = ? GROUP BY campaign_id, state"""
MONEY = f"""
SELECT m.campaign_id, COUNT(*), SUM({kept.UNITS}), SUM({kept.MONEY}),
  SUM((l.quantity - l.refunded) * COALESCE(l.cost, 0)), SUM(COALESCE(m.laddered, 0)),
  SUM(CASE WHEN NOT EXISTS (
    SELECT 1 FROM orders e WHERE e.customer_id = m.customer_id AND e.id < m.order_id
      AND e.state <> 'cancelled' AND e.store = m.store) THEN 1 ELSE 0 END)
FROM group_buy_member m JOIN order_line l ON l.id = m.line_id JOIN orders o ON o.id = m.order_id
JOIN group_buy_team t ON t.id = m.team_id
WHERE m.campaign_id IN (??) AND m.store || '' = ? AND m.state = 'paid' AND t.state = 'complete'
  AND o.state IN ('paid', 'completed') GROUP BY m.campaign_id"""
NORMAL = f"""
SELECT m.campaign_id, l.offer, {kept.UNITS}
FROM group_buy_member m JOIN order_line l ON l.id = m.line_id
JOIN group_buy_team t ON t.id = m.team_id
WHERE m.campaign_id IN (??) AND m.store || '' = ? AND m.state = 'paid' AND t.state = 'complete'"""
LATEST = 50
FIGURES = ("members", "units", "revenue", "cost", "laddered", "new_customers")


def report(ctx: Context) -> dict[str, Any]:
    """{items, currency} of the latest 50 campaigns. Of orders in complete teams: `members`,
    `units`, `revenue` (goods money kept), `normal` (what they would have cost), `given_up` (the
    difference), `laddered`, `cost`, `earned`, `new_customers`."""
    found = list(
        Campaign.select()
        .where(Campaign.store == ctx.code)
        .order_by(Campaign.id.desc())
        .limit(LATEST)
    )
    ids = [campaign.id for campaign in found]
    if not ids:
        return {"items": [], "currency": ctx.store.currency}
    states: dict[int, dict[str, int]] = {}
    for campaign, state, count in db.rows(TEAMS, db.many(ids), ctx.code):
        states.setdefault(campaign, {})[state] = count
    money = {row[0]: row[1:] for row in db.rows(MONEY, db.many(ids), ctx.code)}
    normal = dict.fromkeys(ids, 0)
    for campaign, offer, units in db.rows(NORMAL, db.many(ids), ctx.code):
        normal[campaign] += db.load(offer)["normal"] * units
    items = []
    for campaign in found:
        item = {"campaign": campaign.id, "name": campaign.name}
        item["state"] = campaigns.state(ctx, campaign)
        item |= {name: states.get(campaign.id, {}).get(name, 0) for name in _ENDS}
        item |= zip(FIGURES, map(int, money.get(campaign.id, (0,) * 6)), strict=True)
        item["normal"] = normal[campaign.id]
        item["given_up"] = item["normal"] - item["revenue"]
        item["earned"] = item["revenue"] - item["cost"]
        items.append(item)
    return {"items": items, "currency": ctx.store.currency}


_ENDS = ("open", "complete", "failed")
