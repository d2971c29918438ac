"""Work for later: rows written in the transaction of the change, run at least once.

A handler is `(ctx, data) -> None`, idempotent, and opens its own transactions; one marked
`@atomic` runs in a single transaction with the mark that it is done, so its effect is exactly
once. Jobs of one `subject` run one after another, in the order they were written; one that
failed for good ("dead") keeps those behind it waiting until the owner retries or skips it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from shop import db
from shop.clock import SECOND
from shop.context import Context
from shop.data import paging
from shop.errors import Conflict, NotFound
from shop.people import audit

Handler = Callable[[Context, dict[str, Any]], None]
SharedHandler = Callable[[Context, str, dict[str, Any]], None]
H = TypeVar("H", bound=Callable[..., None])
CORE = "core"
KEEP_SLOTS, KEEP = 86_400, 90 * 86_400
"""seconds that finished jobs are kept: periodic ones, others"""

handlers: dict[str, Handler] = {}
shared: dict[str, SharedHandler] = {}
"""jobs that the core does for each plugin, by name: `(ctx, plugin, data)`"""
periodic: dict[str, int] = {}
bell = threading.Event()
"""rung after the commit of a job that is due; the runner of this process listens"""

ROW = """store, plugin, name, key, subject, data, state, run_at, tries, leased_by, error,
  created_at"""
SCHEDULE = f"""
INSERT INTO job ({ROW})
VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, 0, '', '', ?) ON CONFLICT DO NOTHING"""
CANCEL = """
DELETE FROM job
WHERE store = ? AND plugin = ? AND name = ? AND key = ? AND state IN ('waiting', 'dead')"""
SUPERSEDE = """
UPDATE job SET state = 'skipped', done_at = ?
WHERE store = ? AND plugin = ? AND name = ? AND state = 'waiting' AND key LIKE 'slot:%'
  AND key <> ?"""
RETRY = """
UPDATE job SET state = 'waiting', tries = 0, run_at = ?
WHERE store = ? AND id = ? AND state IN ('waiting', 'dead')"""
SKIP = """
UPDATE job SET state = 'skipped', done_at = ?
WHERE store = ? AND id = ? AND state IN ('waiting', 'dead')"""
COLUMNS = """id, plugin, name, key, subject, data, state, run_at, tries, lease_until, error,
  created_at, done_at"""
NAMES = [name.strip() for name in COLUMNS.split(",")]
LIST = f"SELECT {COLUMNS} FROM job WHERE store = ? AND id < ? ORDER BY id DESC LIMIT ?"
LIST_STATE = f"""
SELECT {COLUMNS} FROM job WHERE store = ? AND state = ? AND id < ? ORDER BY id DESC LIMIT ?"""
GET = f"SELECT {COLUMNS} FROM job WHERE store = ? AND id = ?"
PURGE = """
DELETE FROM job
WHERE store = ? AND state IN ('done', 'skipped')
  AND (done_at < ? OR (done_at < ? AND key LIKE 'slot:%'))"""


def handler(name: str, every: int = 0) -> Callable[[Handler], Handler]:
    """Register a job of the core; `every` (seconds) also runs it in each slot of that length."""

    def register(function: Handler) -> Handler:
        handlers[name] = function
        if every:
            periodic[name] = every
        return function

    return register


def of_every_plugin(name: str) -> Callable[[SharedHandler], SharedHandler]:
    """Register a job that the core runs on behalf of any plugin: `(ctx, plugin, data)`."""

    def register(function: SharedHandler) -> SharedHandler:
        shared[name] = function
        return function

    return register


def atomic(function: H) -> H:
    """Mark a handler whose effect and the mark that it is done are one transaction."""
    function.atomic = True  # type: ignore[attr-defined]
    return function


def network(function: H) -> H:
    """Mark a handler that waits for somebody else's server: it runs beside the other jobs, which
    do not wait for it."""
    function.network = True  # type: ignore[attr-defined]
    return function


def schedule(
    ctx: Context,
    plugin: str,
    name: str,
    key: str,
    run_at: int,
    data: dict[str, Any] | None = None,
    subject: str = "",
) -> bool:
    """Write a job in the caller's transaction; False if (plugin, name, key) exists already.

    `run_at` is in microseconds; `subject` puts jobs about one thing in order.
    """
    document = db.dump(data or {})
    made = db.change(
        SCHEDULE, ctx.code, plugin, name, key, subject, document, run_at, ctx.now_us
    )  # fmt: skip
    if made and run_at <= ctx.now_us:
        db.after_commit(bell.set)
    return bool(made)


def schedule_each(
    ctx: Context, plugins: Iterable[str], name: str, key: str, data: dict[str, Any]
) -> None:
    """One job for each of the plugins, due now."""
    document, now = db.dump(data), ctx.now_us
    lines = [
        (ctx.code, plugin, name, key, "", document, "waiting", now, 0, "", "", now)
        for plugin in plugins
    ]
    if lines:
        db.link("job", ROW, *lines)
        db.after_commit(bell.set)


def cancel(ctx: Context, plugin: str, name: str, key: str) -> bool:
    """Forget a job that has not run; its key is free again. False if there is none."""
    return bool(db.change(CANCEL, ctx.code, plugin, name, key))


def schedule_slot(ctx: Context, plugin: str, name: str, seconds: int) -> bool:
    """The periodic job of the current slot, once however many ask; older slots that are still
    waiting are skipped, for the latest one stands for them."""
    slot = ctx.now_us // (seconds * SECOND)
    key = f"slot:{slot}"
    with db.transaction():
        made = schedule(ctx, plugin, name, key, slot * seconds * SECOND)
        if made:
            db.change(SUPERSEDE, ctx.now_us, ctx.code, plugin, name, key)
    return made


def show(
    ctx: Context, state: str = "", limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next}: jobs, the newest first; `state` chooses some of them."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    if state:
        found = db.rows(LIST_STATE, ctx.code, state, before, limit + 1)
    else:
        found = db.rows(LIST, ctx.code, before, limit + 1)
    return paging.page([_view(line) for line in found], limit, lambda job: (job["id"],))


def get(ctx: Context, job_id: int) -> dict[str, Any]:
    found = db.row(GET, ctx.code, job_id)
    if found is None:
        raise NotFound
    return _view(found)


def retry(ctx: Context, job_id: int) -> dict[str, Any]:
    """Run a waiting or dead job now, with all its tries again; 409 `job_not_waiting`."""
    return _by_owner(ctx, job_id, "job.retry", RETRY)


def skip(ctx: Context, job_id: int) -> dict[str, Any]:
    """Leave a waiting or dead job out; those behind it go on. 409 `job_not_waiting`."""
    return _by_owner(ctx, job_id, "job.skip", SKIP)


def _by_owner(ctx: Context, job_id: int, action: str, sql: str) -> dict[str, Any]:
    with db.transaction():
        changed = db.change(sql, ctx.now_us, ctx.code, job_id)
        job = get(ctx, job_id)
        if not changed:
            raise Conflict("job_not_waiting", state=job["state"])
        audit.record(ctx, action, f"job:{job_id}", plugin=job["plugin"], name=job["name"])
        db.after_commit(bell.set)
    return job


def _view(line: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(NAMES, line, strict=True)) | {"data": db.load(line[5])}


@handler("purge_jobs", every=3600)
def purge(ctx: Context, data: dict[str, Any]) -> None:
    """Forget what was done long ago."""
    seconds = ctx.now_us - KEEP * SECOND, ctx.now_us - KEEP_SLOTS * SECOND
    with db.transaction():
        db.change(PURGE, ctx.code, *seconds)
