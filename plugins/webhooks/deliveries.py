"""What is sent: a row for each event and receiver, written with the event's notice, sent by a job.

A receiver hears of an event at least once, always under the same `webhook-id`, in no promised
order; `timestamp` tells what came first.
"""

from __future__ import annotations

import threading
from typing import Any

import orjson

from shop import Conflict, Context, EventView, NotFound, db
from shop.clock import DAY, HOUR, MINUTE, SECOND, rfc3339
from shop.data import paging
from shop.errors import Reject
from shop.jobs import events, jobs
from shop.messages import outgoing
from shop.orders import order_view
from shop.people import audit

from . import endpoints, signing
from .models import Delivery, Endpoint
from .settings import NAME

PAUSES = (10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR)
"""between tries; then it has failed"""
WHILE = 5 * SECOND
"""until one comes back that found its receiver busy"""
_busy: dict[tuple[str, int], threading.Lock] = {}
"""by (store, receiver): a slow one has one request on its way, and no more threads wait for it"""
STATES = ("waiting", "done", "failed", "dropped")
PING = f"{NAME}.ping"
ADD = """
INSERT INTO webhooks_delivery (store, endpoint_id, event_id, state, tries, round, status, error,
  created_at)
VALUES (?, ?, ?, 'waiting', 0, 0, 0, '', ?) ON CONFLICT DO NOTHING RETURNING id"""
TRIED = """
UPDATE webhooks_delivery SET state = ?, tries = tries + 1, status = ?, error = ?, tried_at = ?
WHERE id = ? AND store = ? AND state = 'waiting' AND tries = ? AND round = ?"""
AGAIN = """
UPDATE webhooks_delivery SET state = 'waiting', tries = 0, round = round + 1
WHERE id = ? AND store = ? AND state <> 'waiting' RETURNING round"""
PURGE = """
DELETE FROM webhooks_delivery WHERE store = ? AND created_at < ? AND state <> 'waiting'"""


def tell(ctx: Context, event: EventView) -> None:
    """For each receiver that wants it, once however often it is called."""
    if not event.kind.startswith(f"{NAME}."):
        _add(ctx, event.id, endpoints.wanting(ctx, event.kind))


def ping(ctx: Context, endpoint_id: int) -> Delivery:
    """An event of no meaning, to see whether a receiver answers."""
    with db.transaction():
        endpoint = endpoints.get(ctx, endpoint_id)
        event_id = events.record(ctx, PING, endpoint=endpoint.id)
        [delivery_id] = _add(ctx, event_id, [endpoint.id])
        return get(ctx, delivery_id)


def _add(ctx: Context, event_id: int, receivers: list[int]) -> list[int]:
    made = []
    with db.transaction():
        for endpoint_id in receivers:
            found = db.value(ADD, ctx.code, endpoint_id, event_id, ctx.now_us)
            if found is not None:
                _plan(ctx, found, endpoint_id, 0, 0, ctx.now_us)
                made.append(found)
    return made


def _plan(
    ctx: Context, delivery: int, endpoint: int, round_: int, tries: int, at: int, waited: int = 0
) -> None:
    """The job of one try. First tries for one receiver follow each other; a later one must not keep
    them waiting, so it comes back in a while if the receiver is busy."""
    key = f"{delivery}:{round_}:{tries}:{waited}"
    data = {"delivery": delivery, "round": round_, "tries": tries, "waited": waited}
    jobs.schedule(ctx, NAME, "send", key, at, data, "" if tries else f"{NAME}:{endpoint}")


@jobs.network
def send(ctx: Context, data: dict[str, Any]) -> None:
    """One try. A process that dies in it leaves the job, and the receiver may hear twice."""
    found = Delivery.get_or_none(Delivery.store == ctx.code, Delivery.id == data["delivery"])
    seen = (data["tries"], data["round"])
    if found is None or found.state != "waiting" or (found.tries, found.round) != seen:
        return
    endpoint = endpoints.get(ctx, found.endpoint_id)
    if not endpoint.active and events.read(ctx, found.event_id).kind != PING:
        _note(ctx, found, 0, "switched off", "dropped")
        return
    busy = _busy.setdefault((ctx.code, endpoint.id), threading.Lock())
    if not busy.acquire(blocking=False):
        at, waited = ctx.now_us + WHILE, data["waited"] + 1
        with db.transaction():
            _plan(ctx, found.id, endpoint.id, found.round, found.tries, at, waited)
        return
    try:
        _note(ctx, found, *_ask(ctx, endpoint, found))
    finally:
        busy.release()


