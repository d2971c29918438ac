"""Who came through whom.

Only a new customer is bound, by the first code that comes with an order or a login, to one referrer,
for some days. Nobody is bound to himself or in a circle: a new customer has invited nobody yet.

A guest's code binds the phone only for what guests order of it. Its owner is bound by the code with
which he first signs in, or not at all: what a stranger typed neither binds him nor stands in his way.
"""

from __future__ import annotations

import secrets
from typing import Any

from shop import Context, NotFound, OrderView, Problem, Quote, db
from shop.clock import DAY, from_us
from shop.jobs import events
from shop.people import audit

from .models import Binding
from .settings import MARK, NAME

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LETTERS = 8
MAKE = """
INSERT INTO referral_rebate_invite (store, customer_id, code, created_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING"""
CODE = "SELECT code FROM referral_rebate_invite WHERE customer_id = ? AND store || '' = ?"
OWNER = """
SELECT i.customer_id FROM referral_rebate_invite i JOIN customer c ON c.id = i.customer_id
WHERE i.store = ? AND i.code = ? AND c.erased_at IS NULL"""
BIND = """
INSERT INTO referral_rebate_binding
  (store, invitee_id, referrer_id, code, source, created_at, expires_at, removed_by, claimed)
VALUES (?, ?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT (invitee_id) DO UPDATE SET
  referrer_id = excluded.referrer_id, code = excluded.code, source = excluded.source,
  created_at = excluded.created_at, expires_at = excluded.expires_at, claimed = excluded.claimed,
  order_id = NULL, removed_at = NULL, removed_by = ''
WHERE referral_rebate_binding.claimed AND NOT excluded.claimed
  AND referral_rebate_binding.first_order_id IS NULL"""
VERIFIED = "SELECT verified_at FROM customer WHERE id = ? AND store = ?"
BOUGHT = """
SELECT 1 FROM orders WHERE customer_id = ? AND store = ? AND paid > 0 AND placed_at < ? LIMIT 1"""
BY_ORDER = """
UPDATE referral_rebate_binding SET order_id = ?
WHERE invitee_id = ? AND store || '' = ? AND order_id IS NULL AND created_at = ?"""
REMOVE = """
UPDATE referral_rebate_binding SET removed_at = ?, removed_by = ?
WHERE id = ? AND store = ? AND removed_at IS NULL"""
ABOVE = """
WITH RECURSIVE above (customer_id) AS (
  SELECT referrer_id FROM referral_rebate_binding WHERE invitee_id = ? AND store || '' = ?
  UNION SELECT b.referrer_id FROM referral_rebate_binding b
    JOIN above a ON b.invitee_id = a.customer_id)
SELECT 1 FROM above WHERE customer_id = ? LIMIT 1"""


def code_of(ctx: Context, customer_id: int) -> str:
    """The customer's code, made when it is first asked for."""
    with db.transaction():
        while (code := db.value(CODE, customer_id, ctx.code)) is None:
            made = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
            db.change(MAKE, ctx.code, customer_id, made, ctx.now_us)
    return str(code)


def owner(ctx: Context, code: str) -> int | None:
    found = db.value(OWNER, ctx.code, code.strip().upper())
    return None if found is None else int(found)


def link(ctx: Context, code: str) -> str:
    return str(ctx.settings(NAME).link.replace(MARK, code))


def joined(ctx: Context, customer_id: int, options: dict[str, Any]) -> None:
    """Bind a customer whose row was just made, or who just proved the phone of a row that a guest
    had made, if a code came with that. Whoever has paid for an order is no newcomer."""
    given = options.get(NAME) or {}
    referrer = owner(ctx, given["code"]) if given.get("code") else None
    if referrer is None or referrer == customer_id:
        return
    verified = db.value(VERIFIED, customer_id, ctx.code)
    if verified is not None and db.row(BOUGHT, customer_id, ctx.code, verified):
        return
    claimed = verified != ctx.now_us  # proved in this very transaction, or told of again
    expires = ctx.now_us + ctx.settings(NAME).bind_days * DAY
    made = db.change(
        BIND, ctx.code, customer_id, referrer, given["code"].strip().upper(),
        given.get("source", ""), ctx.now_us, expires, claimed,
    )  # fmt: skip
    if made:
        facts = {"referrer": referrer, "source": given.get("source", "")}
        events.record(ctx, f"{NAME}.bound", None, customer_id, **facts)


def placed(ctx: Context, customer_id: int, order_id: int, options: dict[str, Any]) -> None:
    """Note the order that the newcomer came with."""
    if (options.get(NAME) or {}).get("code"):
        db.change(BY_ORDER, order_id, customer_id, ctx.code, ctx.now_us)


def check(ctx: Context, quote: Quote) -> list[Problem]:
    """422 for a code that nobody has, for one's own, and for that of somebody whom one invited. One
    who is no newcomer may send a code: it binds nobody."""
    code = (quote.options.get(NAME) or {}).get("code")
    if not code:
        return []
    referrer = owner(ctx, code)
    if referrer is None:
        return [Problem("referral_rebate_unknown_code")]
    me = quote.customer_id
    if me is None:
        return []
    if me == referrer:
        return [Problem("referral_rebate_own_code")]
    if db.row(ABOVE, referrer, ctx.code, me):
        return [Problem("referral_rebate_circle")]
    return []


def of_invitee(ctx: Context, customer_id: int) -> Binding | None:
    found: Binding | None = Binding.get_or_none(
        (Binding.invitee == customer_id) & (Binding.store == ctx.code)
    )
    return found


def get(ctx: Context, binding_id: int) -> Binding:
    found: Binding | None = Binding.get_or_none(
        (Binding.id == binding_id) & (Binding.store == ctx.code)
    )
    if found is None:
        raise NotFound
    return found


def remove(ctx: Context, binding: Binding, by: str) -> None:
    """By the invitee, the referrer or staff: no order earns anything any more; what has been earned
    stays. Nobody is bound a second time."""
    with db.transaction():
        if not db.change(REMOVE, ctx.now_us, by, binding.id, ctx.code):
            return
        facts = {"referrer": binding.referrer_id, "by": by}
        events.record(ctx, f"{NAME}.unbound", None, binding.invitee_id, **facts)
        if by == "staff":
            audit.record(ctx, f"{NAME}.unbind", f"customer:{binding.invitee_id}", **facts)


def alive(ctx: Context, binding: Binding, order: OrderView) -> bool:
    """Whether an order may earn something. An order that the owner of the phone placed after proving
    it earns nothing by a code that a guest sent."""
    verified = db.value(VERIFIED, order.customer_id, ctx.code)
    own = not order.guest and verified is not None and verified <= order.placed_at
    if binding.claimed and own:
        return False
    return binding.removed_at is None and bool(binding.expires_at > from_us(order.placed_at))
