"""`shop group-buy`, as its user reads it."""

import pytest

from shop.carts.quote import Basket, Item
from shop.catalog import products
from shop.clock import DAY
from shop.orders import orders
from shop.payments import payments
from shop_plugins.group_buy import campaigns, teams


@pytest.fixture
def run(own_shop):
    """`run("report")` in a shop of its own, where one waits for two others."""
    return own_shop("group-buy", _fill, group_buy={})


def _fill(ctx):
    variant = {"sku": "BOX", "price": 6000, "stock": 9, "cost": 3000}
    products.create(ctx, {"title": "Pears", "status": "published", "variants": [variant]})
    facts = {"name": "三人团", "size": 3, "ends": ctx.now_us + DAY}
    campaign = campaigns.create(ctx, facts | {"items": [{"sku": "BOX", "price": 4500}]})
    basket = Basket([Item("BOX", 2, {"group_buy": {"open": campaign.id}})])
    order = orders.place(ctx, orders.Draft(basket, "Wang", "+8613000000001"))
    payments.record(ctx, order.id, "manual", "transfer", order.total)


def test_an_owner_completes_a_team_and_reads_what_it_brought(run):
    assert "running" in run("campaigns")
    [line] = [line for line in run("teams").splitlines() if "三人团" in line]
    code = line.strip("│┃| ").split()[0]
    assert f"{code} is complete with 1 of 3." in run("complete", code)
    assert code not in run("teams")
    said = run("report")
    assert all(word in said for word in ("CN¥90.00", "CN¥30.00")), said


def test_no_code_of_a_team_looks_like_an_option(own_shop, monkeypatch):
    monkeypatch.setattr(teams.secrets, "token_urlsafe", lambda n: "-z" * (n // 2) + "-x")
    run = own_shop("group-buy", _fill, group_buy={})
    code = "_z" * (teams.CODE // 2) + "_x"
    assert f"{code} is complete with 1 of 3." in run("complete", code)
