"""A payment provider without money, for demos and tests."""

from __future__ import annotations

from shop import Context, Plugin
from shop.payments import providers
from shop_plugins.sandbox_pay.cli import sandbox_pay
from shop_plugins.sandbox_pay.provider import MODES, SandboxPayProvider
from shop_plugins.sandbox_pay.settings import SandboxPaySettings


class SandboxPay(Plugin):
    """Pay with pretended money at an emulator that can be late, wrong, double or silent."""

    name, version, shop_api = "sandbox_pay", "1.0", 1
    modes = MODES
    Settings = SandboxPaySettings
    providers = (SandboxPayProvider(),)
    commands = (sandbox_pay,)
    companions = (("sandbox-pay", "serve"),)

    def open_work(self, ctx: Context) -> list[str]:
        return providers.unfinished(ctx, self.name)
