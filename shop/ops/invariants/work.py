"""Jobs, and what the plugins still have to hear."""

from shop.ops.checks import Check

CHECKS = (
    Check(
        "job_lease",
        "job",
        "{0}/{1} was leased to a worker that is gone, and for an hour no other has taken it",
        """SELECT id, plugin, name FROM job j
        WHERE store = :store AND state = 'running' AND EXISTS (
          SELECT 1 FROM lease l
          WHERE l.name = 'runner' AND l.until > j.lease_until + 3600000000)""",
    ),
    Check(
        "job_event",
        "job",
        "{0}/{1} is about {2}, which is missing",
        """SELECT j.id, j.plugin, j.name, j.key FROM job j
        WHERE j.store = :store AND j.name IN ('react', 'notify') AND j.key LIKE 'event:%'
          AND j.state IN ('waiting', 'running', 'dead') AND NOT EXISTS (
            SELECT 1 FROM event e
            WHERE e.store = j.store AND e.id = CAST(SUBSTR(j.key, 7) AS BIGINT))""",
    ),
    Check(
        "event_store",
        "event",
        "{0} is about an order or a customer that is not of this store",
        """SELECT e.id, e.kind FROM event e LEFT JOIN orders o ON o.id = e.order_id
          LEFT JOIN customer c ON c.id = e.customer_id
        WHERE e.store = :store AND ((e.order_id IS NOT NULL AND COALESCE(o.store, '') <> e.store)
          OR (e.customer_id IS NOT NULL AND COALESCE(c.store, '') <> e.store))""",
    ),
)
