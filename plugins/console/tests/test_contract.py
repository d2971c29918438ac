"""What every plugin promises, held of this one."""

from shop.testing import PluginContract
from shop_plugins.console import reports
from shop_plugins.console.plugin import Console


class TestContract(PluginContract):
    plugin = Console

    def exercise(self, shop):
        """Something is sold, and looked at."""
        shop.up_to("completed")
        shop.refund(shop.up_to("paid"))
        today = reports.days_of(shop.ctx, None, None)
        assert reports.sales(shop.ctx, *today)["total"]["orders"] >= 2
        reports.today(shop.ctx)
