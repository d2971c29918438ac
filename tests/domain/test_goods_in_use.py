"""Deleting what a campaign of a plugin needs."""

import pytest

from shop import InUse, Plugin, db
from shop.catalog import goods_in_use, products
from shop.ops import doctor


class Raffle(Plugin):
    """Gives one of each variant away."""

    name, version = "raffle_test", "1.0"
    failing = False

    def goods_in_use(self, ctx):
        if self.failing:
            raise RuntimeError("away")
        return [
            InUse(row[0], "raffle 1") for row in db.rows("SELECT id FROM variant WHERE id < 99")
        ]


@pytest.fixture
def plugins():
    return (Raffle,)


@pytest.fixture
def enabled():
    return {"raffle_test": {}}


def delete(shop, path, query=""):
    address = shop.url(f"/admin/products/{path}")
    product = shop.client.get(
        shop.url(f"/admin/products/{path.split('/')[0]}"), headers=shop.bearer()
    )
    match = shop.bearer() | {"If-Match": product.headers["ETag"]}
    return shop.client.delete(address + query, headers=match)


@pytest.mark.parametrize("what", ["", "/variants/JAM-S"], ids=["product", "variant"])
def test_what_a_campaign_needs_is_deleted_only_when_that_is_confirmed(shop, what):
    variants = [{"sku": f"JAM-{size}", "price": 500, "options": [size]} for size in "SL"]
    jam = products.create(
        shop.ctx,
        {"title": "Jam", "variants": variants, "options": [{"name": "Size", "values": ["S", "L"]}]},
    )
    refused = delete(shop, f"{jam}{what}")
    assert (refused.status_code, refused.json["code"]) == (409, "in_use")
    assert refused.json["uses"][0] == {"plugin": "raffle_test", "sku": "JAM-S", "what": "raffle 1"}
    assert "raffle 1" in refused.json["detail"]
    assert len(products.get(shop.ctx, jam)["variants"]) == 2
    assert delete(shop, f"{jam}{what}", "?force=true").status_code == 204


def test_the_doctor_names_what_runs_without_its_goods(shop, monkeypatch):
    goods = shop.product(sku="JAM")
    monkeypatch.setattr(
        Raffle, "goods_in_use", lambda self, ctx: [InUse(goods.variant_id, "raffle 1")]
    )
    assert goods_in_use.missing(shop.ctx) == []
    shop.order({goods: 1})
    products.delete(shop.ctx, goods.product_id, force=True)
    assert goods_in_use.missing(shop.ctx) == [
        {"plugin": "raffle_test", "sku": "JAM", "what": "raffle 1"}
    ]
    told = [sign.found for sign in doctor.examine(shop.instance) if sign.what == "raffle_test"]
    assert told == ["raffle 1 in orchard needs JAM, which was deleted"]


def test_a_plugin_that_cannot_say_stops_no_deletion(shop, monkeypatch):
    monkeypatch.setattr(Raffle, "failing", True)
    goods = shop.product(sku="JAM")
    products.delete(shop.ctx, goods.product_id)
    assert goods_in_use.missing(shop.ctx) == []
