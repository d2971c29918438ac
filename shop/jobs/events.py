"""What happened, written with the change; and the plugins' reactions to it.

`record` appends an event row and, for each plugin that listens, a job to notify it. Reactions
(`order_changed`, `customer_joined`) run at once in the same transaction, each plugin in its own
savepoint. One that fails is undone and becomes a job; the sale goes on. A plugin that was switched
off hears of the orders that bear its mark while it has obligations.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shop import db
from shop.context import Context
from shop.data import calls
from shop.jobs import jobs
from shop.orders import order_view

log = logging.getLogger("shop.plugins")
_local = threading.local()

MOST = 50
"""reactions within one transaction that one leads to, itself included"""
READ = "SELECT kind, order_id, customer_id, data, at FROM event WHERE id = ? AND store = ?"
BEHIND = """
SELECT DISTINCT plugin FROM job WHERE plugin IN (??) AND subject = ? AND store || '' = ?
AND state IN ('waiting', 'running', 'dead')"""

JOINED = ("customer.joined", "customer.verified")
MARKS = """
SELECT source FROM order_line WHERE order_id = ?
UNION SELECT source FROM order_adjustment WHERE order_id = ?
UNION SELECT source FROM charge WHERE order_id = ?
UNION SELECT source FROM hold WHERE order_id = ?
UNION SELECT source FROM movement WHERE order_id = ?
UNION SELECT n.name FROM claim c JOIN counter n ON n.id = c.counter_id WHERE c.order_id = ?"""


@dataclass(frozen=True, slots=True)
class Change:
    """`kind`: paid, handed_out, undone, completed, charged, refunded or cancelled. `event` is
    unique, so it serves as part of a key."""

    kind: str
    event: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventView:
    """`kind` is `order.paid`, `customer.joined` …; `at` is microseconds."""

    id: int
    kind: str
    order_id: int | None
    customer_id: int | None
    data: dict[str, Any]
    at: int


def record(
    ctx: Context,
    kind: str,
    order_id: int | None = None,
    customer_id: int | None = None,
    **data: Any,
) -> int:
    """Append an event in the caller's transaction; its id."""
    [event_id] = db.insert(
        "event",
        "store, kind, order_id, customer_id, data, at",
        (ctx.code, kind, order_id, customer_id, db.dump(data), ctx.now_us),
    )
    told = [plugin for plugin, _ in ctx.plugins.calls("notify")]
    jobs.schedule_each(ctx, told, "notify", f"event:{event_id}", {"event": event_id})
    return event_id


def read(ctx: Context, event_id: int) -> EventView:
    found = db.row(READ, event_id, ctx.code)
    assert found is not None
    kind, order_id, customer_id, data, at = found
    return EventView(event_id, kind, order_id, customer_id, db.load(data), at)


def order_changed(ctx: Context, order_id: int, kind: str, **data: Any) -> None:
    """Record a change of an order and let every plugin settle."""
    event_id = record(ctx, f"order.{kind}", order_id, **data)
    told = [plugin for plugin, _ in ctx.plugins.calls("order_changed")]
    off = ctx.plugins.off.calls("order_changed")
    marks = _marks(order_id) if off else ()
    told += [plugin for plugin, _ in off if plugin in marks and _owes(ctx, plugin)]
    _react(ctx, told, event_id, f"order:{order_id}")


def _marks(order_id: int) -> set[str]:
    """Plugins that a row of the order names; a counter's name begins with its plugin's."""
    return {source.partition(":")[0] for (source,) in db.rows(MARKS, *(order_id,) * 6)}


def _owes(ctx: Context, plugin: str) -> bool:
    """Whether a plugin that is off has obligations left; so too if it cannot say."""
    try:
        with db.savepoint():
            return bool(ctx.plugins.off.by_name[plugin].open_work(ctx))
    except Exception:
        log.exception("open_work failed", extra={"plugin": plugin})
        return True


def customer_joined(
    ctx: Context, customer_id: int, options: dict[str, Any], kind: str = JOINED[0]
) -> None:
    """In the transaction that made the row; once more, as `customer.verified`, when the owner of the
    phone of a row that a guest made signs in first."""
    event_id = record(ctx, kind, None, customer_id, options=options)
    told = [plugin for plugin, _ in ctx.plugins.calls("customer_joined")]
    _react(ctx, told, event_id, f"customer:{customer_id}")


