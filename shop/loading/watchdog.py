"""Ends a process in which a plugin hangs, for Python cannot interrupt a call.

A thread looks every TICK seconds at the hooks that run (`calls.threads`). One that has run for
HANG seconds of its own (the database's are not: waiting for a lock is no plugin's fault; STATEMENT
seconds of them are too many all the same) is logged with its stack, and `stop` is called, so that
the process takes nothing new; GRACE seconds later the process ends with the code EXIT, and the
hook's transaction with it. Time counts only while this thread itself comes to its turns: a machine
that stood still blames nobody.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from shop.data import calls

HANG, GRACE, STATEMENT, TICK = 2.0, 1.0, 30.0, 0.25
EXIT = 70
"""the exit code: a fault inside, not of the one who called"""
log = logging.getLogger("shop.plugins")


@dataclass(slots=True)
class Seen:
    """A call that runs, and its seconds in plugin code and in statements so far."""

    own: float = 0.0
    statement: float = 0.0


class Watchdog:
    """`Watchdog(tell, stop).start()`: `tell(plugin, hook)` counts a hang, `stop()` lets nothing
    new in; `end` is how the process ends."""

    def __init__(
        self,
        tell: Callable[[str, str], None] = lambda plugin, hook: None,
        stop: Callable[[], None] = lambda: None,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self.tell, self.stop, self.end = tell, stop, end
        self.hang, self.grace, self.statement, self.tick = HANG, GRACE, STATEMENT, TICK
        self._seen: dict[tuple[int, float], Seen] = {}
        self._over = threading.Event()

    def start(self) -> Watchdog:
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()
        return self

    def close(self) -> None:
        self._over.set()

    def _run(self) -> None:
        before = time.monotonic()
        while not self._over.wait(self.tick):
            now = time.monotonic()
            passed, before = min(now - before, 2 * self.tick), now
            for here, running in self.look(passed):
                self._replace(here, running)
                before = time.monotonic()
                break

    def look(self, passed: float) -> list[tuple[calls.Here, calls.Running]]:
        """Add `passed` seconds to every call that runs; those that hang."""
        found, alive = [], {}
        for here in list(calls.threads.values()):
            waits, late = here.statement, None
            for running in calls.chain(here.now):
                if not running.call.watched:
                    continue
                key = here.thread, running.began
                seen = alive[key] = self._seen.get(key) or Seen()
                if waits:
                    seen.statement += passed
                else:
                    seen.own += passed
                if seen.own > self.hang or seen.statement > self.statement:
                    late = late or running
            if late:
                found.append((here, late))
        self._seen = alive
        return found

    def _replace(self, here: calls.Here, running: calls.Running) -> None:
        """Log and stop at once, end after the grace; not if the hook has ended by then."""
        call, began = running.call, running.began
        try:
            log.error(
                "a hook hangs, this process ends: %s\n%s", call, stack(here.thread),
                extra={"plugin": call.plugin, "hook": call.what, **_whose(running)},
            )  # fmt: skip
            self.tell(call.plugin, call.what)
            self.stop()
        except Exception:
            log.exception("the watchdog stumbled")
        self._over.wait(self.grace)
        if any(still.began == began for still in calls.chain(here.now)):
            log.error("ended for %s", call)
            self.end(EXIT)


def stack(thread: int) -> str:
    """What a thread is doing, the innermost last."""
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame else ""


def _whose(running: calls.Running) -> dict[str, str]:
    ctx = running.ctx
    if ctx is None:
        return {}
    return {"store": ctx.code, "request_id": ctx.request_id}