def _ask(ctx: Context, endpoint: Endpoint, delivery: Delivery) -> tuple[int, str, str]:
    """(status, error, what becomes of it)"""
    event = events.read(ctx, delivery.event_id)
    body, message = _body(ctx, event), message_of(ctx, delivery)
    valid, at = endpoints.secrets_of(ctx, endpoint), ctx.now_us // SECOND
    headers = signing.headers(valid, message, at, body)
    try:
        answer = outgoing.send(
            ctx, "POST", endpoint.url, body, headers, seconds=ctx.settings(NAME).seconds
        )
    except outgoing.Unreachable as error:
        return 0, str(error), "failed"
    except Reject as error:
        return 0, f"{error.code}: {error.facts['reason']}", "failed"
    if answer.status == 410:
        return answer.status, "it is gone", "gone"
    done = 200 <= answer.status < 300
    return answer.status, "" if done else f"answered {answer.status}", "done" if done else "failed"


def _body(ctx: Context, event: EventView) -> bytes:
    """Of an event the same at each try. No name and no phone: who needs them asks the API."""
    number = None
    if event.order_id is not None:
        number = order_view.load(ctx, event.order_id).number
    return orjson.dumps({
        "type": event.kind,
        "timestamp": rfc3339(event.at),
        "store": ctx.code,
        "data": {**event.data, "order": number, "customer": event.customer_id},
    })  # fmt: skip


def _note(ctx: Context, delivery: Delivery, status: int, error: str, end: str) -> None:
    """What came of a try, and the next one."""
    last = delivery.tries >= len(PAUSES)
    state = "waiting" if end == "failed" and not last else "failed" if end == "gone" else end
    with db.transaction():
        if not db.change(
            TRIED, state, status, error[:255], ctx.now_us, delivery.id, ctx.code, delivery.tries,
            delivery.round,
        ):  # fmt: skip
            return
        if state == "waiting":
            at = ctx.now_us + PAUSES[delivery.tries]
            _plan(ctx, delivery.id, delivery.endpoint_id, delivery.round, delivery.tries + 1, at)
        if end == "gone":
            endpoints.switch_off(ctx, delivery.endpoint_id, "gone")
        elif state == "failed":
            events.record(
                ctx, f"{NAME}.failed", endpoint=delivery.endpoint_id, event=delivery.event_id
            )


def replay(ctx: Context, delivery_id: int) -> Delivery:
    """Send it once more, with all its tries, under its `webhook-id`. 409 `webhooks_waiting`."""
    with db.transaction():
        delivery = get(ctx, delivery_id)
        round_ = db.value(AGAIN, delivery.id, ctx.code)
        if round_ is None:
            raise Conflict("webhooks_waiting")
        _plan(ctx, delivery.id, delivery.endpoint_id, round_, 0, ctx.now_us)
        audit.record(
            ctx, f"{NAME}.replay", f"webhooks:{delivery.endpoint_id}", delivery=delivery.id
        )
        return get(ctx, delivery_id)


def get(ctx: Context, delivery_id: int) -> Delivery:
    found = Delivery.get_or_none(Delivery.store == ctx.code, Delivery.id == delivery_id)
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def page(
    ctx: Context, limit: int = 20, after: str | None = None, state: str = "", endpoint: int = 0
) -> dict[str, Any]:
    """The newest first."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    where = (Delivery.store == ctx.code) & (Delivery.id < before)
    if state:
        where &= Delivery.state == state
    if endpoint:
        where &= Delivery.endpoint == endpoint
    found = Delivery.select().where(where).order_by(Delivery.id.desc()).limit(limit + 1)
    return paging.page(list(found), limit, lambda delivery: (delivery.id,))


def forget(ctx: Context, data: dict[str, Any]) -> None:
    """What is older than the owner wants to keep."""
    with db.transaction():
        db.change(PURGE, ctx.code, ctx.now_us - ctx.settings(NAME).keep_days * DAY)


def message_of(ctx: Context, delivery: Delivery) -> str:
    """Its `webhook-id`."""
    return f"{ctx.code}_{delivery.event_id}"
