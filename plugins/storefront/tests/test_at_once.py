"""Buying at once beside a cart."""

import re

import pytest

from shop import db


@pytest.fixture
def plum(shop, client, own):
    """A plum that lies in the cart already."""
    for sku in ("PLUM", "PEAR"):
        shop.product(sku=sku, price=1000, title=sku.title())
    client.post("/orchard/cart/lines", data={"sku": "PLUM", "quantity": "2"}, headers=own)


def hidden(page):
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_what_is_bought_at_once_does_not_mix_with_the_cart_which_stays(shop, client, own, plum):
    bought = client.post("/orchard/cart/lines", data={"sku": "PEAR", "buy": "1"}, headers=own)
    assert bought.status_code == 303
    page = client.get(bought.headers["Location"]).text
    assert "Pear" in page
    assert "Plum" not in page
    form = hidden(page) | {"name": "Ann", "phone": "13900000000", "payment": "manual:transfer"}
    kept = client.post("/orchard/checkout/update", data=form, headers=own)
    assert "Plum" not in client.get(kept.headers["Location"]).text
    placed = client.post("/orchard/checkout", data=form, headers=own)
    assert placed.status_code == 303
    assert db.rows("SELECT sku, quantity FROM order_line") == [("PEAR", 1)]
    cart = client.get("/orchard/cart").text
    assert "Plum" in cart
    assert "Pear" not in cart
    page = client.get("/orchard/checkout").text
    form = hidden(page) | {"name": "Ann", "phone": "13900000000", "payment": ""}
    assert client.post("/orchard/checkout", data=form, headers=own).status_code == 303
    assert db.rows("SELECT sku, quantity FROM order_line ORDER BY id")[1] == ("PLUM", 2)
    assert "Plum" not in client.get("/orchard/cart").text


def test_two_goods_bought_at_once_in_two_tabs_are_two_orders(shop, client, own, plum):
    pages = []
    for sku in ("PEAR", "PLUM"):
        bought = client.post("/orchard/cart/lines", data={"sku": sku, "buy": "1"}, headers=own)
        pages.append(client.get(bought.headers["Location"]).text)
    for page in pages:
        form = hidden(page) | {"name": "Ann", "phone": "13900000000", "payment": ""}
        assert client.post("/orchard/checkout", data=form, headers=own).status_code == 303
    assert db.rows("SELECT sku, quantity FROM order_line ORDER BY id") == [("PEAR", 1), ("PLUM", 1)]
    assert "Plum" in client.get("/orchard/cart").text


def test_what_is_bought_at_once_is_changed_on_a_page_of_its_own(shop, client, own, plum):
    client.post("/orchard/cart/lines", data={"sku": "PEAR", "buy": "1"}, headers=own)
    page = client.get("/orchard/cart?buy=1").text
    assert "Plum" not in page
    assert "/orchard/checkout?buy=1" in page
    line = re.search(r"/cart/lines/(\d+)", page)[1]
    done = client.post(
        f"/orchard/cart/lines/{line}", data=hidden(page) | {"quantity": "3"}, headers=own
    )
    assert done.headers["Location"] == "/orchard/cart?buy=1"
    assert 'value="3"' in client.get("/orchard/cart?buy=1").text
    assert "Plum" in client.get("/orchard/cart").text
