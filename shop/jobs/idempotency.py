"""A request that may be sent twice has its effect once: the caller's Idempotency-Key.

The key is written first in the transaction of its effect, so a twin waits for the first and then
gets the same answer; a refusal takes the key with it, and may be tried again. Kept for 24 hours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from shop import db
from shop.clock import DAY
from shop.context import Context
from shop.errors import Reject
from shop.jobs import jobs

Answer = tuple[int, dict[str, Any]]
KEY = re.compile(r"[\x21\x23-\x7e]{16,255}")
KEEP = DAY

FIND = """
SELECT body_hash, status, answer FROM idempotency
WHERE store = ? AND caller = ? AND operation = ? AND key = ?"""
TAKE = """
INSERT INTO idempotency (store, caller, operation, key, body_hash, status, answer, created_at)
VALUES (?, ?, ?, ?, ?, 0, '', ?)
ON CONFLICT (store, caller, operation, key) DO UPDATE
SET body_hash = excluded.body_hash, created_at = excluded.created_at
WHERE idempotency.created_at <= ?
RETURNING id"""
KEEP_ANSWER = "UPDATE idempotency SET status = ?, answer = ? WHERE id = ?"
PURGE = "DELETE FROM idempotency WHERE store = ? AND created_at <= ?"


def key_of(header: str | None) -> str:
    """The key in an Idempotency-Key header, bare or quoted: 16 to 255 visible characters.
    400 `idempotency_key_required`, `idempotency_key_invalid`."""
    key = (header or "").strip()
    if not key:
        raise Reject("idempotency_key_required", 400)
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not KEY.fullmatch(key):
        raise Reject("idempotency_key_invalid", 400)
    return key


def once(
    ctx: Context,
    operation: str,
    key: str,
    body: bytes | str,
    work: Callable[[], Answer],
    look: Callable[[], None] | None = None,
) -> tuple[int, dict[str, Any], bool]:
    """(status, document, replayed): what `work` answers, or answered when the key was new.

    `look` runs before, outside any transaction, unless the key is known: it may refuse. `work` runs
    in a transaction that this opens; it may run again if PostgreSQL ends a deadlock with it. 422 `idempotency_key_reused` for another body under the same key.
    """
    body = body.encode() if isinstance(body, str) else body
    digest = hashlib.sha256(body).hexdigest()
    scope = (ctx.code, caller_of(ctx), operation, key)
    if look is not None and not db.row(FIND, *scope):
        try:
            look()
        except Reject:
            if not db.row(FIND, *scope):  # else a twin was done meanwhile, and took what is gone
                raise
    return db.retrying(lambda: _work(ctx, scope, digest, work))


def caller_of(ctx: Context) -> str:
    """Whose keys these are: two customers may choose the same one."""
    caller = ctx.caller
    return "guest" if caller.id is None else f"{caller.role}:{caller.id}"


def _work(
    ctx: Context, scope: tuple[str, ...], digest: str, work: Callable[[], Answer]
) -> tuple[int, dict[str, Any], bool]:
    with db.transaction():
        row_id = db.value(TAKE, *scope, digest, ctx.now_us, ctx.now_us - KEEP)
        if row_id is not None:
            status, document = work()
            db.change(KEEP_ANSWER, status, db.dump(document), row_id)
            return status, document, False
        body_hash, status, answer = db.row(FIND, *scope) or ("", 0, "")
    if body_hash != digest:
        raise Reject("idempotency_key_reused")
    return status, db.load(answer), True


@jobs.handler("purge_idempotency", every=3600)
def purge(ctx: Context, data: dict[str, Any]) -> None:
    with db.transaction():
        db.change(PURGE, ctx.code, ctx.now_us - KEEP)
