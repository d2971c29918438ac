"""Flash sales as a part of any history of a whole shop."""

import hypothesis.strategies as st
from hypothesis.stateful import rule

from shop import Reject, db
from shop.clock import HOUR
from shop.orders import order_view
from shop_plugins.flash_sale import sales

NORMAL = {"APPLE": 1000, "PEAR": 2500, "POT": 8000}
SALES = "SELECT id, per_customer FROM flash_sale_sale ORDER BY id"
LEAVING = "SELECT key FROM job WHERE name = 'give_way' AND state IN ('waiting', 'running')"
"""orders that a job cancels, for they gave way to the owner of the phone"""
ITEMS = "SELECT variant_id, quantity FROM flash_sale_item WHERE sale_id = ?"


class Together:
    def begin_flash_sale(self):
        self._sell("APPLE", 4, 2, 26)

    @rule(
        sku=st.sampled_from(sorted(NORMAL)), units=st.integers(1, 4),
        limit=st.sampled_from([None, 1, 2]), hours=st.sampled_from([2, 30]),
    )  # fmt: skip
    def start_a_sale(self, sku, units, limit, hours):
        try:
            self._sell(sku, units, limit, hours)
        except Reject as refusal:
            if refusal.code not in ("sale_overlap", "out_of_stock"):
                raise

    def _sell(self, sku, units, limit, hours):
        item = {"sku": sku, "price": NORMAL[sku] * 7 // 10, "quantity": units}
        ends = self.ctx.now_us + hours * HOUR
        terms = {"per_customer": limit, "prepay": limit != 1}
        sales.create(self.ctx, {"name": "Tonight", "ends": ends, "items": [item], **terms})

    @rule(data=st.data())
    def end_a_sale(self, data):
        found = [sale for sale in sales.page(self.ctx)["items"] if sale.ended_at is None]
        if found and not data.draw(st.integers(0, 3)):
            sale = data.draw(st.sampled_from(found))
            self.survived(data, "end a sale", lambda: sales.end_now(self.ctx, sale.id))

    def holds_flash_sale(self):
        """Never more than the pool had, never more than a customer may have."""
        leaving = {key for (key,) in db.rows(LEAVING)}
        orders = order_view.load_many(self.ctx, self.orders)
        for sale, limit in db.rows(SALES):
            sold, by = {}, {}
            for order in orders:
                for line in order.lines if order.state != "cancelled" else ():
                    if line.source == "flash_sale" and line.offer["sale"] == sale:
                        units = line.quantity - line.refunded
                        sold[line.variant_id] = sold.get(line.variant_id, 0) + units
                        if f"order:{order.id}" not in leaving:
                            by[order.customer_id] = by.get(order.customer_id, 0) + units
                        assert line.unit_price * 10 == NORMAL[line.sku] * 7
            for variant, quantity in db.rows(ITEMS, sale):
                assert sold.get(variant, 0) <= quantity
            assert limit is None or all(units <= limit for units in by.values())

    def ends_flash_sale(self):
        open_ = "SELECT id FROM flash_sale_sale WHERE ended_at IS NULL"
        assert db.rows(open_) == []
        assert db.rows("SELECT 1 FROM stock WHERE pool <> 'main' AND on_hand > 0") == []
