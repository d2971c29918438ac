"""Goods whose prices changed on days before the test begins, in few words."""

from datetime import timedelta

import pytest

from shop import Plugin
from shop.catalog import catalog_view, prices, products
from shop.clock import HOUR
from shop_plugins.price_history import why


class Bargain(Plugin):
    """Puts price rows, as any plugin may."""

    name = "bargain"


class Second(Plugin):
    """The same, after the other in the file."""

    name = "second"


@pytest.fixture
def plugins():
    return (Bargain, Second)


@pytest.fixture
def rules():
    """Settings of the plugin; override it."""
    return {}


@pytest.fixture
def enabled(rules):
    return {"price_history": rules, "bargain": {}, "second": {}}


class Goods:
    """One variant and its prices. Days count from the beginning of the test, NOON; before it they
    are below zero."""

    def __init__(self, shop, price, began=-60, compare_at=None, sku="PEAR", stock=100):
        self.shop, self.start, self.sku = shop, shop.ctx.now, sku
        variant = {"sku": sku, "price": price, "compare_at": compare_at}
        variant |= {"tracked": False} if stock is None else {"stock": stock}
        document = {"title": sku.title(), "status": "published", "variants": [variant]}
        self.product = products.create(self.at(began), document)
        [made] = products.get(shop.ctx, self.product)["variants"]
        self.id = made["id"]

    def at(self, day):
        """The context of a day."""
        return self.shop.ctx.at(self.start + timedelta(days=day))

    def us(self, day):
        return self.at(day).now_us

    def costs(self, price, day=0):
        """The owner changes the catalogue price on a day."""
        prices.set_catalogue_price(self.at(day), self.id, price)
        return self

    def sale(self, amount, day, hours=2.0, source="bargain", pool=""):
        """A price of a plugin from a day on; `hours` None is until further notice."""
        starts = self.us(day)
        ends = None if hours is None else starts + round(hours * HOUR)
        prices.put_price(self.at(min(day, 0)), self.id, source, amount, starts, ends, pool)
        return self

    def shown(self, shop=None):
        """(price, compare_at) in the catalogue, now."""
        shop = shop or self.shop
        answer = shop.client.get(shop.url(f"/products/{self.sku.lower()}"))
        variant = next(v for v in answer.json["variants"] if v["sku"] == self.sku)
        return variant["price"], variant["compare_at"]

    def reference(self):
        """What the plugin answers; "nothing" if it leaves the variant out."""
        return catalog_view.reference_prices(self.shop.ctx, [self.id]).get(self.id, "nothing")

    def why(self):
        return why.one(self.shop.ctx, self.sku)


@pytest.fixture
def goods(shop):
    return lambda *given, **facts: Goods(shop, *given, **facts)
