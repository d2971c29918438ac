"""A product deleted while a campaign sells it."""

import pytest

from shop import Conflict
from shop.catalog import goods_in_use, products


def test_a_campaign_is_named_before_its_product_is_deleted_and_says_so_after(teamed):
    shop = teamed.shop
    team = teamed.team(teamed.opens())
    address = shop.url(f"/admin/group_buy/campaigns/{teamed.campaign.id}")
    assert shop.client.get(address, headers=shop.bearer()).json["problem"] is None
    with pytest.raises(Conflict) as refused:
        products.delete(shop.ctx, teamed.box.product_id)
    assert refused.value.code == "in_use"
    assert "Pears" in refused.value.facts["what"]
    products.delete(shop.ctx, teamed.box.product_id, force=True)
    seen = shop.client.get(address, headers=shop.bearer()).json
    assert seen["items"][0]["sku"] == "BOX"
    assert "BOX" in seen["problem"]
    assert [one["sku"] for one in goods_in_use.missing(shop.ctx)] == ["BOX"]
    public = shop.client.get(shop.url(f"/group-buy/campaigns/{teamed.campaign.id}")).json
    assert public["items"] == []
    assert shop.client.get(shop.url(f"/group-buy/teams/{team.code}")).status_code == 200
