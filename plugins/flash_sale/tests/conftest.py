import pytest

from shop.clock import HOUR
from shop_plugins.flash_sale import sales


@pytest.fixture
def enabled():
    return {"flash_sale": {}}


@pytest.fixture
def sell(shop):
    """`sell({apple: (700, 20)}, per_customer=2)`: a sale of units at a price, by goods. It runs
    from now for two hours; `in_hours` and `hours` say otherwise. Orders need no money first, unless
    `prepay` says so."""

    def make(goods, *, in_hours=0, hours=2, **terms):
        starts = shop.ctx.now_us + round(in_hours * HOUR)
        wanted = [
            {"sku": item.sku, "price": price, "quantity": units}
            for item, (price, units) in goods.items()
        ]
        facts = {"name": "Tonight", "starts": starts, "ends": starts + round(hours * HOUR)}
        return sales.create(shop.ctx, {**facts, "items": wanted, "prepay": False, **terms})

    return make


@pytest.fixture
def apple(shop):
    return shop.product(1000, 100, "APPLE")
