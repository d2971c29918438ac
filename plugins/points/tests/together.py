"""Points as a part of any history of a whole shop."""

import hypothesis.strategies as st

from shop import db
from shop.ledger import ledger
from shop.orders import order_view
from shop_plugins.points import bookings

LAPSED = """
SELECT 1 FROM entry e JOIN movement m ON m.id = e.movement_id JOIN lot l ON l.id = e.lot_id
WHERE m.kind = 'expire' AND l.key IN (??) LIMIT 1"""


class Together:
    settings_points = {
        "earn_per_unit": 1, "spend_per_unit": 10, "least_points": 1, "available_days": 2,
        "expires_days": 60, "greatest_share": 80,
    }  # fmt: skip

    def begin_points(self):
        for person in self.people[:2]:
            ledger.grant(self.ctx, "points", person.id, 60, f"gift:{person.id}", "gift")

    def checkout_points(self, data, person):
        spend = data.draw(st.sampled_from([None, None, "max", 7, 40]))
        if spend is None or (spend != "max" and not person.verified):
            return None
        return {"spend": spend}

    def holds_points(self):
        """An order that is complete has earned a point for every yuan of goods that was kept, any
        other nothing; what it spent and got back is what its lines say."""
        orders = order_view.load_many(self.ctx, self.orders)
        booked = bookings.of_orders(self.ctx, [order.id for order in orders])
        for order in orders:
            earned = booked[order.id].earned
            kept = sum(grant.kept for grant in earned)
            deserved = order.goods_kept // 100 if order.state == "completed" else 0
            lapsed = earned and db.row(LAPSED, db.many([grant.key for grant in earned]))
            assert kept == deserved or (lapsed and kept > deserved), (order.number, kept, deserved)
            spent = booked[order.id].spent
            if spent:
                assert 0 <= spent.back <= spent.amount
                whole = all(line.refunded == line.quantity for line in order.lines)
                assert spent.back == spent.amount or not (whole or order.state == "cancelled")
        for person in self.people:
            if person.id:
                assert ledger.balance(self.ctx, "points", person.id)["available"] >= 0
