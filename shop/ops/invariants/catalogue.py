"""Stock, prices and claims."""

from shop.ops.checks import Check

CHECKS = (
    Check(
        "stock_on_hand",
        "stock",
        "{0} on hand, its movements sum to {1}",
        """SELECT name, on_hand, moved FROM (
          SELECT v.sku || ' in ' || s.pool AS name, s.on_hand, (
            SELECT COALESCE(SUM(m.delta), 0) FROM stock_movement m
            WHERE m.variant_id = s.variant_id AND m.pool = s.pool) AS moved
          FROM stock s JOIN variant v ON v.id = s.variant_id WHERE s.store = :store
        ) s WHERE on_hand <> moved OR on_hand < 0""",
    ),
    Check(
        "stock_missing",
        "stock movements",
        "sum to {0}, and no stock row holds them",
        """SELECT v.sku || ' in ' || m.pool, SUM(m.delta)
        FROM stock_movement m JOIN variant v ON v.id = m.variant_id
        WHERE m.store = :store AND NOT EXISTS (
          SELECT 1 FROM stock s WHERE s.variant_id = m.variant_id AND s.pool = m.pool)
        GROUP BY v.sku, m.pool HAVING SUM(m.delta) <> 0""",
    ),
    Check(
        "price_in_force",
        "variant",
        "price {0}, its open catalogue row says {1}",
        """SELECT v.sku, v.price, p.amount
        FROM variant v LEFT JOIN price p
          ON p.variant_id = v.id AND p.source = 'catalogue' AND p.ends IS NULL
        WHERE v.store = :store AND (p.id IS NULL OR p.amount <> v.price)""",
    ),
    Check(
        "price_open_once",
        "variant",
        "{0} open catalogue rows",
        """SELECT v.sku, COUNT(*) FROM variant v JOIN price p ON p.variant_id = v.id
        WHERE v.store = :store AND p.source = 'catalogue' AND p.ends IS NULL
        GROUP BY v.id, v.sku HAVING COUNT(*) > 1""",
    ),
    Check(
        "counter_used",
        "counter",
        "{0} used, its claims sum to {1}",
        """SELECT name, used, claimed FROM (
          SELECT n.name, n.used, (
            SELECT COALESCE(SUM(c.units), 0) FROM claim c
            WHERE c.counter_id = n.id AND c.released_at IS NULL) AS claimed
          FROM counter n WHERE n.store = :store
        ) n WHERE used <> claimed OR used < 0""",
    ),
    Check(
        "claim_cancelled",
        "claim",
        "stands for order {0}, which is cancelled",
        """SELECT c.id, o.number FROM claim c JOIN orders o ON o.id = c.order_id
        WHERE c.store = :store AND c.released_at IS NULL AND o.state = 'cancelled'""",
    ),
)
