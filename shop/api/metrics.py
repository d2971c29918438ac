"""What /metrics shows: requests by route, time of hooks by plugin, jobs by state.

Under gunicorn the workers count in memory that they share (`shop.data.sharedmetrics`), and any of them shows
the sums.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily

from shop import db
from shop.data import sharedmetrics
from shop.instance import Instance

REQUESTS = Histogram(
    "shop_request_seconds",
    "Requests by route and status",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
HOOKS = {
    "seconds": Counter("shop_hook_seconds", "Time spent in hooks", ["plugin", "hook"]),
    "count": Counter("shop_hook_calls", "Calls of hooks", ["plugin", "hook"]),
    "failures": Counter("shop_hook_failures", "Hooks that failed", ["plugin", "hook"]),
}
"""by the name of the figure in `StorePlugins`"""
HANGS = Counter(
    "shop_hook_hangs", "Hooks that hung, each at the cost of a worker", ["plugin", "hook"]
)
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
JOBS = (
    "SELECT state, COUNT(*) FROM job WHERE state IN ('waiting', 'running', 'dead') GROUP BY state"
)
FLUSH = 5.0
"""seconds between two looks at the time of hooks"""


@lru_cache(maxsize=5000)
def _series(method: str, route: str, status: int) -> Any:
    return REQUESTS.labels(method if method in METHODS else "other", route, status)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    _series(method, route, status).observe(seconds)


def hang(plugin: str, hook: str) -> None:
    HANGS.labels(plugin, hook).inc()


def hook_times(instance: Instance) -> Callable[[], None]:
    """A function that, now and then, adds what hooks took since the last time."""
    counted: dict[tuple[str, str, str, str, bool], float] = {}
    due = time.monotonic() + FLUSH

    def flush() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        due = time.monotonic() + FLUSH
        for code, plugins in instance.registry.stores.items():
            for of_store in plugins.loaded():
                for figure, counter in HOOKS.items():
                    for (plugin, hook), now in list(getattr(of_store, figure).items()):
                        key = code, figure, plugin, hook, of_store is plugins
                        counter.labels(plugin, hook).inc(max(0, now - counted.get(key, 0)))
                        counted[key] = now

    return flush


class Jobs:
    """Counted when asked: waiting, running and dead jobs."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = GaugeMetricFamily("shop_jobs", "Jobs that are not done", labels=["state"])
        counts = {"waiting": 0, "running": 0, "dead": 0, **dict(db.rows(JOBS))}
        for state, count in counts.items():
            found.add_metric([state], count)
        yield found


class _Workers:
    def collect(self) -> Iterable[Metric]:
        return sharedmetrics.collect()


def exposition() -> bytes:
    registry: Any = CollectorRegistry()
    registry.register(Jobs())
    if sharedmetrics.shared():
        registry.register(_Workers())
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)
