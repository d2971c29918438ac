"""What orders keep beside the rows of their money, and money in suspense."""

from shop.ops.checks import Check


def sum_of(table: str, where: str, column: str = "amount") -> str:
    return f"(SELECT COALESCE(SUM(r.{column}), 0) FROM {table} r WHERE {where})"


def refund_rows(which: str, column: str = "amount") -> str:
    table = "refund_row r JOIN refund f ON f.id = r.refund_id"
    return (
        f"(SELECT COALESCE(SUM(r.{column}), 0) FROM {table}"
        f" WHERE f.order_id = t.order_id AND r.{which}_id = t.id)"
    )


def refunded(name: str, noun: str, table: str, which: str) -> Check:
    return Check(
        name,
        noun,
        "{0} refunded, its refund rows sum to {1}; it is worth {2}",
        f"""SELECT id, refunded_amount, given, amount FROM (
          SELECT t.id, t.refunded_amount, {refund_rows(which)} AS given, t.amount
          FROM {table} t JOIN orders o ON o.id = t.order_id WHERE o.store = :store
        ) t WHERE refunded_amount <> given OR (refunded_amount > 0 AND refunded_amount > amount)""",
    )


OF_ORDER = "r.order_id = o.id"
CHECKS = (
    Check(
        "order_total",
        "order",
        "total {0}, its rows sum to {1}",
        f"""SELECT number, total, summed FROM (
          SELECT o.number, o.total, {sum_of("order_line", OF_ORDER)}
            + {sum_of("order_adjustment", OF_ORDER)} + {sum_of("charge", OF_ORDER)} AS summed
          FROM orders o WHERE o.store = :store
        ) o WHERE total <> summed OR total < 0""",
    ),
    Check(
        "order_paid",
        "order",
        "paid {0}, its accepted payments sum to {1}",
        f"""SELECT number, paid, summed FROM (
          SELECT o.number, o.paid,
            {sum_of("payment", OF_ORDER + " AND r.state = 'accepted'")} AS summed
          FROM orders o WHERE o.store = :store
        ) o WHERE paid <> summed""",
    ),
    Check(
        "order_refunded",
        "order",
        "refunded {0}, its refunds sum to {1}; {2} was paid",
        f"""SELECT number, refunded, summed, paid FROM (
          SELECT o.number, o.refunded, o.paid, {sum_of("refund", OF_ORDER)} AS summed
          FROM orders o WHERE o.store = :store
        ) o WHERE refunded <> summed OR refunded > paid""",
    ),
    Check(
        "order_cancelled",
        "order",
        "is cancelled, {0} was paid and {1} given back",
        """SELECT number, paid, refunded FROM orders
        WHERE store = :store AND state = 'cancelled' AND paid <> refunded""",
    ),
    Check(
        "order_balance",
        "order",
        "is {0} with a balance of {1}, its dues explain {2}",
        f"""SELECT number, state, balance, dues FROM (
          SELECT o.number, o.state, o.total - o.paid AS balance,
            {sum_of("charge", OF_ORDER)} AS dues
          FROM orders o WHERE o.store = :store AND o.state IN ('paid', 'completed')
        ) o WHERE balance < 0 OR balance > dues""",
    ),
    Check(
        "line_amount",
        "order line",
        "{0} units at {1} are not {2}",
        """SELECT l.id, l.quantity, l.unit_price, l.amount
        FROM order_line l JOIN orders o ON o.id = l.order_id
        WHERE o.store = :store AND l.amount <> l.quantity * l.unit_price""",
    ),
    Check(
        "line_allocation",
        "order line",
        "discount {0} and spend {1}, its allocations sum to {2} and {3}",
        """SELECT id, discount, spend, discounts, spends FROM (
          SELECT l.id, l.discount, l.spend,
            (SELECT COALESCE(SUM(a.amount), 0) FROM allocation a
             JOIN order_adjustment d ON d.id = a.adjustment_id
             WHERE a.line_id = l.id AND d.kind = 'discount') AS discounts,
            (SELECT COALESCE(SUM(a.amount), 0) FROM allocation a
             JOIN order_adjustment d ON d.id = a.adjustment_id
             WHERE a.line_id = l.id AND d.kind = 'spend') AS spends
          FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.store = :store
        ) l WHERE discount <> discounts OR spend <> spends""",
    ),
    Check(
        "adjustment_allocation",
        "adjustment",
        "a {0} of {1}, of which {2} is allocated",
        f"""SELECT id, kind, amount, summed FROM (
          SELECT d.id, d.kind, d.amount, {sum_of("allocation", "r.adjustment_id = d.id")} AS summed
          FROM order_adjustment d JOIN orders o ON o.id = d.order_id WHERE o.store = :store
        ) d WHERE summed <> CASE WHEN kind IN ('discount', 'spend') THEN amount ELSE 0 END""",
    ),
    Check(
        "allocation_order",
        "allocation",
        "its line is of order {0}, its adjustment of {1}",
        """SELECT a.id, l.order_id, d.order_id FROM allocation a
          JOIN order_line l ON l.id = a.line_id JOIN order_adjustment d ON d.id = a.adjustment_id
          JOIN orders o ON o.id = l.order_id
        WHERE o.store = :store AND l.order_id <> d.order_id""",
    ),
    Check(
        "line_refunded",
        "order line",
        "{0} for {1} units refunded, its refund rows sum to {2} for {3}; its net is {4}",
        f"""SELECT id, refunded_amount, refunded, given, units, net FROM (
          SELECT t.id, t.refunded_amount, t.refunded, {refund_rows("line")} AS given,
            {refund_rows("line", "units")} AS units, t.amount + t.discount + t.spend AS net
          FROM order_line t JOIN orders o ON o.id = t.order_id WHERE o.store = :store
        ) t WHERE refunded_amount <> given OR refunded <> units OR refunded_amount > net""",
    ),
    refunded("adjustment_refunded", "adjustment", "order_adjustment", "adjustment"),
    refunded("charge_refunded", "charge", "charge", "charge"),
    Check(
        "refund_amount",
        "refund",
        "of {0}, its rows sum to {1} and its parts to {2}",
        f"""SELECT id, amount, rows_sum, parts_sum FROM (
          SELECT o.id, o.amount, {sum_of("refund_row", "r.refund_id = o.id")} AS rows_sum,
            {sum_of("refund_part", "r.refund_id = o.id")} AS parts_sum
          FROM refund o WHERE o.store = :store
        ) o WHERE amount <> rows_sum OR amount <> parts_sum""",
    ),
    Check(
        "refund_row_order",
        "refund row",
        "takes of a row that is not of its order, or of none, or of several",
        """SELECT r.id FROM refund_row r JOIN refund f ON f.id = r.refund_id
          LEFT JOIN order_line l ON l.id = r.line_id
          LEFT JOIN order_adjustment d ON d.id = r.adjustment_id
          LEFT JOIN charge c ON c.id = r.charge_id
        WHERE f.store = :store AND (COALESCE(l.order_id, d.order_id, c.order_id, 0) <> f.order_id
          OR CASE WHEN r.line_id IS NULL THEN 0 ELSE 1 END
            + CASE WHEN r.adjustment_id IS NULL THEN 0 ELSE 1 END
            + CASE WHEN r.charge_id IS NULL THEN 0 ELSE 1 END <> 1)""",
    ),
    Check(
        "refund_state",
        "refund",
        "is {0}, and {1} of its parts are pending",
        """SELECT id, state, pending FROM (
          SELECT f.id, f.state, (SELECT COUNT(*) FROM refund_part r
            WHERE r.refund_id = f.id AND r.state = 'pending') AS pending
          FROM refund f WHERE f.store = :store
        ) f WHERE (state = 'done') <> (pending = 0) OR state NOT IN ('done', 'pending')""",
    ),
    Check(
        "payment_parts",
        "payment",
        "{0} came by it for order {1}; refunds give {2} back by it, {3} of them of other orders",
        """SELECT id, amount, order_id, back, foreigners FROM (
          SELECT p.id, p.state, p.amount, p.order_id, SUM(r.amount) AS back,
            SUM(CASE WHEN f.order_id <> p.order_id THEN 1 ELSE 0 END) AS foreigners
          FROM payment p JOIN refund_part r ON r.payment_id = p.id
            JOIN refund f ON f.id = r.refund_id
          WHERE p.store = :store GROUP BY p.id, p.state, p.amount, p.order_id
        ) p WHERE back > amount OR foreigners > 0 OR state <> 'accepted'""",
    ),
    Check(
        "suspense_ledger",
        "suspense",
        "{0} of it waits, the ledger holds {1}",
        """SELECT s.id, s.amount - s.applied - s.refunded, COALESCE(l.remaining, 0)
        FROM suspense s LEFT JOIN (
          SELECT l.store, l.key, l.remaining, a.unit
          FROM lot l JOIN account a ON a.id = l.account_id AND a.role = 'suspense'
        ) l ON l.store = s.store AND l.key = 'suspense:' || s.id AND l.unit = s.currency
        WHERE s.store = :store AND s.amount - s.applied - s.refunded <> COALESCE(l.remaining, 0)""",
    ),
    Check(
        "suspense_missing",
        "lot",
        "holds {0} in suspense that no suspense row knows",
        """SELECT l.key, l.remaining
        FROM lot l JOIN account a ON a.id = l.account_id AND a.role = 'suspense'
        WHERE l.store = :store AND NOT EXISTS (
          SELECT 1 FROM suspense s WHERE s.store = l.store AND l.key = 'suspense:' || s.id)""",
    ),
    Check(
        "suspense_state",
        "suspense",
        "is {0}, and {1} of it waits",
        """SELECT id, state, amount - applied - refunded FROM suspense
        WHERE store = :store AND (state IN ('open', 'refunding')) <> (amount > applied + refunded)""",
    ),
)
