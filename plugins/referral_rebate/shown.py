"""Whom somebody invited, who came from where, and who brought most."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.clock import DAY, rfc3339
from shop.data import paging
from shop.orders import kept
from shop.payments import spending
from shop.people import accounts

from . import bindings, rates
from .settings import NAME

COUNTS = """
(o.guest OR NOT b.claimed OR i.verified_at IS NULL OR o.placed_at < i.verified_at)"""
"""`bindings.alive` in SQL: what the owner of the phone ordered does not count for a guest's code.
The invitee has the alias `i`."""
INVITED = f"""
SELECT b.id, i.name, b.source, b.created_at, b.expires_at, b.removed_at, b.removed_by,
  (SELECT COUNT(*) FROM orders o WHERE o.customer_id = b.invitee_id AND o.state = 'completed'
    AND {COUNTS}),
  (SELECT COALESCE(SUM(r.granted - r.taken), 0) FROM referral_rebate_reward r
    WHERE r.binding_id = b.id AND r.kind = 'referrer'),
  i.phone, b.invitee_id, b.referrer_id, d.name, d.phone
FROM referral_rebate_binding b JOIN customer i ON i.id = b.invitee_id
JOIN customer d ON d.id = b.referrer_id
WHERE b.store || '' = ? AND b.id < ? AND {{which}} ORDER BY b.id DESC LIMIT ?"""
BOUGHT = f"""
FROM referral_rebate_binding b JOIN customer i ON i.id = b.invitee_id
LEFT JOIN orders o ON o.customer_id = b.invitee_id AND o.store = b.store
  AND o.state IN ('paid', 'completed') AND o.placed_at >= b.created_at
  AND {COUNTS}
LEFT JOIN order_line l ON l.order_id = o.id"""
SOURCES = f"""
SELECT b.source, COUNT(DISTINCT b.id), COUNT(DISTINCT o.customer_id), COUNT(DISTINCT o.id),
  COALESCE(SUM({kept.MONEY}), 0)
{BOUGHT} WHERE b.store = ? AND {{which}} GROUP BY b.source ORDER BY 5 DESC, 2 DESC, 1 LIMIT 100"""
BY_SALES = f"""
SELECT b.referrer_id, c.name, COALESCE(SUM({kept.MONEY}), 0)
{BOUGHT} JOIN customer c ON c.id = b.referrer_id
WHERE b.store = ? AND b.removed_at IS NULL AND o.placed_at >= ? AND o.state = 'completed'
  AND c.erased_at IS NULL
GROUP BY b.referrer_id, c.name HAVING SUM({kept.MONEY}) > 0
ORDER BY 3 DESC, 1 LIMIT ?"""
BY_ORDERS = f"""
SELECT b.referrer_id, c.name, COUNT(*) FROM referral_rebate_binding b
JOIN orders o ON o.id = b.first_order_id JOIN customer c ON c.id = b.referrer_id
WHERE b.store = ? AND b.removed_at IS NULL AND o.placed_at >= ? AND o.state = 'completed'
  AND c.erased_at IS NULL AND EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id
    AND {kept.MONEY} > 0)
GROUP BY b.referrer_id, c.name ORDER BY 3 DESC, 1 LIMIT ?"""
EARNED = """
SELECT r.order_id, SUM(r.granted - r.taken) FROM referral_rebate_reward r
WHERE r.order_id IN (??) AND r.store || '' = ? AND r.kind = 'newcomer' GROUP BY r.order_id"""


def rules(ctx: Context) -> dict[str, Any]:
    settings = ctx.settings(NAME)
    names = ("rate", "rates", "first_only", "bind_days", "per_order", "per_month", "newcomer",
             "newcomer_least", "pending_days", "expires_days", "greatest_share", "until_principal")  # fmt: skip
    return {name: getattr(settings, name) for name in names} | {
        "currency": ctx.store.currency, "version": rates.version(settings),
    }  # fmt: skip


def invite(ctx: Context, customer_id: int) -> dict[str, str]:
    code = bindings.code_of(ctx, customer_id)
    return {"code": code, "link": bindings.link(ctx, code)}


def invited(
    ctx: Context, limit: int = 20, after: str | None = None, referrer: int | None = None,
    staff: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """{items, next}: the bindings of one referrer or of all, the newest first."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    which, whose = ("b.referrer_id = ?", (referrer,)) if referrer else ("1 = 1", ())
    found = db.rows(INVITED.format(which=which), ctx.code, before, *whose, limit + 1)
    page = paging.page(found, limit, lambda row: (row[0],))
    return page | {"items": [_invited(ctx, row, staff) for row in page["items"]]}


def _invited(ctx: Context, row: tuple[Any, ...], staff: bool) -> dict[str, Any]:
    number, name, source, created, expires, removed, by, orders, earned, phone, *ids = row
    state = "removed" if removed else "over" if expires <= ctx.now_us else "bound"
    item = {
        "id": number, "name": name if staff else accounts.masked(name), "source": source, "state": state,
        "orders": orders, "earned": int(earned), "at": rfc3339(created), "until": rfc3339(expires),
        "removed_by": by,
    }  # fmt: skip
    if staff:
        invitee, referrer, other, other_phone = ids
        item |= {"customer": invitee, "phone": phone, "referrer": referrer,
                 "referrer_name": other, "referrer_phone": other_phone}  # fmt: skip
    return item


def sources(ctx: Context, referrer: int | None = None) -> list[dict[str, Any]]:
    """[{source, invited, bought, orders, sales}]: who came through what, and did they buy?"""
    which, whose = ("b.referrer_id = ?", (referrer,)) if referrer else ("1 = 1", ())
    names = ("source", "invited", "bought", "orders", "sales")
    found = db.rows(SOURCES.format(which=which), ctx.code, *whose)
    return [dict(zip(names, (row[0], *map(int, row[1:])), strict=True)) for row in found]


def leaderboard(
    ctx: Context, by: str = "sales", days: int = 30, limit: int = 20, staff: bool = False
) -> list[dict[str, Any]]:
    """[{place, name, count}] of the last days, by net sales to friends or by first orders kept."""
    sql = BY_SALES if by == "sales" else BY_ORDERS
    found = db.rows(sql, ctx.code, ctx.now_us - days * DAY, limit)
    return [
        {"place": place, "name": name if staff else accounts.masked(name), "count": int(count)}
        for place, (_, name, count) in enumerate(found, 1)
    ]


def of_orders(ctx: Context, orders: list[Any]) -> dict[int, dict[str, Any]]:
    """{order: {spent, earned}}: credit that paid of it, and what the newcomer got for it."""
    earned = dict(db.rows(EARNED, db.many([order.id for order in orders]), ctx.code))
    found = {
        order.id: {
            "spent": spending.paid_by(order.adjustments, NAME),
            "earned": int(earned.get(order.id, 0)),
        }
        for order in orders
    }
    return {number: shown for number, shown in found.items() if any(shown.values())}
