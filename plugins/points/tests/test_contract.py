"""What every plugin promises, held of this one."""

from shop.testing import PluginContract
from shop_plugins.points import staff
from shop_plugins.points.plugin import Points


class TestContract(PluginContract):
    plugin = Points
    settings = {"available_days": 0}

    def exercise(self, shop):
        """Earn, spend, refund in part, cancel, and owe; a gift by staff, and a notice."""
        customer = shop.customer()
        earned = shop.up_to("completed", {50_000: 2}, customer=customer)
        shop.run_jobs()
        options = {"points": {"spend": 300}}
        spent = shop.up_to("completed", {10_000: 2}, customer=customer, options=options)
        shop.refund(spent, {spent.lines[0].id: 1})
        shop.cancel(shop.up_to("paid", {10_000: 1}, customer=customer, options=options))
        shop.up_to("paid", {10_000: 1}, customer=customer, options={"points": {"spend": "max"}})
        shop.refund(earned)
        staff.grant(shop.ctx, customer, 50, "a gift", "contract", 3)
