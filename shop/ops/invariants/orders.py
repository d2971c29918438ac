"""The states of orders, and the goods that they say went out."""

from shop.ops.checks import Check

MOVED = """(SELECT COALESCE(SUM(m.delta), 0) FROM stock_movement m
  WHERE m.order_id = l.order_id AND m.variant_id = l.variant_id{kind})"""
GOODS = """
SELECT o.number || ', variant ' || l.variant_id AS name, l.quantity, l.withdrawn,
  {moved} AS moved
FROM (
  SELECT order_id, variant_id, SUM(quantity) AS quantity, SUM(withdrawn) AS withdrawn
  FROM order_line WHERE pool <> '' GROUP BY order_id, variant_id
) l JOIN orders o ON o.id = l.order_id WHERE o.store = :store"""

CHECKS = (
    Check(
        "order_state",
        "order",
        "state {0}: there are pending, paid, completed and cancelled",
        """SELECT number, state FROM orders
        WHERE store = :store AND state NOT IN ('pending', 'paid', 'completed', 'cancelled')""",
    ),
    Check(
        "order_times",
        "order",
        "its state is {0}, and its times say otherwise",
        """SELECT number, state FROM orders WHERE store = :store AND (
          (state IN ('paid', 'completed') AND paid_at IS NULL)
          OR (state = 'completed') <> (completed_at IS NOT NULL)
          OR (state = 'cancelled') <> (cancelled_at IS NOT NULL)
          OR (state <> 'pending' AND pay_by IS NOT NULL))""",
    ),
    Check(
        "order_event",
        "order",
        "is {0}, and no event says so",
        """SELECT o.number, o.state FROM orders o
        WHERE o.store = :store AND o.state <> 'pending' AND NOT EXISTS (
          SELECT 1 FROM event e
          WHERE e.order_id = o.id AND e.store = o.store AND e.kind = 'order.' || o.state)""",
    ),
    Check(
        "order_pending",
        "order",
        "is pending, and all of {0} is paid",
        """SELECT number, total FROM orders
        WHERE store = :store AND state = 'pending' AND paid >= total""",
    ),
    Check(
        "order_unpaid_goods",
        "order",
        "is {0}, and {1} of its units are handed out",
        """SELECT o.number, o.state, SUM(l.handed_out)
        FROM orders o JOIN order_line l ON l.order_id = o.id
        WHERE o.store = :store AND o.state IN ('pending', 'cancelled')
        GROUP BY o.id, o.number, o.state HAVING SUM(l.handed_out) > 0""",
    ),
    Check(
        "order_completed",
        "order",
        "is {0}, and {1} units wait to be handed out",
        """SELECT o.number, o.state, SUM(l.quantity - l.handed_out - l.withdrawn)
        FROM orders o JOIN order_line l ON l.order_id = o.id
        WHERE o.store = :store AND o.state IN ('paid', 'completed')
        GROUP BY o.id, o.number, o.state
        HAVING (SUM(l.quantity - l.handed_out - l.withdrawn) = 0) <> (o.state = 'completed')""",
    ),
    Check(
        "order_expiry",
        "order",
        "should have expired, and no job will see to it",
        """SELECT o.number FROM orders o
        WHERE o.store = :store AND o.state = 'pending' AND o.pay_by < :now - 3600000000
          AND NOT EXISTS (
            SELECT 1 FROM job j WHERE j.store = o.store AND j.plugin = 'core'
              AND j.name = 'expire_order' AND j.key = 'order:' || o.id
              AND j.state IN ('waiting', 'running'))""",
    ),
    Check(
        "line_units",
        "order line",
        "of {0} units {1} are handed out, {2} withdrawn, {3} refunded, {4} returned",
        """SELECT l.id, l.quantity, l.handed_out, l.withdrawn, l.refunded, l.returned
        FROM order_line l JOIN orders o ON o.id = l.order_id
        WHERE o.store = :store AND (l.quantity < 1 OR l.handed_out < 0 OR l.withdrawn < 0
          OR l.handed_out + l.withdrawn > l.quantity OR l.withdrawn > l.refunded
          OR l.refunded > l.quantity OR l.returned < 0
          OR l.returned > l.handed_out + l.withdrawn)""",
    ),
    Check(
        "order_stock",
        "order",
        "sold {0} units, and took {1} from stock",
        f"""SELECT name, quantity, -moved
        FROM ({GOODS.format(moved=MOVED.format(kind=" AND m.kind = 'order'"))}) g
        WHERE quantity <> -moved""",
    ),
    Check(
        "order_stock_back",
        "order",
        "took {0} units, and {1} more came back than it took",
        f"""SELECT name, quantity, moved FROM ({GOODS.format(moved=MOVED.format(kind=""))}) g
        WHERE moved > 0""",
    ),
    Check(
        "cancelled_stock",
        "order",
        "is cancelled, and {0} of its units are not back in stock",
        f"""SELECT name, -moved - withdrawn
        FROM ({GOODS.format(moved=MOVED.format(kind=""))} AND o.state = 'cancelled') g
        WHERE -moved > withdrawn""",
    ),
    Check(
        "hold_cancelled",
        "hold",
        "stands on order {0}, which is cancelled",
        """SELECT h.id, o.number FROM hold h JOIN orders o ON o.id = h.order_id
        WHERE h.store = :store AND h.released_at IS NULL AND o.state = 'cancelled'""",
    ),
)
