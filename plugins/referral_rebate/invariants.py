"""What always holds between rewards and the ledger."""

from shop.ops.checks import Check

OF_REWARD = """
SELECT COALESCE(-SUM(e.amount), 0) FROM movement m JOIN entry e ON e.movement_id = m.id
JOIN account a ON a.id = e.account_id AND a.role = 'issued'
WHERE m.store = r.store AND m.key = 'referral_rebate:order:' || r.order_id || ':' || r.kind || ':'
  || COALESCE(r.account_id, 0) || ':' || r.round"""
INVARIANTS = (
    Check(
        "referral_rebate_booked",
        "reward",
        "{0} granted, the ledger has {1}",
        f"""SELECT r.id, r.granted, ({OF_REWARD}) FROM referral_rebate_reward r
        WHERE r.store = :store AND r.granted <> ({OF_REWARD})""",
    ),
    Check(
        "referral_rebate_bounds",
        "reward",
        "{0} granted and {1} of it taken back, at most {2}",
        """SELECT id, granted, taken, most FROM referral_rebate_reward
        WHERE store = :store AND (taken > granted OR granted - taken > most)""",
    ),
)
