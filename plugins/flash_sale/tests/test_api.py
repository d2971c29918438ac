"""From end to end over HTTP: the owner makes a sale, customers buy, the report tells."""

import secrets

import pytest

from shop.people import accounts
from shop_plugins.flash_sale.tests.seen import units

SALES, ADMIN = "/flash-sale/sales", "/admin/flash_sale/sales"


@pytest.fixture
def owner(shop):
    return shop.bearer()


def make(shop, owner, **facts):
    body = {
        "name": "Tonight", "ends": "2026-05-01T14:00:00+08:00", "prepay": False,
        "items": [{"sku": "APPLE", "price": 700, "quantity": 20}], **facts,
    }  # fmt: skip
    return shop.client.post(shop.url(ADMIN), json=body, headers=owner)


def buy(shop, sku="APPLE", quantity=1, phone="+8613000000001", **facts):
    body = {
        "lines": [{"sku": sku, "quantity": quantity}],
        "contact": {"name": "Wang", "phone": phone}, **facts,
    }  # fmt: skip
    key = {"Idempotency-Key": secrets.token_hex(16)}
    return shop.client.post(shop.url("/orders"), json=body, headers=key)


def test_a_sale_from_its_making_to_its_report(shop, client, owner, apple):
    made = make(shop, owner, per_customer=2)
    assert (made.status_code, made.json["state"], made.json["items"]) == (201, "running", [
        {"sku": "APPLE", "price": 700, "normal_price": 1000, "quantity": 20, "left": 20, "rest": None}
    ])  # fmt: skip
    sale = made.json["id"]

    listed = client.get(shop.url(SALES)).json
    [seen] = listed["items"]
    assert (seen["limit"], seen["you_may_buy"], seen["ends"]) == (2, None, "2026-05-01T06:00:00Z")
    assert seen["items"] == [
        {"sku": "APPLE", "title": "Apple", "price": 700, "compare_at": 1000, "quantity": 20,
         "left": 20, "sold": 0}
    ]  # fmt: skip
    assert listed["now"] == "2026-05-01T04:00:00Z"

    order = buy(shop, quantity=2, expected_total=1400)
    assert order.status_code == 201
    assert order.json["extensions"]["flash_sale"] == {
        "lines": [{"line": order.json["lines"][0]["id"], "sale": sale, "name": "Tonight"}]
    }
    over = buy(shop)
    assert (over.status_code, over.json["code"], over.json["limit"], over.json["have"]) == (
        422, "over_limit", 2, 3,
    )  # fmt: skip
    assert over.json["detail"] == "限购 2 件，加上这些就有 3 件了。"

    one = client.get(shop.url(f"{SALES}/{sale}"))
    assert (one.json["items"][0]["left"], one.json["items"][0]["sold"]) == (18, 2)
    assert one.headers["Cache-Control"] == "no-store"

    ended = client.post(shop.url(f"{ADMIN}/{sale}/end"), headers=owner)
    assert (ended.json["state"], ended.json["items"][0]["rest"]) == ("ended", 18)
    report = client.get(shop.url(f"{ADMIN}/{sale}/report"), headers=owner).json
    assert (report["total"]["unpaid"], report["total"]["awaited"], report["customers"]) == (
        2, 1400, 1,
    )  # fmt: skip
    assert client.get(shop.url(SALES)).json["items"] == []
    assert client.get(shop.url(f"{SALES}/{sale}")).json["state"] == "ended"
    assert shop.fsck() == []


def test_a_set_at_one_price(shop, owner, apple):
    for sku in ("PEAR", "PLUM"):
        shop.product(900, 10, sku)
    items = [
        {"sku": "APPLE", "quantity": 5}, {"sku": "PEAR", "quantity": 5},
        {"sku": "PLUM", "quantity": 5, "price": 450},
    ]  # fmt: skip
    made = make(shop, owner, items=items, one_price=500).json
    assert [item["price"] for item in made["items"]] == [500, 500, 450]
    missing = make(shop, owner, items=items)
    assert (missing.status_code, missing.json["errors"][0]["path"]) == (422, "items.0.price")


