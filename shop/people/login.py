"""Customers sign in: a one-time code to the phone, then a token.

Nothing here tells whether a phone is known: both get the same answer by the same statements.

Codes asked for from different networks stand beside each other, each with its own tries: what a
stranger asks for or guesses elsewhere takes nothing from the owner of the phone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from shop import db, i18n
from shop.carts.quote import Basket, check_options
from shop.clock import DAY, MINUTE, SECOND
from shop.context import Context
from shop.errors import Reject
from shop.jobs import events, jobs
from shop.messages import channels
from shop.people import accounts, attempts, auth
from shop.people.attempts import Bound, Pause

MINUTES, TRIES = 10, 5
STRANGERS_TRIES = 20
"""wrong tries of a code from all networks but the one that it was asked for from"""
CODES, CODES_PER_PHONE, CODES_PER_PEER = 5, 20, 30
"""that are sent without a pause: to a phone from one network, from all, and from one network in an hour"""
PAUSE, LONGEST, QUIET = 60, 480, 3600
"""seconds: the first pause, the longest (a code sent before it is still good), until all is forgotten"""
TOKEN_DAYS = 90

NEW = """
INSERT INTO login_code (store, phone, seed, tries, peer, created_at, expires_at)
VALUES (?, ?, ?, 0, ?, ?, ?) RETURNING id"""
LATEST = """
SELECT id, seed, expires_at, used_at, peer FROM login_code WHERE store = ? AND phone = ?
ORDER BY CASE WHEN peer = ? AND used_at IS NULL AND expires_at > ? THEN 0 ELSE 1 END, id DESC
LIMIT 1"""
"""the newest that was asked for from the caller's network, else the newest"""
TRY = "UPDATE login_code SET tries = tries + 1 WHERE id = ? AND tries < ?"
USE = "UPDATE login_code SET used_at = ? WHERE id = ? AND used_at IS NULL"
TO_SEND = "SELECT phone, seed, expires_at FROM login_code WHERE store = ? AND id = ?"
VERIFY = """
UPDATE customer SET verified_at = ?, name = CASE WHEN EXISTS (
  SELECT 1 FROM orders o WHERE o.customer_id = customer.id AND o.guest
  AND o.contact_name = customer.name) THEN '' ELSE name END
WHERE id = ? AND store = ? AND verified_at IS NULL"""
"""A name that only guests typed is not taken over."""
PURGE = "DELETE FROM login_code WHERE store = ? AND expires_at < ?"


def request_code(ctx: Context, phone: str) -> None:
    """Send a code of 6 digits, good for 10 minutes; an older one that was asked for from the same
    network is good no more.

    422 `phone_invalid`; 429 `too_many_attempts` by phone and by network, for a pause that grows.
    """
    number, peer = accounts.e164(ctx, phone), attempts.network_of(ctx.caller.peer)
    limits: list[Bound | Pause] = [
        Pause("login_code", f"{number}|{peer}", CODES, PAUSE, LONGEST, QUIET),
        Pause("login_code_phone", number, CODES_PER_PHONE, PAUSE, LONGEST, QUIET),
    ]
    if peer:
        limits.append(Bound("login_code_peer", peer, CODES_PER_PEER, 3600))
    attempts.count(ctx, *limits)
    with db.transaction():
        ends = ctx.now_us + MINUTES * MINUTE
        code_id = db.value(NEW, ctx.code, number, secrets.token_hex(16), peer, ctx.now_us, ends)
        data = {"code": code_id, "locale": ctx.locale}
        key = f"{code_id}:{ctx.now_us}"
        jobs.schedule(ctx, jobs.CORE, "login_code", key, ctx.now_us, data)


@jobs.handler("login_code")
@jobs.network
def send_code(ctx: Context, data: dict[str, Any]) -> None:
    """Hand the code to a channel; one that is out of date is not worth sending."""
    found = db.row(TO_SEND, ctx.code, data["code"])
    if found is None or found[2] <= ctx.now_us:
        return
    phone, seed, _ = found
    text = i18n.say(
        "login_code_text", data["locale"],
        code=_code(ctx, phone, seed), store=ctx.store.name, minutes=MINUTES,
    )  # fmt: skip
    channels.send(ctx, channels.Message("login_code", phone, text))


def login(
    ctx: Context, phone: str, code: str, options: dict[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """(token, customer). The code is good once and for 5 tries.

    422 `code_wrong`, also for one that is used, late or was never asked for; 429
    `too_many_attempts`.
    """
    check_options(ctx, Basket([], options or {}))
    number = accounts.e164(ctx, phone)
    code_id = _check(ctx, number, code)
    with db.transaction():
        if not db.change(USE, ctx.now_us, code_id):
            raise Reject("code_wrong")
        customer_id = verify(ctx, number, options)
        token = auth.issue(
            ctx, customer=customer_id, scopes=auth.CUSTOMER_SCOPES, label="login",
            seconds=TOKEN_DAYS * 86_400,
        )  # fmt: skip
    return token, accounts.get(ctx, customer_id)


def verify(ctx: Context, phone: str, options: dict[str, Any] | None) -> int:
    """Return the customer of a phone that was proved by a code. The first time, plugins hear
    `customer_joined` with `options`, also if a guest's order made the row before."""
    customer_id, joined = accounts.find_or_make(ctx, phone, "", options, proved=True)
    if not joined and db.change(VERIFY, ctx.now_us, customer_id, ctx.code):
        events.customer_joined(ctx, customer_id, options or {}, "customer.verified")
    return customer_id


def _check(ctx: Context, phone: str, code: str) -> int:
    """Count the try, then compare; the id of the code."""
    peer = attempts.network_of(ctx.caller.peer)
    found = db.row(LATEST, ctx.code, phone, peer, ctx.now_us)
    if found is None or found[3] is not None or found[2] <= ctx.now_us:
        attempts.count(ctx, Bound("login", f"{phone}|{peer}", TRIES, MINUTES * 60))
        raise Reject("code_wrong")
    code_id, seed, ends, _, home = found
    counted = _counted(ctx, code_id, peer, home)
    if not counted:
        left = -((ctx.now_us - ends) // SECOND)
        raise Reject("too_many_attempts", 429, retry_after=max(left, 1))
    if not hmac.compare_digest(code.encode(), _code(ctx, phone, seed).encode()):
        raise Reject("code_wrong")
    return int(code_id)


def _counted(ctx: Context, code_id: int, peer: str, home: str) -> bool:
    """Count a try of a code; False if it has none left for this network. Strangers' tries are bounded
    each and together, and are not those of the network that asked for the code."""
    if peer == home:
        with db.transaction():
            return bool(db.change(TRY, code_id, TRIES))
    try:
        attempts.count(
            ctx,
            Bound("login_code_try", f"{code_id}|{peer}", TRIES, 86_400),
            Bound("login_code_try", f"{code_id}", STRANGERS_TRIES, 86_400),
        )
    except Reject:
        return False
    return True


def _code(ctx: Context, phone: str, seed: str) -> str:
    text = f"login:{ctx.code}:{phone}:{seed}".encode()
    digest = hmac.digest(ctx.config.secret.encode(), text, hashlib.sha256)
    return f"{int.from_bytes(digest) % 1_000_000:06d}"


@jobs.handler("purge_login_codes", every=86_400)
def purge(ctx: Context, data: dict[str, Any]) -> None:
    with db.transaction():
        db.change(PURGE, ctx.code, ctx.now_us - DAY)