def _react(ctx: Context, plugins: list[str], event_id: int, subject: str) -> None:
    """Now, or after the reaction that is running: changes made inside one are never nested, and a
    plugin hears of them in their order."""
    more = [(plugin, event_id, subject) for plugin in plugins]
    queue: list[tuple[str, int, str]] | None = getattr(_local, "queue", None)
    if queue is not None:
        queue += more
        return
    with _queueing(ctx, more):
        pass


def _once(key: tuple[str, Any], read: Callable[[], Any]) -> Any:
    """What `read` answers, or answered since this thread last wrote anything: of twenty plugins that
    hear of a change most write nothing."""
    changes = calls.local.here.changes
    if _local.known[0] != changes:
        _local.known = changes, {}
    known: dict[tuple[str, Any], Any] = _local.known[1]
    if key not in known:
        known[key] = read()
    return known[key]


def _behind(ctx: Context, subject: str) -> set[str]:
    """Plugins whose reactions to this subject wait."""
    names = [*ctx.plugins.names, *ctx.plugins.off.names]
    return {plugin for (plugin,) in db.rows(BEHIND, db.many(names), subject, ctx.code)}


def _drain(ctx: Context, queue: list[tuple[str, int, str]]) -> None:
    """Plugins that answer each other's changes for ever do so in jobs, not in one transaction."""
    delivered, most = 0, MOST + max(0, len(queue) - 1)
    while queue:
        delivered += 1
        if delivered == most + 1:
            log.error("more than %s reactions to one change, the rest are jobs", MOST,
                      extra={"plugin": queue[0][0]})  # fmt: skip
        _deliver(ctx, *queue.pop(0), later=delivered > most)


def _deliver(ctx: Context, plugin: str, event_id: int, subject: str, later: bool = False) -> None:
    """In a savepoint; behind a reaction of this plugin that still waits, in its turn."""
    queued = len(_local.queue)
    behind = () if later else _once(("behind", subject), lambda: _behind(ctx, subject))
    if not later and plugin not in behind:
        try:
            with db.savepoint():
                _call(ctx, plugin, event_id)
            return
        except (Exception, SystemExit):
            del _local.queue[queued:]
            extra = {"plugin": plugin, "store": ctx.code, "request_id": ctx.request_id}
            log.exception("reaction failed, it will be retried", extra=extra)
    key, data = f"event:{event_id}", {"event": event_id}
    jobs.schedule(ctx, plugin, "react", key, ctx.now_us, data, subject)


def _call(ctx: Context, plugin: str, event_id: int) -> None:
    event = _once(("event", event_id), lambda: read(ctx, event_id))
    if event.kind in JOINED:
        call = _hook(ctx, plugin, "customer_joined")
        call(ctx=ctx, customer=event.customer_id, options=event.data["options"])
        return
    assert event.order_id is not None
    change = Change(event.kind.removeprefix("order."), event_id, event.data)
    order = _once(("order", event.order_id), lambda: order_view.load(ctx, event.order_id))
    _hook(ctx, plugin, "order_changed")(ctx=ctx, order=order_view.copied(order), change=change)


def _hook(ctx: Context, plugin: str, hook: str) -> Callable[..., Any]:
    """Of a plugin that was switched off meanwhile too: what it was told of, it still does."""
    plugins = ctx.plugins if plugin in ctx.plugins.by_name else ctx.plugins.off
    return dict(plugins.calls(hook))[plugin]


@contextmanager
def _queueing(ctx: Context, queue: list[tuple[str, int, str]]) -> Iterator[None]:
    """These reactions, and those to changes made inside, are delivered at its end."""
    _local.queue, _local.known = queue, (-1, {})
    try:
        yield
        _drain(ctx, queue)
    finally:
        _local.queue = None


@jobs.of_every_plugin("react")
@jobs.atomic
def react(ctx: Context, plugin: str, data: dict[str, Any]) -> None:
    """A reaction that failed, again."""
    with _queueing(ctx, []):
        _call(ctx, plugin, data["event"])


@jobs.of_every_plugin("notify")
def notify(ctx: Context, plugin: str, data: dict[str, Any]) -> None:
    """Outside any transaction: the hook may use the network."""
    _hook(ctx, plugin, "notify")(ctx=ctx, event=read(ctx, data["event"]))
