"""A campaign in the demo store: teams of three for a product, with a ladder; one team waits for
two more."""

from __future__ import annotations

from shop import Context, db
from shop.carts.quote import Basket, Item
from shop.clock import DAY
from shop.orders import orders
from shop.payments import payments
from shop.pickup import windows

from . import campaigns
from .settings import NAME

RUNNING = "SELECT 1 FROM group_buy_campaign WHERE store = ? AND ends > ? LIMIT 1"
PLENTY = """
SELECT v.sku, v.price FROM variant v JOIN product p ON p.id = v.product_id
JOIN stock s ON s.variant_id = v.id AND s.pool = 'main'
WHERE v.store = ? AND v.archived_at IS NULL AND p.status = 'published' AND v.price >= 1000
ORDER BY s.on_hand DESC, v.id LIMIT 1"""


def fill(ctx: Context) -> None:
    with db.transaction():
        found = db.row(PLENTY, ctx.code)
        if found is None or db.row(RUNNING, ctx.code, ctx.now_us):
            return
        sku, price = found
        tiers = [{"units": 10, "price": price * 75 // 100}, {"units": 30, "price": price * 7 // 10}]
        item = {"sku": sku, "price": price * 8 // 10, "tiers": tiers}
        campaign = campaigns.create(ctx, {
            "name": "三人成团", "translations": {"en": {"name": "Three buy together"}}, "size": 3,
            "ends": ctx.now_us + 7 * DAY, "items": [item], "per_customer": 5,
        })  # fmt: skip
        basket = Basket([Item(sku, 1, {NAME: {"open": campaign.id}})])
        point, window = windows.some(ctx)
        draft = orders.Draft(basket, "王小明", "+8613800000021", point, window, method="transfer")
        order = orders.place(ctx, draft)
    payments.record(ctx, order.id, "manual", "transfer", order.total)
