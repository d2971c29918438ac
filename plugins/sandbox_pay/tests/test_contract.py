"""The contract of every plugin."""

from shop.testing import PluginContract
from shop_plugins.sandbox_pay.plugin import SandboxPay


class TestContract(PluginContract):
    plugin = SandboxPay

    def exercise(self, shop):
        shop.up_to("placed", payment={"provider": "sandbox_pay", "method": "card"})
        shop.up_to("completed")
