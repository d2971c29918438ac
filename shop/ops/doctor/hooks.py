"""Which hooks are slow, fail or hang, as the workers of the server count it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from shop.data import sharedmetrics
from shop.instance import Instance
from shop.ops.doctor.sign import BAD, GOOD, WARN, Sign

SLOW_HOOK = 0.05
"""seconds of hooks of one plugin per request"""


def look(instance: Instance) -> Iterator[Sign]:
    """Time of hooks since the server started, as its workers counted it; nothing while none runs."""
    totals = sharedmetrics.read(instance.config.folder / "metrics")
    if totals is None:
        return
    seconds: dict[str, float] = defaultdict(float)
    failed: dict[tuple[str, str], float] = defaultdict(float)
    hung: dict[tuple[str, str], float] = defaultdict(float)
    requests = 0.0
    for name, pairs, value in chain.from_iterable(sharedmetrics.samples(totals).values()):
        labels = dict(pairs)
        if name == "shop_hook_seconds_total":
            seconds[labels["plugin"]] += value
        elif name == "shop_hook_failures_total":
            failed[labels["plugin"], labels["hook"]] += value
        elif name == "shop_hook_hangs_total":
            hung[labels["plugin"], labels["hook"]] += value
        elif name == "shop_request_seconds_count":
            requests += value
    for (plugin, hook), times in sorted(hung.items()):
        found = f"{plugin}: {hook} hung {times:.0f} times, each time a worker was replaced"
        yield Sign(
            BAD, "hooks", found, "the log has the stack; if it goes on: shop plugins disable"
        )
    for (plugin, hook), times in sorted(failed.items()):
        yield Sign(WARN, "hooks", f"{plugin}: {hook} failed {times:.0f} times", "see the log")
    for plugin, spent in sorted(seconds.items(), key=lambda pair: -pair[1]):
        each = spent / max(requests, 1)
        found = f"{plugin}: {spent:.1f} s in hooks, {each * 1000:.2f} ms a request"
        if each > SLOW_HOOK:
            yield Sign(WARN, "hooks", f"{found}: slow", "/metrics says in which hook")
        else:
            yield Sign(GOOD, "hooks", found)
