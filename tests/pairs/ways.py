"""Each bundled way of selling, in one order: what it asks of the shop, of a line, of an order."""

from importlib import import_module

from shop.clock import HOUR
from shop.ledger import ledger

PRICE = 8000
PRICING = ("flash_sale", "group_buy", "trial_then_buy")
SPENDING = ("points", "referral_rebate")
UNITS = {"points": "points", "referral_rebate": "credit"}
SETTINGS = {
    "flash_sale": {}, "group_buy": {}, "trial_then_buy": {}, "price_history": {},
    "points": {"least_points": 1}, "referral_rebate": {"rate": 10, "first_only": False},
}  # fmt: skip
COSTS = {"flash_sale": 5000, "group_buy": 6000, "trial_then_buy": 1000}
"""what one unit costs by each"""


def of(name, module):
    return import_module(f"shop_plugins.{name}.{module}")


def begin(shop, name, sku):
    """Offer the goods in this way; the options of a line that takes it."""
    now = shop.ctx.now_us
    if name == "flash_sale":
        item = {"sku": sku, "price": COSTS[name], "quantity": 20}
        facts = {"name": "Now", "ends": now + 2 * HOUR, "items": [item], "prepay": False}
        of(name, "sales").create(shop.ctx, facts)
        return {}
    if name == "group_buy":
        item = {"sku": sku, "price": COSTS[name]}
        facts = {"name": "Us", "size": 2, "ends": now + 48 * HOUR, "items": [item]}
        return {name: {"open": of(name, "campaigns").create(shop.ctx, facts).id}}
    offers = of(name, "offers")
    facts = {"sku": sku, "fee": COSTS[name], "deposit": 3000, "price": PRICE, "units": 5}
    offer = offers.create(shop.ctx, facts)
    terms = offers.running(shop.ctx, [offer.id])[offer.id][3]
    return {name: {"offer": offer.id, "accept": terms.version}}


def give(shop, name, customer, amount=100_000):
    """More than any order takes: points are worth one cent each."""
    ledger.grant(shop.ctx, UNITS[name], customer, amount, f"gift:{name}:{customer}", "gift")


def has(shop, name, customer):
    return ledger.balance(shop.ctx, UNITS[name], customer)["available"]
