"""A product deleted while it is offered for trial."""

import pytest

from shop import Conflict
from shop.catalog import goods_in_use, products


def test_an_offer_is_named_before_its_product_is_deleted_and_says_so_after(tried):
    shop = tried.shop
    tried.order()
    address = shop.url(f"/admin/trial_then_buy/offers/{tried.offer.id}")
    assert shop.client.get(address, headers=shop.bearer()).json["problem"] is None
    with pytest.raises(Conflict, match="in_use"):
        products.delete(shop.ctx, tried.pot.product_id)
    products.delete(shop.ctx, tried.pot.product_id, force=True)
    seen = shop.client.get(address, headers=shop.bearer()).json
    assert seen["sku"] == "POT"
    assert "POT" in seen["problem"]
    assert [one["sku"] for one in goods_in_use.missing(shop.ctx)] == ["POT"]
    public = shop.url(f"/trial-then-buy/offers/{tried.offer.id}")
    assert shop.client.get(public).status_code == 404
