"""In the demo store one customer has invited a friend, who has bought."""

from __future__ import annotations

from shop import Context, db
from shop.carts.quote import Basket, Item
from shop.orders import orders
from shop.payments import payments
from shop.people import accounts
from shop.pickup import pickup, windows

from . import bindings
from .settings import NAME

BEGUN = "SELECT 1 FROM referral_rebate_binding WHERE store = ? LIMIT 1"
GOODS = """
SELECT v.sku FROM variant v JOIN product p ON p.id = v.product_id
JOIN stock s ON s.variant_id = v.id AND s.pool = 'main'
WHERE v.store = ? AND v.archived_at IS NULL AND p.status = 'published' AND v.price >= 2000
ORDER BY s.on_hand DESC, v.id LIMIT 1"""


def fill(ctx: Context) -> None:
    sku = db.value(GOODS, ctx.code)
    if sku is None or db.row(BEGUN, ctx.code):
        return
    with db.transaction():
        referrer, _ = accounts.find_or_make(ctx, "+8613800000031", "李奶奶", {})
        code = bindings.code_of(ctx, referrer)
        point, window = windows.some(ctx)
        basket = Basket([Item(sku, 2)], {NAME: {"code": code, "source": "群聊"}})
        draft = orders.Draft(basket, "陈静", "+8613800000032", point, window, method="transfer")
        order = orders.place(ctx, draft)
        payments.record(ctx, order.id, "manual", "transfer", order.total)
        pickup.hand_out(ctx, order.id, None)
