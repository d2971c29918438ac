"""What an owner should look at before a reward can be spent. A flag judges nobody."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.clock import DAY, MINUTE

from .models import Reward

MANY, QUICK = 5, 10
"""new customers of one referrer within a day; minutes from the invitation to the hand-out"""
LOOK = """
SELECT r.id, r.kind, r.state, r.reason, o.contact_name, o.peer, c.name, b.created_at, o.completed_at,
  (SELECT COUNT(*) FROM referral_rebate_binding n WHERE n.referrer_id = b.referrer_id
    AND n.created_at > b.created_at - ? AND n.created_at <= b.created_at),
  (SELECT COUNT(*) FROM orders s WHERE s.customer_id = b.referrer_id AND s.peer = o.peer
    AND o.peer <> ''),
  (SELECT COUNT(*) FROM refund f WHERE f.order_id = o.id)
FROM referral_rebate_reward r JOIN referral_rebate_binding b ON b.id = r.binding_id
JOIN orders o ON o.id = r.order_id JOIN customer c ON c.id = b.referrer_id
WHERE r.id IN (??) AND r.store || '' = ?"""


def of(ctx: Context, rewards: list[Reward]) -> dict[int, list[str]]:
    """{reward: [payer | name | address | many | quick | refunded]}, one statement."""
    if not rewards:
        return {}
    found: dict[int, list[str]] = {}
    for row in db.rows(LOOK, DAY, db.many([reward.id for reward in rewards]), ctx.code):
        number, kind, state, reason, name, _, other, bound, done, many, peers, refunds = row
        signs: dict[str, Any] = {
            "payer": state == "refused" and reason == "payer",
            "name": bool(name) and name == other,
            "address": peers > 0,
            "many": many >= MANY,
            "quick": done is not None and done - bound < QUICK * MINUTE,
            "refunded": refunds > 0,
        }
        found[number] = [sign for sign, there in signs.items() if there and kind == "referrer"]
    return found
