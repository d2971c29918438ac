"""What more rows cost: the same calls in one process, in shops of 1,000, 10,000 and 100,000 products.

The processor's time of the one thread, each in turns with a bare Flask view, so that a machine that
slows down meanwhile changes both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench import data, profile, served, workloads, yardsticks
from shop import config
from shop.app import create_app

SIZES = (1000, 10_000, 100_000)
WHAT = (
    "list of 20, uncached", "product detail, uncached", "search for 苹果, uncached",
    "checkout in one call, 3 lines", "owner's list of 20 orders",
)  # fmt: skip


def costs(products: int, rounds: int) -> dict[str, list[float]]:
    """By workload what a call takes, in hellos, round by round. Orders grow with the products."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=served.SCRATCH) as name:
        path = data.make(Path(name), "all", keys={"shop.limits.catalogue_cache_mib": 0})
        with served.opened(path, "orchard") as ctx:
            facts = data.fill(ctx, products, products // 20)
        app = create_app(config.load(path))
        hello = profile.asker(yardsticks.hello(path), workloads.HELLO.requests())
        known = {workload.name: workload for workload in workloads.of_shop(facts)}
        asks = {what: profile.asker(app, known[what].requests()) for what in WHAT}
        for ask in (hello, *asks.values()):
            profile.spent(ask, 60)
        return {
            what: [profile.spent(ask, 60) / profile.spent(hello, 300) for _ in range(rounds)]
            for what, ask in asks.items()
        }


def ratios(sizes: tuple[int, ...], rounds: int, tell: Callable[[float], None]) -> dict[str, float]:
    """By workload what it takes in the largest shop against the smallest."""
    found = []
    for number, size in enumerate(sizes, 1):
        found.append(costs(size, rounds))
        tell(number / len(sizes))
    return {what: median(found[-1][what]) / median(found[0][what]) for what in WHAT}
