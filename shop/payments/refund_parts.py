"""How a refund goes back: in parts, each by a payment, the way that the money came.

Cash goes back over the counter, at once if a person of staff asks; what a customer's cancelling,
a deadline or a plugin gives back waits, like a transfer, until staff has handed it over and says
so. A provider is asked by a job, again and again with longer pauses.
"""

from __future__ import annotations

from typing import Any

from shop import db
from shop.clock import DAY, HOUR, MINUTE
from shop.context import Context
from shop.errors import NotFound
from shop.jobs import events, jobs
from shop.payments import manual, providers

SOURCES = """
SELECT p.id, p.provider, p.method, p.amount - COALESCE(SUM(r.amount), 0)
FROM payment p LEFT JOIN refund_part r ON r.payment_id = p.id
WHERE p.store = ? AND p.order_id = ? AND p.state = 'accepted'
GROUP BY p.id, p.provider, p.method, p.amount ORDER BY p.id DESC"""
PART = """
SELECT r.refund_id, r.payment_id, r.amount, r.state
FROM refund_part r JOIN refund f ON f.id = r.refund_id WHERE r.id = ? AND f.store = ?"""
OF_PAYMENT = """
SELECT r.id, r.refund_id, r.amount, r.state
FROM refund_part r JOIN refund f ON f.id = r.refund_id
WHERE r.payment_id = ? AND f.store = ? ORDER BY r.id"""
PENDING = "SELECT id FROM refund_part WHERE refund_id = ? AND state = 'pending' ORDER BY id"
PART_DONE = "UPDATE refund_part SET state = 'done', done_at = ? WHERE id = ? AND state = 'pending'"
REFUND_DONE = """
UPDATE refund SET state = 'done', done_at = ? WHERE id = ? AND store = ? AND state = 'pending'
AND NOT EXISTS (SELECT 1 FROM refund_part WHERE refund_id = ? AND state = 'pending')
RETURNING order_id"""

AGAIN = (10 * MINUTE, HOUR, 6 * HOUR, DAY)
"""pauses before a provider that has only accepted a refund is asked again: its notice may get lost"""

Source = tuple[int, str, str, int]
"""payment id, provider, method, amount"""


def sources(ctx: Context, order_id: int, amount: int, payment_id: int = 0) -> list[Source]:
    """The payments that give `amount` back, the latest first (or only `payment_id`), under the
    order's lock."""
    found = []
    for number, provider, method, left in db.rows(SOURCES, ctx.code, order_id):
        take = min(amount, left)
        if take > 0 and payment_id in (0, number):
            found.append((number, provider, method, take))
            amount -= take
    return found


def send(
    ctx: Context, refund_id: int, found: list[Source], *, at_counter: bool, done: bool = False
) -> None:
    """Write the parts of a new refund and see to those that can go by themselves; `at_counter`:
    somebody stands there to hand cash over."""
    rows = []
    for payment_id, provider, method, amount in found:
        cash = providers.is_manual(provider) and method == manual.AT_PICKUP
        over = done or (cash and at_counter)
        state, at = ("done", ctx.now_us) if over else ("pending", None)
        rows.append((refund_id, payment_id, amount, state, at))
    ids = db.insert("refund_part", "refund_id, payment_id, amount, state, done_at", *rows)
    for part_id, row, source in zip(ids, rows, found, strict=True):
        if row[3] == "pending" and not providers.is_manual(source[1]):
            key, data = f"part:{part_id}", {"part": part_id}
            jobs.schedule(ctx, jobs.CORE, "refund_by_provider", key, ctx.now_us, data)
    _close(ctx, refund_id)


def finish_all(ctx: Context, refund_id: int) -> None:
    """Staff says that all of a refund has gone back."""
    db.lock_row("refund", refund_id)
    for (part_id,) in db.rows(PENDING, refund_id):
        _finish(ctx, part_id)
    _close(ctx, refund_id)


def confirm(ctx: Context, payment_id: int, said: int) -> int:
    """A provider says that `said` of a payment has gone back in all: parts that this covers are
    done. What it says beyond our parts."""
    parts = db.rows(OF_PAYMENT, payment_id, ctx.code)
    done = sum(amount for _, _, amount, state in parts if state == "done")
    for part_id, refund_id, amount, state in parts:
        if state == "pending" and done + amount <= said:
            db.lock_row("refund", refund_id)
            _finish(ctx, part_id)
            _close(ctx, refund_id)
            done += amount
    return max(0, said - sum(amount for _, _, amount, _ in parts))


@jobs.handler("refund_by_provider")
@jobs.network
def by_provider(ctx: Context, data: dict[str, Any]) -> None:
    """Ask outside any transaction, under a key that makes the provider do it once."""
    _, payment_id, amount, state = _part(ctx, data["part"])
    if state == "done":
        return
    payment = providers.payment(ctx, payment_id)
    assert payment is not None
    key = f"{ctx.code}:part:{data['part']}"
    if providers.ask(ctx, payment.provider, "refund", payment, amount, key):
        with db.transaction():
            refund_id = _part(ctx, data["part"])[0]
            db.lock_row("refund", refund_id)
            _finish(ctx, data["part"])
            _close(ctx, refund_id)
    else:
        ask_again(ctx, "refund_by_provider", f"part:{data['part']}", data)


def ask_again(ctx: Context, job: str, key: str, data: dict[str, Any]) -> None:
    """Plan the next time that a job asks for a refund that was accepted, under its first key."""
    asked = data.get("asked", 0)
    if asked < len(AGAIN):
        with db.transaction():
            at, data = ctx.now_us + AGAIN[asked], data | {"asked": asked + 1}
            jobs.schedule(ctx, jobs.CORE, job, f"{key}:again:{asked + 1}", at, data)


def _part(ctx: Context, part_id: int) -> tuple[Any, ...]:
    found = db.row(PART, part_id, ctx.code)
    if found is None:
        raise NotFound
    return found


def _finish(ctx: Context, part_id: int) -> None:
    if db.change(PART_DONE, ctx.now_us, part_id):
        jobs.cancel(ctx, jobs.CORE, "refund_by_provider", f"part:{part_id}")


def _close(ctx: Context, refund_id: int) -> None:
    """A refund is done when all its parts are; under its lock."""
    order_id = db.value(REFUND_DONE, ctx.now_us, refund_id, ctx.code, refund_id)
    if order_id is not None:
        events.record(ctx, "refund.done", order_id, refund=refund_id)
