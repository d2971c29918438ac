"""Who is calling: opaque bearer tokens, kept hashed, with scopes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any

from shop import db
from shop.clock import SECOND
from shop.context import Caller, Context
from shop.data import paging
from shop.errors import Reject

OWNER_SCOPES = ("*",)
CLERK_SCOPES = (
    "self:read",
    "self:write",
    "pickups:read",
    "pickups:write",
    "orders:read",
    "sheets:read",
)
CUSTOMER_SCOPES = ("me:read", "me:write")
SCOPES = {"owner": OWNER_SCOPES, "clerk": CLERK_SCOPES}

CALLER = """
SELECT t.id, t.scopes, t.expires_at, s.id, s.role, s.name, s.points, s.active, c.id, c.name
FROM token t LEFT JOIN staff s ON s.id = t.staff_id LEFT JOIN customer c ON c.id = t.customer_id
WHERE t.hash = ? AND t.store = ? AND t.revoked_at IS NULL"""

COLUMNS = """t.id, t.label, s.name, t.customer_id, t.scopes, t.created_at, t.expires_at,
  t.revoked_at"""
NAMES = ("id", "label", "staff", "customer", "scopes", "created_at", "expires_at", "revoked_at")
LIST = f"""
SELECT {COLUMNS} FROM token t JOIN staff s ON s.id = t.staff_id
WHERE t.store = ? AND t.id < ? ORDER BY t.id DESC LIMIT ?"""
REVOKE = "UPDATE token SET revoked_at = ? WHERE store = ? AND id = ? AND revoked_at IS NULL"
REVOKE_ALL = """
UPDATE token SET revoked_at = ?
WHERE store = ? AND {column} = ? AND id <> ? AND revoked_at IS NULL"""


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue(
    ctx: Context,
    *,
    staff: int | None = None,
    customer: int | None = None,
    scopes: Iterable[str],
    label: str = "",
    seconds: int | None = None,
) -> str:
    """A new token, shown this once. It ends after `seconds`, or never."""
    token = ("st_" if staff else "cu_") + secrets.token_urlsafe(32)
    ends = None if seconds is None else ctx.now_us + seconds * SECOND
    db.insert(
        "token",
        "store, hash, label, staff_id, customer_id, scopes, created_at, expires_at",
        (ctx.code, hashed(token), label, staff, customer, db.dump(list(scopes)), ctx.now_us, ends),
    )
    return token


def caller_of(ctx: Context, authorization: str) -> Caller:
    """The caller behind an Authorization header; 401 for a token that is not good here.

    An order's token (`or_…`) makes nobody more than a guest: the order's own routes read it.
    """
    if not authorization:
        return ctx.caller
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Reject("unauthorized", 401)
    if token.startswith("or_"):
        return ctx.caller
    found = db.row(CALLER, hashed(token), ctx.code)
    if found is None or (found[2] is not None and found[2] <= ctx.now_us):
        raise Reject("unauthorized", 401)
    token_id, scopes, _, staff_id, role, staff_name, points, active, customer_id, name = found
    if staff_id is None:
        return Caller("customer", customer_id, name, frozenset(db.load(scopes)), None,
                      ctx.caller.peer, token_id)  # fmt: skip
    if active is None:
        raise Reject("unauthorized", 401)
    bound = frozenset(db.load(points)) if role == "clerk" else None
    return Caller(role, staff_id, staff_name, frozenset(db.load(scopes)), bound,
                  ctx.caller.peer, token_id)  # fmt: skip


def show(ctx: Context, limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """A page {items, next} of the tokens of staff, the newest first; never the tokens."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    found = db.rows(LIST, ctx.code, before, limit + 1)
    items = [dict(zip(NAMES, line, strict=True)) | {"scopes": db.load(line[4])} for line in found]
    return paging.page(items, limit, lambda token: (token["id"],))


def revoke(ctx: Context, token_id: int) -> bool:
    """End a token of this store; False if it has ended before or there is none."""
    with db.transaction():
        return bool(db.change(REVOKE, ctx.now_us, ctx.code, token_id))


def revoke_all(
    ctx: Context, *, staff: int | None = None, customer: int | None = None, but: int | None = None
) -> int:
    """End every token of a person but one; how many."""
    column = "staff_id" if customer is None else "customer_id"
    sql = REVOKE_ALL.format(column=column)
    return db.change(sql, ctx.now_us, ctx.code, staff if customer is None else customer, but or 0)
