"""The cart and checkout pages when what was chosen has been deleted."""

import re

import pytest

from shop import db
from shop.catalog import products
from shop.pickup import points, timetable

HOUR = 3_600_000_000


@pytest.fixture
def cart(shop, client, own):
    for sku in ("PLUM", "PEAR"):
        shop.product(sku=sku, price=1000, title=sku.title())
        client.post("/orchard/cart/lines", data={"sku": sku}, headers=own)


@pytest.mark.parametrize(
    ("locale", "told"), [("en", "Plum is no longer sold."), ("zh_Hans", "“Plum”已不再出售")]
)
def test_the_cart_page_names_what_was_deleted_and_removes_it(shop, client, own, cart, locale, told):
    products.delete(shop.ctx, db.value("SELECT product_id FROM variant WHERE sku = 'PLUM'"))
    own = own | {"Accept-Language": locale.replace("_", "-")}
    page = client.get("/orchard/cart", headers=own).text
    assert told in page
    rows = re.findall(r"<li>.*?</li>", page, re.S)
    [gone] = [row for row in rows if "Plum" in row]
    assert 'name="remove"' in gone
    assert 'name="quantity"' not in gone
    assert "20.00" not in page
    checkout = client.get("/orchard/checkout", headers=own).text
    assert told in checkout
    client.post(
        f"/orchard/cart/lines/{re.search(r'/cart/lines/([0-9]+)', gone)[1]}",
        data={"remove": "1"}, headers=own,
    )  # fmt: skip
    page = client.get("/orchard/cart", headers=own).text
    assert "Plum" not in page
    assert "Pear" in page


def test_the_checkout_does_not_choose_another_window_for_one_that_was_deleted(
    shop, client, own, cart
):
    point = points.create(shop.ctx, "gate", {"name": "Gate"})
    start = shop.ctx.now_us + HOUR
    chosen, other = (
        timetable.create(shop.ctx, point.id, at, at + HOUR, at) for at in (start, start + HOUR)
    )
    form = {"name": "Ann", "phone": "13900000000", "pickup": f"gate:{chosen['id']}"}
    client.post("/orchard/checkout/update", data=form, headers=own)
    timetable.retire(shop.ctx, chosen["id"], chosen["version"])
    page = client.get("/orchard/checkout", headers=own | {"Accept-Language": "en"}).text
    assert "not offered at this point, or not any more" in page
    assert re.findall(r'<option value="([^"]*)" selected', page) == [""]
    refused = client.post(
        "/orchard/checkout", data=form | {"pickup": "", "key": "k" * 20}, headers=own
    )
    assert refused.status_code == 422
    assert db.value("SELECT COUNT(*) FROM orders") == 0
    form["pickup"] = f"gate:{other['id']}"
    placed = client.post("/orchard/checkout", data=form | {"key": "k" * 20}, headers=own)
    assert placed.status_code == 303
