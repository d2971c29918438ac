"""Runs the jobs of an instance: a thread of the server that leads, or `shop worker`.

Any number may run at once, on any number of machines. A handler is called at least once per job;
`jobs.atomic` makes its effect happen exactly once. Those marked `jobs.network` run in threads of
their own, so that nothing waits for a server that is slow.
"""

from __future__ import annotations

import logging
import os
import pkgutil
import secrets
import socket
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import shop
from shop import db
from shop.clock import SECOND, to_us
from shop.context import Context
from shop.data import calls
from shop.data.calls import Call
from shop.errors import ShopError
from shop.jobs import jobs, leases
from shop.loading.hookcalls import require_standing

if TYPE_CHECKING:
    from shop.instance import Instance

log = logging.getLogger("shop.jobs")
BATCH = 10
BESIDE = 4
"""threads for jobs that wait for other servers"""
LEADER_LEASE = 15
"""seconds after which another process leads if this one is gone"""


def load_handlers() -> None:
    """Import every module of the rooms: their handlers register themselves."""
    for room in shop.ROOMS:
        package = import_module(f"shop.{room}")
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"shop.{room}.{module.name}")


class Runner:
    """`Runner(instance).start()` in a server, `.run()` in a process of its own, `.tick()` once.

    With `leading` it works only while it holds the instance's lease: the servers' threads, of
    which one is enough. `poll`, `lease` and `leader_lease` are seconds.
    """

    def __init__(
        self,
        instance: Instance,
        leading: bool = False,
        poll: float = 1.0,
        lease: int = leases.LEASE,
        leader_lease: int = LEADER_LEASE,
    ) -> None:
        self.instance, self.leading = instance, leading
        self.poll, self.lease, self.leader_lease = poll, lease, leader_lease
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._stopping, self._leads = threading.Event(), not leading
        self._thread: threading.Thread | None = None
        self._helpers: list[threading.Thread] = []
        self._wake = threading.Condition()
        self._slots: dict[tuple[str, str, str], int] = {}
        load_handlers()
        self._network = _network(instance)

    # -- life --------------------------------------------------------------------------------

    def start(self) -> Runner:
        """In a thread, until `stop()`."""
        self._thread = threading.Thread(target=self.run, name="jobs", daemon=True)
        self._thread.start()
        return self

    def stop(self, timeout: float | None = None) -> None:
        """Finish the job at hand, give back the rest, let another lead; wait for the thread."""
        self._stopping.set()
        jobs.bell.set()
        if self._thread:
            self._thread.join(timeout)

    def run(self) -> None:
        """Until `stop()`; a database that is away is waited for."""
        self._helpers = [threading.Thread(target=self._help, daemon=True) for _ in range(BESIDE)]
        for helper in self._helpers:
            helper.start()
        try:
            while not self._stopping.is_set():
                jobs.bell.clear()
                try:
                    busy = self.tick()
                except Exception:
                    log.exception("the job runner stumbled")
                    self._stopping.wait(self.poll)
                    continue
                self._wake_helpers()
                if not busy:
                    jobs.bell.wait(self.poll)
            self._wake_helpers()
            for helper in self._helpers:
                helper.join()
            if self.leading:
                leases.step_down("runner", self.name)
        finally:
            db.database.close()

    def tick(self) -> int:
        """Plan what is periodic, run a batch of what is due; how many ran."""
        if self.leading:
            self._leads = leases.lead("runner", self.name, self._now(), self.leader_lease)
        if not self._leads:
            return 0
        self._plan()
        return self._work()

    # -- what waits for other servers --------------------------------------------------------

    def _wake_helpers(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def _help(self) -> None:
        """One job at a time, while this runner works."""
        try:
            while not self._stopping.is_set():
                try:
                    busy = self._leads and self._run_one_of_the_network()
                except Exception as error:  # told at length by the runner, which meets it too
                    log.warning("a helper of the job runner stumbled: %s", error)
                    busy = False
                if not busy:
                    with self._wake:
                        if not self._stopping.is_set():
                            self._wake.wait(self.poll)
        finally:
            db.database.close()

    def _run_one_of_the_network(self) -> bool:
        if not self._network:
            return False
        stores = self.instance.config.stores
        batch = leases.claim(stores, self._now(), 1, self.name, self.lease, only=self._network)
        for job in batch:
            self._run(job)
        return bool(batch)

    # -- periodic jobs -----------------------------------------------------------------------

    def _plan(self) -> None:
        for store in self.instance.config.stores:
            ctx = self.instance.context(store)
            for name, seconds in jobs.periodic.items():
                self._slot(ctx, jobs.CORE, name, seconds)
            for plugin, kind in self.instance.registry.installed.items():
                for name, seconds in kind.periodic.items():
                    self._slot(ctx, plugin, name, seconds)

    def _slot(self, ctx: Context, plugin: str, name: str, seconds: int) -> None:
        slot = ctx.now_us // (seconds * SECOND)
        if self._slots.get((ctx.code, plugin, name)) == slot:
            return
        if plugin == jobs.CORE or self._has_work(ctx, plugin):
            jobs.schedule_slot(ctx, plugin, name, seconds)
        self._slots[ctx.code, plugin, name] = slot

    def _has_work(self, ctx: Context, plugin: str) -> bool:
        """A plugin that is off goes on while it has obligations in this store."""
        if plugin in ctx.plugins.by_name:
            return True
        try:
            return bool(ctx.plugins.off.by_name[plugin].open_work(ctx))
        except Exception:
            log.exception("open_work failed", extra={"plugin": plugin})
            return False

    # -- work --------------------------------------------------------------------------------

    def _work(self) -> int:
        now = self._now()
        stores = self.instance.config.stores
        others = self._network if self._helpers else ()
        batch = leases.claim(stores, now, BATCH, self.name, self.lease, none_of=others)
        for done, job in enumerate(batch):
            if self._stopping.is_set():
                for left in batch[done:]:
                    leases.release(left)
                return done
            if self._now() > now + self.lease * 500_000 and not leases.renew(
                job, self._now(), self.lease
            ):
                continue
            self._run(job)
        return len(batch)

    def _run(self, job: leases.Leased) -> None:
        ctx = self.instance.context(job.store)
        try:
            handler = self._handler(ctx, job)
            if getattr(handler, "atomic", False):
                db.retrying(lambda: self._atomically(ctx, handler, job))
            else:
                _call(ctx, handler, job)
                leases.finish(job, self._now())
        except leases.LeaseLost:
            log.warning("job %s took longer than its lease; another worker has it", job.id)
        except (Exception, SystemExit) as error:
            state = leases.fail(job, self._now(), f"{type(error).__name__}: {error}")
            log.exception(
                "job %s failed, it is %s", job.id, state,
                extra={"plugin": job.plugin, "job": job.name, "store": job.store},
            )  # fmt: skip

    def _atomically(self, ctx: Context, handler: Any, job: leases.Leased) -> None:
        with db.transaction():
            _call(ctx, handler, job)
            leases.finish(job, self._now())

    def _handler(self, ctx: Context, job: leases.Leased) -> Any:
        if job.plugin == jobs.CORE:
            found = jobs.handlers.get(job.name)
        elif job.name in jobs.shared:
            found = _of(job.plugin, jobs.shared[job.name])
        else:
            plugins = ctx.plugins.by_name
            plugin = plugins.get(job.plugin) or ctx.plugins.off.by_name.get(job.plugin)
            found = plugin.jobs().get(job.name) if plugin else None
        if found is None:
            raise ShopError(f"nothing runs jobs named {job.plugin}/{job.name}")
        return found

    def _now(self) -> int:
        return to_us(self.instance.clock.now())


def _call(ctx: Context, handler: jobs.Handler, job: leases.Leased) -> None:
    """By its plugin's name; one within our transaction leaves it open, and the network alone."""
    if job.plugin == jobs.CORE or job.name in jobs.shared:
        handler(ctx, job.data)
        return
    before = db.opened()
    call = Call(job.plugin, f"job {job.name}", bound=bool(before), watched=False)
    with calls.entered(call, ctx):
        handler(ctx, job.data)
        require_standing(before)


def _of(plugin: str, shared: jobs.SharedHandler) -> jobs.Handler:
    def handler(ctx: Context, data: dict[str, Any]) -> None:
        shared(ctx, plugin, data)

    return jobs.atomic(handler) if getattr(shared, "atomic", False) else handler


def _network(instance: Instance) -> list[str]:
    """`<plugin>/<name>` of the jobs that wait for other servers, in any store."""
    found = {f"{jobs.CORE}/{name}" for name, job in jobs.handlers.items() if _waits(job)}
    for plugins in instance.registry.stores.values():
        for name, plugin in {**plugins.off.by_name, **plugins.by_name}.items():
            found |= {f"{name}/{kind}" for kind, job in plugin.jobs().items() if _waits(job)}
            found |= {f"{name}/{kind}" for kind, job in jobs.shared.items() if _waits(job)}
    return sorted(found)


def _waits(handler: Any) -> bool:
    return getattr(handler, "network", False)
