"""What the plugin's tables hold of a customer."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.clock import rfc3339

CODE = "SELECT code FROM referral_rebate_invite WHERE customer_id = ? AND store || '' = ?"
CAME = """
SELECT source, created_at, expires_at, removed_at FROM referral_rebate_binding
WHERE invitee_id = ? AND store || '' = ?"""
BROUGHT = """
SELECT COUNT(*) FROM referral_rebate_binding WHERE referrer_id = ? AND store || '' = ?"""
FORGET = """
UPDATE referral_rebate_binding SET source = '', code = ''
WHERE (invitee_id = ? OR referrer_id = ?) AND store || '' = ?"""
FORGET_CODE = "DELETE FROM referral_rebate_invite WHERE customer_id = ? AND store || '' = ?"


def data(ctx: Context, customer_id: int) -> dict[str, Any]:
    """His code, how he came, and how many he brought: not who they are."""
    found: dict[str, Any] = {}
    if code := db.value(CODE, customer_id, ctx.code):
        found["code"] = code
    if came := db.row(CAME, customer_id, ctx.code):
        source, *times = came
        names = ("at", "until", "removed_at")
        found["invited"] = {"source": source} | dict(zip(names, map(rfc3339, times), strict=True))
    if brought := db.value(BROUGHT, customer_id, ctx.code):
        found["brought"] = brought
    return found


def forget(ctx: Context, customer_id: int) -> None:
    """The code is his; that somebody came through somebody stays for the books."""
    db.change(FORGET, customer_id, customer_id, ctx.code)
    db.change(FORGET_CODE, customer_id, ctx.code)
