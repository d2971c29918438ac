"""Everything the ledger keeps beside its entries, computed from them again."""

from __future__ import annotations

from shop.context import Context
from shop.ops import checks
from shop.ops.checks import Check, Finding

PROOFS = (
    Check(
        "movement_sum",
        "movement",
        "its {1} entries sum to {0}, not to 0",
        """SELECT m.id, COALESCE(SUM(e.amount), 0), COUNT(e.id)
        FROM movement m LEFT JOIN entry e ON e.movement_id = m.id
        WHERE m.store = :store GROUP BY m.id
        HAVING COALESCE(SUM(e.amount), 0) <> 0 OR COUNT(e.id) = 0""",
    ),
    Check(
        "movement_unit",
        "movement",
        "its entries mix {0} with {1}",
        """SELECT e.movement_id, MIN(a.unit), MAX(a.unit)
        FROM entry e JOIN account a ON a.id = e.account_id
        WHERE e.store = :store GROUP BY e.movement_id HAVING MIN(a.unit) <> MAX(a.unit)""",
    ),
    Check(
        "movement_back",
        "movement",
        "moved {0}, of which {1} came back",
        """SELECT m.id, m.moved, COALESCE(f.back, 0) FROM (
          SELECT m.id, m.kind, -SUM(e.amount) AS moved
          FROM movement m JOIN entry e ON e.movement_id = m.id
            JOIN account a ON a.id = e.account_id AND a.role = 'issued'
          WHERE m.store = :store AND m.kind IN ('grant', 'spend') GROUP BY m.id, m.kind
        ) m JOIN (
          SELECT m.of_id, SUM(e.amount) AS back
          FROM movement m JOIN entry e ON e.movement_id = m.id
            JOIN account a ON a.id = e.account_id AND a.role = 'issued'
          WHERE m.store = :store AND m.of_id IS NOT NULL GROUP BY m.of_id
        ) f ON f.of_id = m.id
        WHERE ABS(f.back) > ABS(m.moved) OR f.back * m.moved < 0""",
    ),
    Check(
        "account_balance",
        "account",
        "balance {0}, its entries sum to {1}",
        """SELECT a.name, a.balance, COALESCE(SUM(e.amount), 0)
        FROM account a LEFT JOIN entry e ON e.account_id = a.id
        WHERE a.store = :store AND a.role <> 'issued' GROUP BY a.id, a.name, a.balance
        HAVING a.balance IS NULL OR a.balance <> COALESCE(SUM(e.amount), 0)""",
    ),
    Check(
        "account_sign",
        "account",
        "balance {0} on the wrong side of zero",
        """SELECT name, balance FROM account WHERE store = :store
          AND CASE role WHEN 'debt' THEN balance > 0 ELSE balance < 0 END""",
    ),
    Check(
        "account_lots",
        "account",
        "balance {0}, its lots hold {1}",
        """SELECT a.name, a.balance, COALESCE(SUM(l.remaining), 0)
        FROM account a LEFT JOIN lot l ON l.account_id = a.id AND l.remaining > 0
        WHERE a.store = :store AND a.role IN ('wallet', 'suspense')
        GROUP BY a.id, a.name, a.balance HAVING a.balance <> COALESCE(SUM(l.remaining), 0)""",
    ),
    Check(
        "lot_remaining",
        "lot",
        "{0} remain, its entries sum to {1}",
        """SELECT l.id, l.remaining, COALESCE(SUM(e.amount), 0)
        FROM lot l LEFT JOIN entry e ON e.lot_id = l.id
        WHERE l.store = :store GROUP BY l.id, l.remaining
        HAVING l.remaining <> COALESCE(SUM(e.amount), 0)""",
    ),
    Check(
        "lot_amount",
        "lot",
        "{0} remain of {1}",
        """SELECT id, remaining, amount FROM lot
        WHERE store = :store AND (remaining < 0 OR remaining > amount)""",
    ),
    Check(
        "lot_account",
        "entry",
        "is in lot {0} of account {1}, but on account {2}",
        """SELECT e.id, e.lot_id, l.account_id, e.account_id FROM entry e JOIN lot l ON l.id = e.lot_id
        WHERE e.store = :store AND l.account_id <> e.account_id""",
    ),
    Check(
        "lot_missing",
        "entry",
        "is on the {0} {1}, in no lot",
        """SELECT e.id, a.role, a.name FROM entry e JOIN account a ON a.id = e.account_id
        WHERE e.store = :store AND e.lot_id IS NULL AND a.role IN ('wallet', 'suspense')""",
    ),
)


def prove(ctx: Context) -> list[Finding]:
    """Sums, balances, signs and lots; empty when the books are right."""
    return checks.run(ctx, PROOFS)
