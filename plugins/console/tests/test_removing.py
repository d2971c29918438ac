"""Removing a product that a campaign needs, in the console."""

import re

import pytest

from shop import InUse, Plugin, db, etag
from shop.catalog import products
from shop.people import staff

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
NEEDED = "SELECT id FROM variant WHERE store = ?"


class Tombola(Plugin):
    """Gives one of each variant away."""

    name, version = "tombola_test", "1.0"

    def goods_in_use(self, ctx):
        gone = "SELECT variant_id FROM order_line"
        rows = {*db.rows(NEEDED, ctx.code), *db.rows(gone)}
        return [InUse(variant, "tombola 7") for (variant,) in rows]


@pytest.fixture
def plugins():
    return (Tombola,)


@pytest.fixture
def enabled():
    return {"console": {}, "tombola_test": {}}


@pytest.fixture
def owner(shop):
    person = staff.create(shop.ctx, "anna", "owner", [])
    staff.set_password(shop.ctx, person["id"], "correct-horse-battery-9")
    form = {"name": "anna", "password": "correct-horse-battery-9"}
    client = shop.client
    assert client.post("/orchard/console/sign-in", data=form, headers=OWN).status_code == 303
    return client


def test_a_product_that_a_campaign_needs_is_removed_only_after_another_yes(shop, owner):
    goods = shop.product(sku="JAM")
    shop.order({goods: 1})
    address = f"/orchard/console/goods/{goods.product_id}/remove"
    version = products.get(shop.ctx, goods.product_id)["version"]
    form = {"match": etag(goods.product_id, version)}
    asked = owner.post(address, data=form, headers=OWN)
    assert asked.status_code == 409
    assert "tombola 7" in asked.text
    assert re.search(r'name="force" value="1"', asked.text)
    assert "tombola 7 needs" not in owner.get("/orchard/console/", headers=OWN).text
    removed = owner.post(address, data=form | {"force": "1"}, headers=OWN)
    assert removed.status_code == 303
    assert "tombola 7 needs JAM" in owner.get("/orchard/console/", headers=OWN).text
