"""A product deleted while a sale or a series sells it."""

import pytest

from shop import Conflict
from shop.catalog import goods_in_use, products
from shop_plugins.flash_sale import series


def admin(shop, path):
    return shop.client.get(shop.url(f"/admin/flash_sale/{path}"), headers=shop.bearer()).json


@pytest.mark.parametrize("in_hours", [0, 30], ids=["running", "scheduled"])
def test_a_sale_is_named_before_its_product_is_deleted_and_says_so_after(
    shop, sell, apple, in_hours
):
    sale = sell({apple: (700, 20)}, in_hours=in_hours)
    assert admin(shop, f"sales/{sale.id}")["problem"] is None
    with pytest.raises(Conflict) as refused:
        products.delete(shop.ctx, apple.product_id)
    assert refused.value.code == "in_use"
    assert "Tonight" in refused.value.facts["what"]
    products.delete(shop.ctx, apple.product_id, force=True)
    seen = admin(shop, f"sales/{sale.id}")
    assert seen["items"][0]["sku"] == "APPLE"
    assert "APPLE" in seen["problem"]
    assert [one["sku"] for one in goods_in_use.missing(shop.ctx)] == ["APPLE"]
    shop.forward(hours=40)
    assert admin(shop, f"sales/{sale.id}")["problem"] is None
    assert goods_in_use.missing(shop.ctx) == []


def test_a_series_says_that_its_product_was_deleted_before_a_slot_fails(shop):
    jam = shop.product(1000, 100, "JAM")
    facts = {
        "name": "Fridays", "weekdays": [5], "at": "20:00", "minutes": 60, "first_day": "2036-01-01",
        "items": [{"sku": "JAM", "price": 700, "quantity": 5}],
    }  # fmt: skip
    made = series.create(shop.ctx, facts)
    with pytest.raises(Conflict, match="in_use"):
        products.delete(shop.ctx, jam.product_id)
    products.delete(shop.ctx, jam.product_id, force=True)
    seen = admin(shop, f"series/{made.id}")
    assert seen["items"][0]["sku"] == "JAM"
    assert seen["problem"] == {"code": "flash_sale_goods_gone", "facts": {"skus": ["JAM"]}}
    assert len(goods_in_use.missing(shop.ctx)) == 1
    series.stop(shop.ctx, made.id, made.version)
    assert goods_in_use.missing(shop.ctx) == []
