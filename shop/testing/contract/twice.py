"""Done twice is done once: jobs, reactions, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shop import db
from shop.demo import load
from shop.jobs import events, jobs
from shop.testing.contract.base import Base, differences, snapshot
from shop.testing.under_test import Shop

RAN = "SELECT id, store, name, data FROM job WHERE plugin = ? AND state = 'done' ORDER BY id"
TOLD = """
SELECT id, store, kind FROM event WHERE kind IN (??) ORDER BY id"""
REACTIONS = {
    "order_changed": [
        f"order.{kind}"
        for kind in (
            "paid",
            "handed_out",
            "undone",
            "completed",
            "charged",
            "refunded",
            "cancelled",
        )
    ],
    "customer_joined": ["customer.joined", "customer.verified"],
}
SOON, LATER = 36, 24 * 400
"""hours until most of what the plugin planned is due, and all of it"""


class Twice(Base):
    def test_a_job_run_twice_does_nothing_twice(self, shop: Shop):
        self.used(shop)
        for hours in (0, SOON, LATER):
            shop.forward(hours=hours)
            for _, store, name, data in db.rows(RAN, self.name):
                self._again(shop.of(store), name, db.load(data))

    def test_a_periodic_job_run_twice_does_nothing_twice(self, shop: Shop):
        self.used(shop)
        for hours in (0, SOON, LATER):
            shop.clock.forward(hours=hours)
            for name in self.plugin.periodic:
                self._run(shop, name, {})
                self._again(shop, name, {})

    def test_a_change_told_twice_does_nothing_twice(self, shop: Shop):
        self.used(shop)
        for hook, kinds in REACTIONS.items():
            if not dict(shop.ctx.plugins.calls(hook)).get(self.name):
                continue
            for event_id, store, kind in db.rows(TOLD, db.many(kinds)):
                if self.name not in shop.of(store).ctx.plugins.by_name:
                    continue
                before = snapshot()
                with db.transaction():
                    events.react(shop.of(store).ctx, self.name, {"event": event_id})
                changed = differences(before, snapshot())
                assert not changed, (
                    f"{hook} told of {kind} again did it again; settle: what is deserved now less"
                    f" what is booked\n{changed}"
                )

    def test_the_demo_is_filled_once(self, shop: Shop, tmp_path: Path):
        load.fill(shop.ctx, tmp_path / "media")
        plugin = shop.ctx.plugins.by_name[self.name]
        plugin.demo(shop.ctx)
        before = snapshot()
        plugin.demo(shop.ctx)
        changed = differences(before, snapshot())
        assert not changed, f"demo() called again did it again:\n{changed}"
        assert shop.fsck() == []

    def _again(self, shop: Shop, name: str, data: dict[str, Any]) -> None:
        before = snapshot()
        self._run(shop, name, data)
        changed = differences(before, snapshot())
        assert not changed, f"job {name} {data} run again did it again:\n{changed}"

    def _run(self, shop: Shop, name: str, data: dict[str, Any]) -> None:
        ctx = shop.ctx
        if name in jobs.shared:
            jobs.shared[name](ctx, self.name, data)
            return
        handler = ctx.plugins.by_name[self.name].jobs()[name]
        if getattr(handler, "atomic", False):
            with db.transaction():
                handler(ctx, data)
        else:
            handler(ctx, data)
