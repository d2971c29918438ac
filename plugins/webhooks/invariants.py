"""What always holds between what waits and the jobs that send it."""

from shop.ops.checks import Check

INVARIANTS = (
    Check(
        "webhooks_job",
        "delivery",
        "waits for its try {0}, and no job makes it",
        """SELECT d.id, d.tries FROM webhooks_delivery d
        WHERE d.store = :store AND d.state = 'waiting' AND NOT EXISTS (
          SELECT 1 FROM job j
          WHERE j.store = d.store AND j.plugin = 'webhooks' AND j.name = 'send'
            AND j.state IN ('waiting', 'running', 'dead')
            AND j.key LIKE d.id || ':' || d.round || ':' || d.tries || ':%')""",
    ),
)