def test_a_customer_sees_how_many_he_may_still_buy(shop, owner, apple):
    sale = make(shop, owner, per_customer=3).json["id"]
    customer = shop.customer()
    shop.up_to("placed", {apple: 2}, customer=customer)
    seen = shop.client_of(customer).get(shop.url(f"{SALES}/{sale}")).json
    assert (seen["limit"], seen["you_may_buy"]) == (3, 1)


def test_a_sale_for_a_tag_is_shown_to_those_who_have_it(shop, client, owner, apple):
    sale = make(shop, owner, tag="vip").json["id"]
    vip = shop.customer()
    accounts.set_tags(shop.ctx, vip, ["vip"])
    assert len(shop.client_of(vip).get(shop.url(SALES)).json["items"]) == 1
    for stranger in (client, shop.client_of(shop.customer())):
        assert stranger.get(shop.url(SALES)).json["items"] == []
        assert stranger.get(shop.url(f"{SALES}/{sale}")).status_code == 404


def test_what_stands_at_the_product_is_the_sale_that_its_price_is_from(shop, client, owner, apple):
    sale = make(shop, owner, per_customer=2).json["id"]
    product = client.get(shop.url("/products/apple")).json
    facts = {
        "sale": sale, "starts": "2026-05-01T04:00:00Z", "ends": "2026-05-01T06:00:00Z", "limit": 2,
    }  # fmt: skip
    assert product["extensions"]["flash_sale"] == facts
    assert product["variants"][0]["extensions"]["flash_sale"] == facts
    shop.clock.forward(hours=2)
    product = client.get(shop.url("/products/apple")).json
    assert (product["extensions"], product["variants"][0]["extensions"]) == ({}, {})


def test_changes_name_the_version_that_they_change(shop, client, owner, apple):
    sale = make(shop, owner).json["id"]
    url, body = shop.url(f"{ADMIN}/{sale}"), {"name": "Now"}
    assert client.patch(url, json=body, headers=owner).status_code == 428
    tag = client.get(url, headers=owner).headers["ETag"]
    changed = client.patch(url, json=body, headers={**owner, "If-Match": tag})
    assert (changed.status_code, changed.json["name"]) == (200, "Now")
    assert client.patch(url, json=body, headers={**owner, "If-Match": tag}).status_code == 412
    late = client.delete(url, headers={**owner, "If-Match": changed.headers["ETag"]})
    assert (late.status_code, late.json["code"]) == (409, "sale_started")


def test_a_sale_to_come_is_taken_back(shop, client, owner, apple):
    sale = make(shop, owner, starts="2026-05-01T13:00:00+08:00").json
    url = shop.url(f"{ADMIN}/{sale['id']}")
    tag = client.get(url, headers=owner).headers["ETag"]
    assert client.delete(url, headers={**owner, "If-Match": tag}).status_code == 204
    assert client.get(url, headers=owner).json["state"] == "cancelled"
    assert client.get(shop.url(f"{SALES}/{sale['id']}")).status_code == 404


