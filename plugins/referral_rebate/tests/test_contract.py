"""What every plugin promises."""

from shop.people import accounts
from shop.testing import PluginContract
from shop.testing.under_test import Shop
from shop_plugins.referral_rebate import bindings, rewards
from shop_plugins.referral_rebate.plugin import ReferralRebate


class TestContract(PluginContract):
    plugin = ReferralRebate
    settings = {
        "rate": 10, "newcomer": 200, "first_only": False, "per_order": 5000, "per_month": 50_000,
        "link": "https://pears.example/{code}",
    }  # fmt: skip

    breakers = {
        "referral_rebate_booked": "UPDATE referral_rebate_reward SET granted = granted - 1 WHERE granted > 0",
        "referral_rebate_bounds": "UPDATE referral_rebate_reward SET taken = granted + 1",
    }

    def exercise(self, shop: Shop):
        """Friends who buy, give back, and buy again; credit spent and given back; a reward held and
        one void; bindings that were removed."""
        pears = shop.product(10_000, 100)
        wang = shop.customer("+8613000000100")
        option = {"referral_rebate": {"code": bindings.code_of(shop.ctx, wang), "source": "chat"}}

        def friend(state="completed", units=1):
            return shop.up_to(state, {pears: units}, options=option)

        first = friend(units=3)
        shop.forward(days=8)
        spend = {"referral_rebate": {"spend": "max"}}
        mine = shop.up_to("completed", {pears: 2}, customer=wang, options=spend)
        shop.refund(mine, {mine.lines[0].id: 1})
        shop.refund(first, {first.lines[0].id: 1})
        phone = accounts.get(shop.ctx, first.customer_id)["phone"]
        shop.up_to("completed", {pears: 1}, phone=phone)
        [held, *_] = rewards.of_order(shop.ctx, friend().id)
        rewards.judge(shop.ctx, held.id, "held", "odd")
        rewards.judge(shop.ctx, held.id, "granted")
        [void, *_] = rewards.of_order(shop.ctx, friend().id)
        rewards.judge(shop.ctx, void.id, "void", "himself")
        friend("cancelled")
        left = friend("placed")
        bindings.remove(shop.ctx, bindings.of_invitee(shop.ctx, left.customer_id), "staff")
