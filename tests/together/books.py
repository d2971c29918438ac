"""What holds after every step of any history, and at its end."""

from hypothesis.stateful import invariant

from shop import db
from shop.orders import order_view
from tests.together.steps import Steps

OF_ORDERS = """
SELECT m.order_id, a.unit, -SUM(e.amount) FROM movement m
JOIN entry e ON e.movement_id = m.id JOIN account a ON a.id = e.account_id
WHERE m.order_id IN (??) AND a.role = 'issued' AND m.kind IN ('spend', 'give_back', 'undo')
GROUP BY m.order_id, a.unit HAVING SUM(e.amount) <> 0"""
DEAD = "SELECT plugin, name, key, error FROM job WHERE state = 'dead'"


class Books(Steps):
    @invariant()
    def everything_holds(self):
        self.check()

    def holds_books(self):
        assert self.shop.fsck() == []

    def holds_orders(self):
        """What is cancelled kept no money, and all that customers paid it with is theirs again."""
        found = order_view.load_many(self.ctx, self.orders)
        gone = {order.id: order for order in found if order.state == "cancelled"}
        for order in gone.values():
            assert order.money_kept == 0
            assert not order.holds
        spent = db.rows(OF_ORDERS, db.many(gone)) if gone else []
        assert spent == [], f"spent on orders that are cancelled: {spent}"
        for order in found:
            assert 0 <= order.refunded <= order.paid

    def holds_jobs(self):
        assert db.rows(DEAD) == []

    def teardown(self):
        """All that was begun comes to its end by itself: time passes, the jobs run."""
        for days in (0, 1, 8, 31, 400):
            self.shop.clock.forward(days=days, minutes=20)
            self.shop.run_jobs()
        self.check()
        for end in self.parts("ends"):
            end()

    def ends_orders(self):
        for order in order_view.load_many(self.ctx, self.orders):
            assert order.state != "pending" or order.pay_by is None
