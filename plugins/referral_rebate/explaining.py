"""Every cent of a customer's credit: of which line, at which rate, cut by what, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shop import Context, db, i18n, money
from shop.clock import rfc3339, to_us
from shop.data import paging
from shop.ledger import ledger
from shop.orders import kept
from shop.people import accounts as customers

from . import accounts
from .models import Reward
from .settings import NAME, UNIT

SUMS = """
SELECT m.kind, m.source, SUM(e.amount) FROM account a JOIN entry e ON e.account_id = a.id
JOIN movement m ON m.id = e.movement_id
WHERE a.customer_id = ? AND a.store || '' = ? AND a.unit = ? GROUP BY m.kind, m.source"""
ORDERS = """
SELECT o.id, o.number, o.contact_name FROM orders o WHERE o.id IN (??) AND o.store || '' = ?"""
KEPT = f"""
SELECT l.id, {kept.MONEY} FROM order_line l WHERE l.order_id IN (??)"""
OF_KIND = {"spend": "spent", "give_back": "returned", "expire": "expired"}


def explain(
    ctx: Context, customer_id: int, limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next, sums, balance, accounts, currency}: rewards, the newest first, each with its parts,
    what limits cut, what was taken back, and a sentence; `sums` {rewards, taken_back, spent,
    returned, expired, other} add up to what the balance has, is pending, and owes."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    where = (Reward.customer == customer_id) & (Reward.store == ctx.code) & (Reward.id < before)
    found = list(Reward.select().where(where).order_by(Reward.id.desc()).limit(limit + 1))
    page = paging.page(found, limit, lambda reward: (reward.id,))
    held = ledger.balance(ctx, UNIT, customer_id)
    return page | {
        "items": documents(ctx, page["items"]),
        "sums": sums(ctx, customer_id),
        "balance": held | {"next_expiry": rfc3339(held["next_expiry"])},
        "accounts": accounts.shown(ctx, customer_id) if ctx.settings(NAME).until_principal else [],
        "currency": ctx.store.currency,
    }


def sums(ctx: Context, customer_id: int) -> dict[str, int]:
    """What the ledger has booked, by what it was for; together they are what is left."""
    made = dict.fromkeys(("rewards", "taken_back", "spent", "returned", "expired", "other"), 0)
    for kind, source, amount in db.rows(SUMS, customer_id, ctx.code, UNIT):
        name = OF_KIND.get(kind, "other")
        if source == NAME and kind in ("grant", "claw_back"):
            name = "rewards" if kind == "grant" else "taken_back"
        made[name] += int(amount)
    return made


def documents(ctx: Context, found: Sequence[Reward], staff: bool = False) -> list[dict[str, Any]]:
    """Of rewards, in two statements; friends by a masked name, but for staff."""
    if not found:
        return []
    ids = {reward.order_id for reward in found} | {reward.account_id or 0 for reward in found}
    orders = {row[0]: row[1:] for row in db.rows(ORDERS, db.many(ids), ctx.code)}
    kept = dict(db.rows(KEPT, db.many({reward.order_id for reward in found})))
    return [_document(ctx, reward, orders, kept, staff) for reward in found]


def _document(
    ctx: Context, reward: Reward, orders: dict[int, Any], kept: dict[int, int], staff: bool
) -> dict[str, Any]:
    number, name = orders[reward.order_id]
    shows = staff or reward.kind == "newcomer"
    parts = [
        part | {"kept": int(kept[part["line"]]),
                "words": _words(ctx, part, int(kept[part["line"]]))}
        for part in reward.parts
    ]  # fmt: skip
    return {
        "id": reward.id, "kind": reward.kind, "state": _state(ctx, reward),
        "reason": reward.reason if staff or reward.state == "refused" else "",
        "order": number if shows else None, "friend": name if staff else customers.masked(name),
        "account": orders[reward.account_id][0] if reward.account_id else None,
        "parts": parts, "cut_by_order": reward.cuts.get("order", 0),
        "cut_by_month": reward.cuts.get("month", 0),
        "cut_by_principal": reward.cuts.get("principal", 0),
        "amount": reward.amount, "booked": reward.granted - reward.taken,
        "rules": reward.version, "available_at": rfc3339(to_us(reward.available_at)),
        "expires_at": rfc3339(to_us(reward.expires_at)), "at": rfc3339(to_us(reward.created_at)),
    }  # fmt: skip


def _state(ctx: Context, reward: Reward) -> str:
    """pending, available, taken_back, held, void, or refused."""
    if reward.state != "granted":
        return str(reward.state)
    if reward.granted == reward.taken:
        return "taken_back"
    return "pending" if reward.available_at > ctx.now else "available"


def _words(ctx: Context, part: dict[str, Any], kept: int) -> str:
    """`Box of pears: 5% of ¥45.00 is ¥2.25; ¥30.00 of it is kept, so ¥1.50`, in the caller's tongue."""
    say = lambda amount: money.show(amount, ctx.store.currency, ctx.locale)  # noqa: E731
    facts = {"title": part["title"], "rate": part["rate"], "base": say(part["base"]),
             "amount": say(part["amount"])}  # fmt: skip
    code = "referral_rebate_words" if part["rate"] else "referral_rebate_words_newcomer"
    said = i18n.say(code, ctx.locale, **facts)
    if kept < part["base"]:
        left = part["amount"] * kept // part["base"]
        said += i18n.say("referral_rebate_words_kept", ctx.locale, kept=say(kept), left=say(left))
    return said
