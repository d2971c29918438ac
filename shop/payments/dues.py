"""What is owed after an order was paid: charged by a plugin or the owner, payable like an order."""

from __future__ import annotations

from typing import Any

from shop import db, money
from shop.context import Context
from shop.data import paging
from shop.errors import Conflict, NotFound, Reject
from shop.jobs import events
from shop.orders import order_view

FORGO = """
UPDATE charge SET amount = amount - ? WHERE id = ? AND order_id = ? AND amount - ? >= refunded_amount"""
OWE_LESS = "UPDATE orders SET total = total - ? WHERE id = ? AND store = ? AND total - ? >= paid"
KNOWN = "SELECT id FROM charge WHERE order_id = ? AND key = ?"
WRITE = """
INSERT INTO charge (order_id, key, source, label, amount, refunded_amount, due_at, created_at)
VALUES (?, ?, ?, ?, ?, 0, ?, ?) RETURNING id"""
OWE = """
UPDATE orders SET total = total + ?
WHERE id = ? AND store = ? AND state IN ('paid', 'completed') AND total + ? <= ?"""
NAMES = ("id", "order_id", "order", "customer_id", "currency", "source", "label", "amount",
         "open", "due_at", "created_at")  # fmt: skip
LIST = """
SELECT * FROM (
  SELECT c.id, o.id AS order_id, o.number, o.customer_id, o.currency, c.source, c.label, c.amount,
    CASE WHEN o.total - o.paid - {later} < c.amount THEN o.total - o.paid - {later}
      ELSE c.amount END AS open, c.due_at, c.created_at
  FROM charge c JOIN orders o ON o.id = c.order_id
  WHERE o.store = ? AND o.total > o.paid AND o.state IN ('paid', 'completed'){who}
) due WHERE open > 0 AND (due_at > ? OR (due_at = ? AND id > ?)) ORDER BY due_at, id LIMIT ?"""
LATER = """COALESCE((SELECT SUM(l.amount) FROM charge l
      WHERE l.order_id = c.order_id AND l.id > c.id), 0)"""


def charge(
    ctx: Context, order_id: int, key: str, source: str, label: str, amount: int, due_at: int
) -> int:
    """Leave a due on a paid or completed order, whose state stays; the charge's id. The same key
    on the same order again is no second charge. `due_at` is in microseconds.

    409 `order_not_paid`; 422 `bad_amount`.
    """
    if type(amount) is not int or not 0 < amount <= money.MAX:
        raise Reject("bad_amount")
    with db.transaction():
        order = order_view.lock(ctx, order_id)
        known = db.value(KNOWN, order_id, key)
        if known is not None:
            return int(known)
        if order.state not in ("paid", "completed"):
            raise Conflict("order_not_paid", state=order.state)
        charge_id = db.value(WRITE, order_id, key, source, label, amount, due_at, ctx.now_us)
        if not db.change(OWE, amount, order_id, ctx.code, amount, money.MAX):
            raise Reject("bad_amount")
        events.order_changed(
            ctx, order_id, "charged", charge=charge_id, amount=amount, source=source
        )
        return int(charge_id)


def waive(ctx: Context, order_id: int, key: str) -> int:
    """Owe no more what is open of the charge with this key; how much that was. What was paid of it
    stays, and can be refunded. NotFound."""
    with db.transaction():
        order = order_view.lock(ctx, order_id)
        unpaid = max(0, order.total - order.paid)
        for charge in reversed(order.charges):  # payments pay the oldest first
            open_ = min(unpaid, charge.amount - charge.refunded_amount)
            if charge.key != key:
                unpaid -= open_
                continue
            if open_:
                changed = db.change(FORGO, open_, charge.id, order_id, open_)
                if not changed or not db.change(OWE_LESS, open_, order_id, ctx.code, open_):
                    raise Conflict("conflict")
                facts = {"charge": charge.id, "amount": open_, "source": charge.source}
                events.record(ctx, "order.waived", order_id, order.customer_id, **facts)
            return open_
        raise NotFound


def show(
    ctx: Context, customer_id: int | None = None, limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """{items, next}: what is open of each charge, the earliest due first; of one customer, or of
    all. Payments pay the oldest charge first."""
    due, number = paging.decode(after, int, int) or (-1, 0)
    who, whose = (" AND o.customer_id = ?", (customer_id,)) if customer_id is not None else ("", ())
    sql = LIST.format(later=LATER, who=who)
    found = db.rows(sql, ctx.code, *whose, due, due, number, limit + 1)
    items = [dict(zip(NAMES, line, strict=True)) for line in found]
    return paging.page(items, limit, lambda item: (item["due_at"], item["id"]))