def test_lists_go_by_cursor_and_state(shop, client, owner, apple):
    ids = [make(shop, owner).json["id"]]
    for number in range(4):
        shop.product(900, 10, f"P{number}")
        item = {"sku": f"P{number}", "price": 500, "quantity": 1}
        ids.append(make(shop, owner, items=[item], ends="2026-05-02T12:00:00Z").json["id"])
    first = client.get(shop.url(f"{ADMIN}?limit=3"), headers=owner).json
    rest = client.get(shop.url(f"{ADMIN}?limit=3&after={first['next']}"), headers=owner).json
    assert [sale["id"] for sale in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    shop.forward(hours=2)
    by_state = {
        state: [
            sale["id"]
            for sale in client.get(shop.url(f"{ADMIN}?state={state}"), headers=owner).json["items"]
        ]
        for state in ("scheduled", "running", "ended", "cancelled")
    }
    assert by_state == {
        "scheduled": [], "running": ids[:0:-1], "ended": ids[:1], "cancelled": [],
    }  # fmt: skip
    page = client.get(shop.url(f"{SALES}?limit=3")).json
    rest = client.get(shop.url(f"{SALES}?limit=3&after={page['next']}")).json
    assert [sale["id"] for sale in page["items"] + rest["items"]] == ids[1:]


def test_a_series_over_http(shop, client, owner, apple):
    url = shop.url("/admin/flash_sale/series")
    body = {
        "name": "Friday", "weekdays": [5], "at": "20:00", "minutes": 60, "first_day": "2026-05-01",
        "one_price": 500, "items": [{"sku": "APPLE", "quantity": 5}],
    }  # fmt: skip
    made = client.post(url, json=body, headers=owner)
    assert made.status_code == 201, made.text
    assert made.json["next_slot"] == {
        "day": "2026-05-01", "starts": "2026-05-01T12:00:00Z", "ends": "2026-05-01T13:00:00Z",
    }  # fmt: skip
    one = f"{url}/{made.json['id']}"
    listed = client.get(f"{shop.url(ADMIN)}?series={made.json['id']}", headers=owner).json
    assert [sale["starts"] for sale in listed["items"]] == ["2026-05-01T12:00:00Z"]
    tag = client.get(one, headers=owner).headers["ETag"]
    changed = client.patch(one, json={"at": "21:00"}, headers={**owner, "If-Match": tag})
    assert changed.json["at"] == "21:00"
    gone = client.delete(one, headers={**owner, "If-Match": changed.headers["ETag"]})
    assert gone.status_code == 204
    assert client.get(url, headers=owner).json["items"] == []
    assert len(client.get(f"{url}?stopped=true", headers=owner).json["items"]) == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"items": []},
        {"items": [{"sku": "APPLE", "price": 1.5, "quantity": 1}]},
        {"items": [{"sku": "APPLE", "price": 700, "quantity": 0}]},
        {"items": [{"sku": "APPLE", "price": 700, "quantity": True}]},
        {"items": [{"sku": "NONE", "price": 700, "quantity": 1}]},
        {"per_customer": 0},
        {"prepay": "yes"},
        {"when_sold_out": "more"},
        {"ends": "tomorrow"},
        {"state": "running"},
    ],
)
def test_case_02_what_makes_no_sense_is_refused(shop, owner, apple, facts):
    assert make(shop, owner, **facts).status_code == 422
    assert shop.client.get(shop.url(ADMIN), headers=owner).json["items"] == []


def test_a_clerk_reads_and_manages_only_what_his_token_may(shop, client, apple):
    read = shop.bearer("clerk", scopes=["flash_sale.read"])
    manage = shop.bearer("clerk", scopes=["flash_sale.read", "flash_sale.manage"])
    assert client.get(shop.url(ADMIN)).status_code == 401
    assert client.get(shop.url(ADMIN), headers=shop.bearer("clerk")).status_code == 403
    assert client.get(shop.url(ADMIN), headers=read).status_code == 200
    assert make(shop, read).status_code == 403
    assert make(shop, manage).status_code == 201


def test_the_same_key_makes_one_sale(shop, owner, apple):
    headers = {**owner, "Idempotency-Key": secrets.token_hex(16)}
    first, again = make(shop, headers), make(shop, headers)
    assert (first.status_code, again.json) == (201, first.json)
    assert units(apple, type("Sale", (), first.json)) == (80, 20)


def test_case_31_the_sale_of_another_store_is_not_there(shop, client, owner):
    for path in (ADMIN, SALES):
        answer = client.get(shop.url(f"{path}/999"), headers=owner)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
